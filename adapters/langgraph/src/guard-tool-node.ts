import type { ToolMessage } from "@langchain/core/messages";
import type { ToolCall as LangChainToolCall } from "@langchain/core/messages/tool";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import type { ToolNodeOptions } from "@langchain/langgraph/prebuilt";
import { PortcullisConfigError, createDenial, recordRefusal } from "@portcullis/core";
import type { Denial, DenialCode } from "@portcullis/core";
import { denialMessage } from "./denial-message.ts";
import { resolveCallContext, threadOf, toCallId } from "./framework-call.ts";
import type { LangGraphOptions } from "./framework-call.ts";
import { guardLangChainTool } from "./guard-langchain-tool.ts";
import { isGuarded } from "./guarded-tools.ts";
import type { LangChainTool } from "./guarded-tools.ts";
import { isCompleted } from "./result-ledger.ts";
import type { RecordedResult, ResultLedger } from "./result-ledger.ts";
import { toToolCall } from "./to-tool-call.ts";

/** Options of {@link guardToolNode}. */
export interface GuardToolNodeOptions extends LangGraphOptions, ToolNodeOptions {
  /** Gives a replayed call its old result. Default none: a replay runs permitted calls again. */
  readonly ledger?: ResultLedger;
}

/**
 * A tool node whose tools are all guarded.
 *
 * However a call gets here (messages, a list, `Send`, a jump after `updateState`), the tool itself
 * is guarded. A name that no tool has, and a tool that was added to the node later, are denied.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a tool cannot be guarded or two share a name.
 *
 * @example
 * ```ts
 * import type { StructuredTool } from "@langchain/core/tools";
 * import { MessagesAnnotation, StateGraph } from "@langchain/langgraph";
 * import type { Guard } from "@portcullis/core";
 *
 * function build(tools: StructuredTool[], guard: Guard) {
 *   return new StateGraph(MessagesAnnotation).addNode("tools", guardToolNode(tools, { guard }));
 * }
 * ```
 */
export function guardToolNode(
  tools: readonly LangChainTool[],
  options: GuardToolNodeOptions,
): ToolNode {
  const names = new Set<string>();
  for (const { name } of tools) {
    if (names.has(name)) {
      throw new PortcullisConfigError("tools", `Two tools are named \`${name}\`.`);
    }
    names.add(name);
  }
  return new GuardedToolNode(
    tools.map((tool) => guardLangChainTool(tool, options)),
    options,
  );
}

class GuardedToolNode extends ToolNode {
  readonly #options: GuardToolNodeOptions;

  constructor(tools: LangChainTool[], options: GuardToolNodeOptions) {
    super(tools, options);
    this.#options = options;
  }

  protected override async runTool(
    call: LangChainToolCall,
    config: LangGraphRunnableConfig,
    state: unknown,
  ): Promise<RecordedResult> {
    const named = { ...call, id: toCallId(this.#options, call.id) };
    const result = await this.#answer(named, config, state);
    // The base class turns an abort into a message.
    config.signal?.throwIfAborted();
    return result;
  }

  async #answer(
    call: LangChainToolCall,
    config: LangGraphRunnableConfig,
    state: unknown,
  ): Promise<RecordedResult> {
    const tool = this.tools.find(({ name }) => name === call.name);
    if (tool === undefined) return this.#refuse("tool-unknown", call, config);
    if (!isGuarded(tool, this.#options.guard)) return this.#refuse("tool-unguarded", call, config);
    const { ledger } = this.#options;
    const thread = threadOf(config);
    if (ledger === undefined || thread === undefined) return super.runTool(call, config, state);

    const asked = await toToolCall(call, tool, this.#options);
    const context = await resolveCallContext(this.#options, asked, config);
    const decision = await this.#options.guard.check(asked, context);
    if (decision.outcome === "deny" || decision.argsDigest === undefined) {
      return super.runTool(call, config, state);
    }
    const path = graphPath(config);
    const key = JSON.stringify([thread, path, asked.tool, call.id, decision.argsDigest]);
    try {
      const recorded = await ledger.get(key);
      if (recorded !== undefined) return recorded;
    } catch {
      const { decisionId } = decision;
      return denialMessage(createDenial("record-unavailable", { decisionId }), call);
    }
    const result = await super.runTool(call, config, state);
    if (isCompleted(result)) await ledger.put(key, result).catch(() => undefined);
    return result;
  }

  async #refuse(
    code: DenialCode,
    call: LangChainToolCall,
    config: LangGraphRunnableConfig,
  ): Promise<ToolMessage> {
    const { guard } = this.#options;
    const asked = await toToolCall(call, undefined, this.#options);
    const context = await resolveCallContext(this.#options, asked, config);
    const decision = await guard.check(asked, context);
    let denial: Denial = createDenial(code, { decisionId: decision.decisionId });
    if (decision.outcome !== "permit") {
      const outcome = await recordRefusal(guard, asked, context);
      if (outcome?.kind === "denied") ({ denial } = outcome);
    }
    return denialMessage(denial, call);
  }
}

/** The nodes on the way here, without the ids that each run gives them. */
function graphPath(config: LangGraphRunnableConfig): string {
  const namespace: unknown = config.configurable?.["checkpoint_ns"];
  return typeof namespace === "string" ? namespace.replaceAll(/:[^|]*/g, "") : "";
}
