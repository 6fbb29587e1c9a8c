import type { ToolDefinition } from "@portcullis/core";
import { readMember } from "../framework-call.ts";
import { isCallable } from "./registry.ts";

/**
 * The definition of a tool as the model sees it, for catalogue entries with a pin; undefined where
 * its schema cannot be told, so that a pinned tool is denied.
 */
export function describeTool(tool: object, name: string): ToolDefinition | undefined {
  try {
    const description = readMember(tool, "description");
    const inputSchema = toJsonSchema(readMember(tool, "inputSchema"));
    const inputExamples = readMember(tool, "inputExamples");
    const text = JSON.stringify({ description, inputSchema, inputExamples });
    const definition: ToolDefinition = { ...JSON.parse(text), name };
    return Object.freeze(definition);
  } catch {
    return undefined;
  }
}

function toJsonSchema(schema: unknown): unknown {
  const json = readMember(readMember(schema, "~standard"), "jsonSchema");
  const input = readMember(json, "input");
  // Mastra gives every tool made with `createTool` this form; a plain tool may have a plain schema.
  return isCallable(input) ? Reflect.apply(input, json, [{ target: "draft-2020-12" }]) : schema;
}
