import { isAIMessage, isToolMessage } from "@langchain/core/messages";
import type { BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolCall as LangChainToolCall } from "@langchain/core/messages/tool";
import { Command, interrupt } from "@langchain/langgraph";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import type { Decision, Guard } from "@portcullis/core";
import { requestPrompt } from "./approval-prompt.ts";
import type { ApprovalInterrupt, ApprovalPrompt } from "./approval-prompt.ts";
import { resolveCallContext } from "./framework-call.ts";
import type { LangGraphOptions } from "./framework-call.ts";
import type { LangChainTool } from "./guarded-tools.ts";
import { refusalMessage } from "./refusal-message.ts";
import type { Question } from "./refusal-message.ts";
import { toToolCall } from "./to-tool-call.ts";

/** Options of {@link guardNode}. */
export interface GuardNodeOptions extends LangGraphOptions {
  /** Node to go to when no call is left. */
  readonly agent: string;
  /** Node that runs the tools; make it with `guardToolNode`. */
  readonly tools: string;
  /**
   * The guarded tools of that node. Needed where a tool's own schema changes arguments (defaults,
   * coercion), a tool is pinned or comes from an MCP server: the node then asks for exactly the
   * call that the tool will make.
   */
  readonly toolset?: readonly LangChainTool[];
}

/** A node function over a state with `messages`. */
export type GuardNode = (
  state: { readonly messages: readonly BaseMessage[] },
  config: LangGraphRunnableConfig,
) => Promise<Command<unknown, { messages: ToolMessage[] }>>;

/**
 * A node before the tools: answers refused calls with denials, pauses once for all that need a
 * person, and goes on to the tools or back to the agent.
 *
 * What the graph is resumed with is ignored; only an answer proven to the guard grants. The tools
 * must be guarded themselves: this node explains and pauses, it does not enforce.
 *
 * @example
 * ```ts
 * import { MessagesAnnotation, StateGraph } from "@langchain/langgraph";
 * import type { Guard } from "@portcullis/core";
 *
 * function build(guard: Guard) {
 *   return new StateGraph(MessagesAnnotation).addNode(
 *     "guard",
 *     guardNode({ guard, agent: "agent", tools: "tools" }),
 *   );
 * }
 * ```
 */
export function guardNode(options: GuardNodeOptions): GuardNode {
  const { guard } = options;
  return async ({ messages }, config) => {
    const calls = await Promise.all(
      openCalls(messages).map((call) => toQuestion(call, options, config)),
    );
    const answers = await checkAll(guard, calls);
    const requests = options.approvals === "deny" ? [] : await requestApprovals(guard, answers);
    // Whatever the graph is resumed with only wakes it; the guard is asked again below.
    if (requests.length > 0) {
      interrupt({ type: "portcullis.approval", requests } satisfies ApprovalInterrupt);
    }
    const refusals = await Promise.all(
      refused(answers).map((question) => refusalMessage(guard, question)),
    );
    const update = { messages: refusals.filter((message) => message !== undefined) };
    const isDone = update.messages.length === calls.length;
    return new Command({ update, goto: isDone ? options.agent : options.tools });
  };
}

interface Answer extends Question {
  readonly decision: Decision;
}

/** The calls of the last AI message that no tool message answers yet, as `ToolNode` finds them. */
function openCalls(messages: readonly BaseMessage[]): readonly LangChainToolCall[] {
  const answered = new Set(
    messages.filter((message) => isToolMessage(message)).map((message) => message.tool_call_id),
  );
  const calls = messages.findLast((message) => isAIMessage(message))?.tool_calls ?? [];
  return calls.filter(({ id }) => id === undefined || !answered.has(id));
}

async function toQuestion(
  call: LangChainToolCall,
  options: GuardNodeOptions,
  config: LangGraphRunnableConfig,
): Promise<Question> {
  const tool = options.toolset?.find(({ name }) => name === call.name);
  const asked = await toToolCall(call, tool, options);
  return { call, asked, context: await resolveCallContext(options, asked, config) };
}

async function checkAll(guard: Guard, questions: readonly Question[]): Promise<readonly Answer[]> {
  return Promise.all(
    questions.map(async (question) => ({
      ...question,
      decision: await guard.check(question.asked, question.context),
    })),
  );
}

/** Stores a request for every call that waits for a person, and lists those still open. */
async function requestApprovals(
  guard: Guard,
  answers: readonly Answer[],
): Promise<readonly ApprovalPrompt[]> {
  const prompts: ApprovalPrompt[] = [];
  for (const { call, decision } of answers) {
    const prompt = await requestPrompt(guard, decision, call.id);
    if (prompt !== undefined) prompts.push(prompt);
  }
  return prompts;
}

/**
 * The calls that get their denial here. `ToolNode` skips every call of an answered id, so a call
 * without an id, or one that shares it with a permitted call, is left to the guarded tool.
 */
function refused(answers: readonly Answer[]): readonly Answer[] {
  const permitted = new Set(
    answers.filter(({ decision }) => decision.outcome === "permit").map(({ call }) => call.id),
  );
  return answers.filter(({ call }) => call.id !== undefined && !permitted.has(call.id));
}
