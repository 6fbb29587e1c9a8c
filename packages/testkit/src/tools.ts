import type { Json, JsonObject } from "@portcullis/core";
import type { ModelCall, ModelTurn, ToolSpec } from "./scenario.ts";

/** A closed object schema of texts, all optional. */
export function texts(...names: readonly string[]): JsonObject {
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    additionalProperties: false,
  };
}

/** A tool that takes texts and returns a fixed value. */
export function tool(
  name: string,
  { input = texts("text"), value = `${name} done` }: { input?: JsonObject; value?: Json } = {},
): ToolSpec {
  return { name, description: `Does ${name}.`, input, body: { kind: "return", value } };
}

/** One turn in which the model asks for these calls; ids count from `call-1`. */
export function turn(...calls: readonly (readonly [name: string, args?: unknown])[]): ModelTurn {
  return {
    calls: calls.map(([name, args = {}], index): ModelCall => ({
      id: `call-${index + 1}`,
      name,
      args,
    })),
  };
}

/** A note that may be read. */
export const readNote: ToolSpec = tool("read_note");
/** A tool that no policy of the vectors permits. */
export const deleteAll: ToolSpec = tool("delete_all");
