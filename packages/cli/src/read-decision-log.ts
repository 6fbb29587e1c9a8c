import type { DecisionRecord } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import { z } from "zod";
import { readStrictJson } from "./strict-json.ts";

/** The members of a record that reports about rights read. */
export type LoggedDecision = Pick<
  DecisionRecord,
  "decisionId" | "tool" | "action" | "rules" | "agent" | "user" | "code" | "result" | "listed"
>;

const name = z.string();
// Records have more members, and later versions more still.
const recordSchema = z.object({
  schema: z.literal("portcullis.decision.v1"),
  decisionId: name,
  tool: name,
  action: z.enum(["permit", "deny", "approval-required"]),
  agent: name.optional(),
  user: name.optional(),
  code: name.optional(),
  listed: z.literal(true).optional(),
  rules: z.array(
    z.object({
      id: name,
      effect: z.enum(["permit", "forbid", "require"]),
      erred: z.boolean(),
      shadow: z.boolean(),
    }),
  ),
});

/**
 * Reads a decision log of JSON Lines. An empty last line is none.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` with the first line that is no record: a report over
 * half a log would be wrong.
 */
export function readDecisionLog(text: string): readonly LoggedDecision[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    const read = readStrictJson(line);
    const record = read.ok ? recordSchema.safeParse(read.value) : undefined;
    if (record?.success !== true) {
      throw new PortcullisConfigError("log", `Line ${index + 1} is not a decision record.`);
    }
    const { agent, user, code, listed, schema: _schema, ...rest } = record.data;
    return [
      {
        ...rest,
        ...(agent === undefined ? {} : { agent }),
        ...(user === undefined ? {} : { user }),
        ...(code === undefined ? {} : { code }),
        ...(listed === undefined ? {} : { listed }),
      },
    ];
  });
}
