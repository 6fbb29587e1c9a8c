import { assertGuarded, guardModel, guardTools, isGuarded } from "@portcullis/ai-sdk";
import type { Guard } from "@portcullis/core";
import { tool } from "ai";
import { z } from "zod";

const refuse = (): never => {
  throw new Error("this program decides nothing");
};
const guard: Guard = {
  check: refuse,
  execute: refuse,
  visibleTools: refuse,
  redact: refuse,
  requestApproval: refuse,
  answerApproval: refuse,
  listApprovals: refuse,
  reportUsage: refuse,
  policy: refuse,
  currentScope: () => undefined,
};
const pay = tool({
  inputSchema: z.object({ amount: z.number() }),
  execute: async ({ amount }) => `paid ${amount}`,
});
const tools = guardTools({ pay }, { guard });
assertGuarded(tools, guard);
if (isGuarded(pay)) throw new Error("the original counts as guarded");
const input: { amount: number } = { amount: 1 };
const options = { toolCallId: "1", messages: [], context: {} };
const outcome = await Promise.resolve(tools.pay.execute?.(input, options)).then(
  () => "ran",
  () => "refused",
);
if (outcome !== "refused") throw new Error("a guard that throws let the tool run");
if (typeof guardModel !== "function") throw new Error("guardModel is missing");
