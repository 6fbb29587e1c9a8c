import type { Grant, Json, JsonObject, ToolDefinition, Usage } from "@portcullis/core";
import { z } from "zod";
import { LineRefusal } from "./answer-lines.ts";
import { isJsonObject } from "./is-json-object.ts";
import { anyJson, lineId, optional, parseLine } from "./parse-line.ts";

/** Who calls, as a line says it. */
export interface EvalPrincipal {
  /** Id of the acting agent. */
  readonly agent: string;
  /** Roles that the agent holds now. Default none. */
  readonly roles: readonly string[];
  /** On whose behalf. Default nobody's. */
  readonly user?: string | undefined;
  /** Roles that the person holds now; no member of a line, only of the single form. */
  readonly userRoles?: readonly string[];
}

/** One call to be decided, as a line of `portcullis eval --format jsonl` says it. */
export interface EvalLine {
  /** Given back as it came. */
  readonly id: string | number;
  /** Lines of one session share limits, history and labels; default a session of its own. */
  readonly session?: string | undefined;
  /** A chain with its call token, in place of a principal. */
  readonly token?: string | undefined;
  /** Without it and without a token the call has no identity and is denied. */
  readonly principal?: EvalPrincipal | undefined;
  /** What was delegated to the task; absent means unlimited. */
  readonly ceiling?: "unlimited" | readonly (string | Grant)[] | undefined;
  /** Tool name as the policy's catalogue has it. */
  readonly tool: string;
  /** Arguments; absent means none, `{}`. */
  readonly args?: Json | undefined;
  /** The user's own words. */
  readonly prompt?: string | undefined;
  /** The host's facts. */
  readonly context?: JsonObject | undefined;
  /** Token use, reported before the call. */
  readonly usage?: Usage | undefined;
  /** The tool's definition, for a pinned tool. */
  readonly definition?: ToolDefinition | undefined;
  /** What the tool returned, if the call is permitted. */
  readonly result?: Json | undefined;
}

const text = z.string();
const name = text.min(1).max(256);
const count = z.number().int().min(0);

const jsonObject = z.custom<JsonObject>(isJsonObject, { error: "expected an object" });

const constraint = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("exact"), value: anyJson }),
  z.strictObject({ type: z.literal("one_of"), values: z.array(anyJson) }),
  z
    .strictObject({
      type: z.literal("range"),
      min: z.number().optional(),
      max: z.number().optional(),
    })
    .transform(({ type, min, max }) => ({
      type,
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    })),
  z.strictObject({ type: z.literal("wildcard") }),
]);

const grant = z
  .strictObject({ tool: name, args: z.record(text, constraint).optional() })
  .transform(({ tool, args }): Grant => (args === undefined ? { tool } : { tool, args }));

const lineSchema = z.strictObject({
  id: lineId,
  session: optional(name),
  token: optional(text),
  principal: optional(
    z.strictObject({
      agent: name,
      roles: optional(z.array(name)).transform((roles) => roles ?? []),
      user: optional(name),
    }),
  ),
  // Null is not "unlimited": a ceiling that got lost must not widen.
  ceiling: z.union([z.literal("unlimited"), z.array(z.union([name, grant]))]).optional(),
  tool: name,
  args: anyJson.optional(),
  prompt: optional(text),
  context: optional(jsonObject),
  usage: optional(z.strictObject({ inputTokens: count, outputTokens: count })),
  definition: optional(z.custom<ToolDefinition>(isDefinition, { error: "expected a definition" })),
  result: anyJson.optional(),
});

/**
 * Reads one line of the batch form of `eval`.
 *
 * ```json
 * {"id":"1","session":"s1","principal":{"agent":"bot","roles":["assistant"],"user":"alice"},
 *  "ceiling":["send_money"],"tool":"send_money","args":{"amount":10},"prompt":"pay my rent",
 *  "context":{},"usage":null,"definition":null,"result":null}
 * ```
 *
 * @throws {LineRefusal} `unknown-key`, `invalid-member` (also a token beside a principal, or a
 * ceiling without one).
 */
export function parseEvalLine(line: Json): EvalLine {
  const parsed = parseLine(lineSchema, line);
  if (parsed.token !== undefined && parsed.principal !== undefined) {
    throw new LineRefusal("invalid-member", "A line has a principal or a token, never both.");
  }
  if (parsed.ceiling !== undefined && parsed.principal === undefined) {
    throw new LineRefusal("invalid-member", "A ceiling belongs to a principal.");
  }
  return parsed;
}

function isDefinition(value: unknown): value is ToolDefinition {
  return isJsonObject(value) && Object.hasOwn(value, "name") && typeof value["name"] === "string";
}
