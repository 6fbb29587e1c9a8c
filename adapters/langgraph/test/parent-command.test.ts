import { tool } from "@langchain/core/tools";
import { Command, ParentCommand } from "@langchain/langgraph";
import type { Scanner } from "@portcullis/core";
import { createGuard } from "@portcullis/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { guardLangChainTool } from "../src/index.ts";
import { policy } from "./support/policy.ts";
import { principal } from "./support/setup.ts";

const scanner: Scanner = {
  id: "test",
  kinds: ["secret"],
  scan: (text) => ({
    status: "complete",
    findings: [...text.matchAll(/hunter2/g)].map(({ index }) => ({
      kind: "secret",
      rule: "password",
      start: index,
      end: index + 7,
      confidence: "high",
    })),
  }),
};

test("what a tool sends to the parent graph is inspected like a result", async () => {
  const document = policy();
  const obligations = [{ type: "redact", target: "result", kinds: ["secret"] }] as const;
  const redact = { id: "redact", effect: "require", tools: ["echo"], obligations } as const;
  const guard = await createGuard({
    policy: { ...document, rules: [...document.rules, redact] },
    scanner,
  });
  const echo = tool(
    () => {
      const update = { messages: ["the password is hunter2"] };
      throw new ParentCommand(new Command({ graph: Command.PARENT, update }));
    },
    { name: "echo", description: "Echoes", schema: z.object({ text: z.string().optional() }) },
  );
  const context = { principal, session: { id: "s", isNew: true } };
  const left: unknown = await guardLangChainTool(echo, { guard, context })
    .invoke({})
    .catch((error: unknown) => error);
  expect(left).toBeInstanceOf(ParentCommand);
  const text = JSON.stringify((left as ParentCommand).command);
  expect(text).toContain("the password is");
  expect(text).not.toContain("hunter2");
});
