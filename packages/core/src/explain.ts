import type { CompiledPolicy } from "./compile-policy.ts";
import { createFrame, DEFAULT_WORK_LIMIT } from "./evaluate/frame.ts";
import type { Frame } from "./evaluate/frame.ts";
import { interpret } from "./evaluate/interpret.ts";
import type { ClauseTrace } from "./evaluate/interpret.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";
import type { Rule } from "./policy-document.ts";
import type { Party } from "./principal.ts";

export type { ClauseTrace } from "./evaluate/interpret.ts";

/** How one rule stands to one actor of a call. */
export interface RuleTrace {
  readonly id: string;
  readonly effect: Rule["effect"];
  /** `file:line:column` where it is known. */
  readonly source?: string;
  /** The condition as written. */
  readonly text?: string;
  /** Place of the actor in the chain that this pass was about; 0 is the acting agent. */
  readonly hop: number;
  /** Id of that actor. */
  readonly actor: string;
  /** True for a rule in shadow mode: it never counts. */
  readonly shadow: boolean;
  /** Whether the rule is about this actor. */
  readonly isAboutAgent: boolean;
  /** Whether the rule is about this user, or about none in particular. */
  readonly isAboutUser: boolean;
  /** What the condition came to; `true` where there is none, absent when it was not asked. */
  readonly result?: boolean | "error";
  /** Whether the rule applies: an erring permit does not, an erring forbid or require does. */
  readonly applies: boolean;
  /** Every node of the condition; holds argument values, so it is never for a model. */
  readonly condition?: ClauseTrace;
}

const PATIENCE = 10;

/**
 * Says for every rule about a tool, and every actor of the chain, whether it applies and what each
 * clause came to. For people: slow, and with the values of the arguments.
 *
 * Walks the same AST as the decision but not its closures. Sorted by actor, then by rule id; empty
 * for a tool that is not in the catalogue.
 *
 * @example
 * ```ts
 * declare const policy: CompiledPolicy;
 * declare const request: EvaluationRequest;
 * const failing = explainRules(policy, request).filter(({ applies }) => !applies);
 * ```
 */
export function explainRules(
  policy: CompiledPolicy,
  request: EvaluationRequest,
): readonly RuleTrace[] {
  const tool = policy.tools.get(request.tool);
  if (tool === undefined) return [];
  // A trace visits also what a decision skips.
  const workLimit = (request.workLimit ?? DEFAULT_WORK_LIMIT) * PATIENCE;
  const rules = policy.document.rules
    .filter(({ tools }) => tools === undefined || tools.includes(request.tool))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return request.principal.chain.flatMap((actor, hop) => {
    const frame = createFrame({ ...request, workLimit }, tool.view);
    frame.agent = actor;
    return rules.map((rule) => ({ hop, ...explainRule(policy, rule, frame) }));
  });
}

function explainRule(policy: CompiledPolicy, rule: Rule, frame: Frame): Omit<RuleTrace, "hop"> {
  const { id, effect, at, text, when } = rule;
  const isAboutAgent = isAbout(rule.agents, frame.agent);
  const isAboutUser = isAbout(rule.users, frame.principal.user);
  const base = {
    id,
    effect,
    ...(at === undefined ? {} : { source: at }),
    ...(text === undefined ? {} : { text }),
    actor: frame.agent.id,
    shadow: rule.mode === "shadow",
    isAboutAgent,
    isAboutUser,
  };
  if (!isAboutAgent || !isAboutUser) return { ...base, applies: false };
  if (when === undefined) return { ...base, result: true, applies: true };
  const condition = interpret(when, { frame, parts: policy.parts, scope: [], place: "" });
  const result = typeof condition.value === "boolean" ? condition.value : "error";
  const applies = result === "error" ? effect !== "permit" : result;
  return { ...base, result, applies, condition };
}

function isAbout(names: readonly string[] | undefined, party: Party | undefined): boolean {
  if (names === undefined) return true;
  if (party === undefined) return false;
  return names.some((name) =>
    name.startsWith("role:") ? party.roles.includes(name.slice(5)) : name === party.id,
  );
}
