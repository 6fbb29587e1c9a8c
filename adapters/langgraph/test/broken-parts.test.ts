import { AIMessage } from "@langchain/core/messages";
import type { GuardOptions } from "@portcullis/core";
import { describe, expect, test } from "vitest";
import { guardToolNode } from "../src/index.ts";
import { answersOf, configOf, graphOf, hello, modelOf } from "./support/graph.ts";
import { createProbe, principal, setup } from "./support/setup.ts";
import { createTools } from "./support/tools.ts";

const SECRET = "pl4nted-s3cret";

async function broken(): Promise<never> {
  throw new Error(SECRET);
}

const parts: [string, Partial<GuardOptions>, string][] = [
  ["decision log", { sink: { write: broken } }, "record-unavailable"],
  [
    "session store",
    {
      sessions: {
        open: broken,
        close: broken,
        addLabels: broken,
        addValues: broken,
        findLabels: broken,
        addUsage: broken,
      },
    },
    "session-unavailable",
  ],
  ["role directory", { roles: { resolve: broken } }, "identity-unavailable"],
  ["policy source", { policy: { current: broken } }, "bundle-unavailable"],
];

describe.for(parts)("a broken %s", ([, options, code]) => {
  const call = { name: "echo", id: "a", args: { text: SECRET } };

  test("denies at the tool and says nothing of itself", async () => {
    const { guard } = await setup(options);
    const probe = createProbe();
    const node = guardToolNode([createTools(probe).echo], { guard, context: { principal } });
    const message = new AIMessage({ content: "", tool_calls: [{ ...call, type: "tool_call" }] });
    const output = await node.invoke([message]);
    expect(answersOf({ messages: output })).toEqual({ a: code });
    expect(JSON.stringify(output)).not.toContain(SECRET);
    expect(probe.runs).toEqual([]);
  });

  test("denies in the graph of the documentation", async () => {
    const { guard } = await setup(options);
    const probe = createProbe();
    const graph = graphOf(guard, [createTools(probe).echo], modelOf([call]));
    expect(answersOf(await graph.invoke(hello, configOf("t")))).toEqual({ a: code });
    expect(probe.runs).toEqual([]);
  });
});
