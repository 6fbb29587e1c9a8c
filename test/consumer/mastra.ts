import { createTool } from "@mastra/core/tools";
import type { Guard } from "@portcullis/core";
import { assertGuarded, guardMastraTools, guardProcessor, isGuarded } from "@portcullis/mastra";
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
let ran = false;
const pay = createTool({
  id: "pay",
  description: "Pays",
  inputSchema: z.object({ amount: z.number() }),
  execute: async () => {
    ran = true;
    return "paid";
  },
});
const tools = guardMastraTools({ pay }, { guard });
assertGuarded(tools, guard);
if (isGuarded(pay)) throw new Error("the original counts as guarded");
const frame = {} as Parameters<NonNullable<typeof pay.execute>>[1];
await Promise.resolve(tools.pay.execute?.({ amount: 1 }, frame)).catch(() => undefined);
if (ran) throw new Error("a guard that throws let the tool run");
if (guardProcessor({ guard }).id !== "portcullis") throw new Error("guardProcessor is missing");
