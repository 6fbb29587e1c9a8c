import type { ToolDefinition } from "@portcullis/core";
import { asSchema } from "ai";
import type { Tool } from "ai";
import { isCallable, readMember } from "./registry.ts";

/** Gives the definition of a tool as the model sees it, for catalogue entries with a pin. */
export type DescribeTool = (options: object) => Promise<ToolDefinition | undefined>;

/** What the SDK sends: the first three of the app's own tools, the others of provider tools. */
const MEMBERS = ["description", "inputSchema", "inputExamples", "id", "args"];

/** The part of a definition sent to a model that a pin covers. */
export function toToolDefinition(definition: object, name: string): ToolDefinition {
  const members = MEMBERS.map((member) => [member, readMember(definition, member)] as const);
  const copy: ToolDefinition = JSON.parse(JSON.stringify(Object.fromEntries(members)));
  return Object.freeze({ ...copy, name });
}

/**
 * Prepares the definition of a tool. The schema is converted once, at the first call.
 *
 * A definition that cannot be told is undefined, so that a pinned tool is denied with
 * `definition-unknown`.
 */
export function createDescribeTool(tool: object, name: string): DescribeTool {
  const description = readMember(tool, "description");
  const describe = async (text: unknown): Promise<ToolDefinition> => {
    if (readMember(tool, "type") === "provider") {
      return toToolDefinition({ id: readMember(tool, "id"), args: readMember(tool, "args") }, name);
    }
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK reads it the same way
    const { jsonSchema } = asSchema(readMember(tool, "inputSchema") as Tool["inputSchema"]);
    const inputExamples = readMember(tool, "inputExamples");
    const inputSchema = await jsonSchema;
    return toToolDefinition({ description: text, inputSchema, inputExamples }, name);
  };
  let fixed: Promise<ToolDefinition> | undefined;
  return async (options) => {
    try {
      if (!isCallable(description)) return await (fixed ??= describe(description));
      return await describe(Reflect.apply(description, tool, [options]));
    } catch {
      return undefined;
    }
  };
}
