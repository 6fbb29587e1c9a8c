import type { Json, JsonObject, ToolDefinition } from "@portcullis/core";
import { canonicalize } from "@portcullis/core";
import type { PresentedTool, ServerIdentity } from "@portcullis/inspect";
import { z } from "zod";
import { LineRefusal } from "./answer-lines.ts";
import { lineId, optional, parseLine } from "./parse-line.ts";

/**
 * One line of `portcullis scan` and `portcullis pin`.
 *
 * ```json
 * {"id":"1","server":"github","tool":{"name":"create_issue","description":"…","inputSchema":{}}}
 * ```
 */
export interface DefinitionLine extends PresentedTool {
  /** Comes back in the answer. */
  readonly id: string | number;
}

const text = z.string().min(1).max(2048);
const object: z.ZodType<JsonObject> = z.custom<JsonObject>(isObject, {
  message: "expected an object",
});
const lineSchema = z.strictObject({
  id: lineId,
  server: z.string().min(1).max(128),
  tool: object,
  identity: optional(
    z.strictObject({
      transport: optional(text),
      url: optional(text),
      command: optional(text),
      serverInfo: optional(text),
    }),
  ),
});

/**
 * Checks one line and makes the definition plain.
 *
 * @throws {LineRefusal} `unknown-key` or `invalid-member`.
 */
export function parseDefinitionLine(value: Json): DefinitionLine {
  const { id, server, tool, identity } = parseLine(lineSchema, value);
  return {
    id,
    server,
    definition: toDefinition(tool),
    ...(identity === undefined ? {} : { identity: toIdentity(identity) }),
  };
}

/**
 * A tool definition as a list has it.
 *
 * @throws {LineRefusal} `invalid-member` when it has no name, or is too large or too deep.
 */
export function toDefinition(tool: JsonObject): ToolDefinition {
  const name = Object.hasOwn(tool, "name") ? tool["name"] : undefined;
  if (typeof name !== "string" || name === "" || name === "__proto__" || name.length > 256) {
    throw new LineRefusal("invalid-member", 'The line is wrong in "tool.name": a name is missing.');
  }
  try {
    canonicalize(tool);
  } catch {
    throw new LineRefusal(
      "invalid-member",
      'The line is wrong in "tool": the definition is too large or too deeply nested.',
    );
  }
  return { ...tool, name };
}

function toIdentity(identity: {
  readonly [name in keyof ServerIdentity]: string | undefined;
}): ServerIdentity {
  const entries = Object.entries(identity).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
