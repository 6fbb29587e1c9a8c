import type { Guard } from "@portcullis/core";
import { dynamicTool, jsonSchema, tool } from "ai";
import type { ToolSet } from "ai";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { guardModel, guardTool, guardTools } from "../src/index.ts";
import type { LanguageModelV4 } from "../src/index.ts";

declare const guard: Guard;
declare const model: LanguageModelV4;

const read = tool({
  inputSchema: z.object({ path: z.string() }),
  execute: async ({ path }) => ({ path, size: 1 }),
});
const tail = tool({
  inputSchema: z.object({ path: z.string() }),
  async *execute({ path }) {
    yield path;
  },
});
const list = dynamicTool({ inputSchema: jsonSchema({ type: "object" }), execute: () => 1 });

// The static type of a tool, and so of its results, is unchanged.
expectTypeOf(guardTool(read, { guard, name: "read" })).toEqualTypeOf(read);
expectTypeOf(guardTool(tail, { guard, name: "tail" })).toEqualTypeOf(tail);
expectTypeOf(guardTool(list, { guard, name: "list" })).toEqualTypeOf(list);
const raw = { read, tail, list };
expectTypeOf(guardTools(raw, { guard })).toEqualTypeOf<typeof raw>();
expectTypeOf(guardTools(raw, { guard })).toExtend<ToolSet>();

// A context function gets the SDK's own call context.
guardTools(raw, {
  guard,
  context: (call) => {
    expectTypeOf(call.tool).toBeString();
    expectTypeOf(call.toolCallId).toBeString();
    expectTypeOf(call.context).toBeUnknown();
    return undefined;
  },
});
expectTypeOf(guardModel(model, { guard })).toEqualTypeOf<LanguageModelV4>();

// @ts-expect-error -- a single tool needs its registered name
guardTool(read, { guard });
// @ts-expect-error -- nothing works without a guard
guardTools(raw, {});
// @ts-expect-error -- a permission needs a reason
guardTools(raw, { guard, clientTools: { permit: ["ask"] } });
