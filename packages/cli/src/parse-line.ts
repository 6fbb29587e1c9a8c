import type { Json } from "@portcullis/core";
import { z } from "zod";
import { LineRefusal } from "./answer-lines.ts";

/**
 * Checks the members of a line against a strict schema.
 *
 * @throws {LineRefusal} `unknown-key` or `invalid-member`, naming the place, never a value
 * or a foreign name.
 */
export function parseLine<T>(schema: z.ZodType<T>, line: Json): T {
  const result = schema.safeParse(line);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? "" : ` in "${toPath(issue.path)}"`;
  if (issue?.code === "unrecognized_keys") {
    throw new LineRefusal("unknown-key", `The line has a member that is not known${place}.`);
  }
  throw new LineRefusal(
    "invalid-member",
    `The line is wrong${place}: ${issue?.message ?? "it has not the documented form"}.`,
  );
}

/** A member that may be left out or null, both meaning absent. */
export function optional<T extends z.ZodType>(
  schema: T,
): z.ZodType<z.output<T> | undefined, z.input<T> | null | undefined> {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** An identifier that is given back as it came. */
export const lineId: z.ZodType<string | number> = z.union([z.string().max(1024), z.number()]);

/** Any JSON value, not looked into; for a required member. */
export const anyJson: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined);

// Deeper segments may be foreign names.
function toPath(path: readonly PropertyKey[]): string {
  return path.slice(0, 2).map(String).join(".");
}
