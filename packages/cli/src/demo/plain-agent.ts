import type { ToolCall } from "@portcullis/core";
import { policyName, toModelText } from "@portcullis/core";
import type { DemoTool } from "./demo-tools.ts";
import type { TurnCall } from "./obedient-turn.ts";
import { obedientTurn } from "./obedient-turn.ts";
import type { DemoAgent, Stage } from "./perform-run.ts";

/** An agent without a framework: a loop around the scripted model. */
export const plainAgent: DemoAgent = {
  framework: "plain loop",
  async run(stage) {
    const replies: string[] = [];
    for (;;) {
      const turn = obedientTurn(replies, stage.task);
      if ("text" in turn) return;
      replies.push(await callTool(turn.call, stage));
    }
  },
};

async function callTool(call: TurnCall, { tools, protection }: Stage): Promise<string> {
  const tool = tools.find(({ name }) => name === call.tool);
  if (tool === undefined) return "There is no such tool.";
  if (protection === undefined) return textOrFailure(tool, call.args);
  const { server } = tool;
  const asked: ToolCall = {
    callId: call.id,
    tool: policyName(server === undefined ? {} : { server }, tool.name),
    origin: server === undefined ? "local" : "mcp",
    args: call.args,
  };
  const context = await protection.context(asked);
  const outcome = await protection.guard.execute(asked, context, (args) => tool.run(args));
  if (outcome.kind === "completed") return outcome.value;
  return outcome.kind === "failed" ? outcome.error.message : toModelText(outcome.denial);
}

async function textOrFailure(tool: DemoTool, args: unknown): Promise<string> {
  try {
    return await tool.run(args);
  } catch (error) {
    return error instanceof Error ? error.message : "The tool failed.";
  }
}
