import { z } from "zod";
import type { Json } from "@portcullis/core";

/** One rule: priority, effect (0 allows, 1 forbids), restrictions by argument, what a refusal does. */
export type ProgentRule = readonly [number, 0 | 1, Readonly<Record<string, Json>>, 0 | 1 | 2];

/** Rules by tool. */
export type ProgentPolicy = Readonly<Record<string, readonly ProgentRule[]>>;

const json: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined);

/** Rules by tool. */
export const progentShape: z.ZodType<ProgentPolicy> = z.record(
  z.string().min(1).max(256),
  z.array(
    z.tuple([
      z.number(),
      z.literal([0, 1], { error: "An effect is 0, allow, or 1, forbid." }),
      z.record(z.string().min(1), json),
      z.literal([0, 1, 2], {
        error: "A fallback is 0, refuse, 1, end the run, or 2, ask the user.",
      }),
    ]),
  ),
);

/** A tool as a model sees it. */
export interface ImportedTool {
  readonly name: string;
  readonly inputSchema: Json;
}

/** Definitions of tools: a list, or what `tools/list` answers. */
export const toolListShape: z.ZodType<readonly ImportedTool[]> = z.union([
  z.array(z.object({ name: z.string().min(1), inputSchema: json })),
  z
    .object({ tools: z.array(z.object({ name: z.string().min(1), inputSchema: json })) })
    .transform(({ tools }) => tools),
]);
