import type {
  CompiledParties,
  CompiledPolicy,
  CompiledRule,
  CompiledTool,
} from "./compile-policy.ts";
import type { MatchedRule, RiskScore } from "./decision.ts";
import type { DenialCode } from "./denial.ts";
import { createFrame } from "./evaluate/frame.ts";
import type { Frame, Tri } from "./evaluate/frame.ts";
import { reachedObligations, scoreRisk } from "./evaluate/risk.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";
import { collectObligations, mergeObligations, NO_OBLIGATIONS } from "./merge-obligations.ts";
import type { MergedObligations } from "./merge-obligations.ts";
import type { Party } from "./principal.ts";
import { withinCeiling } from "./within-ceiling.ts";

/** The rule that decided a denial. */
interface DecidingRule {
  readonly id: string;
  /** `file:line:column` where it is known. */
  readonly source?: string;
  /** The rule's fixed text for the model. */
  readonly message?: string;
  /** The rule's fixed hint for the model. */
  readonly hint?: string;
}

/** What a policy says about one request. */
export interface Evaluation {
  /** `permit` holds only with the obligations, an approval among them. */
  readonly verdict: "permit" | "deny";
  /** Present exactly on a deny. */
  readonly code?: DenialCode;
  /** The forbid with the smallest id, where one decided. */
  readonly rule?: DecidingRule;
  /** Rules that applied to some actor, sorted by id; those of shadow mode never counted. */
  readonly rules: readonly MatchedRule[];
  /** None on a deny, but for the notification of a refused risk. */
  readonly obligations: MergedObligations;
  /** The highest score over the actors. */
  readonly risk: RiskScore;
  /** Work spent, to be taken off the limit of a second evaluation of the same decision. */
  readonly work: number;
}

/** Collects over the actors of the chain. */
interface Tally {
  readonly matches: MatchedRule[];
  readonly requires: CompiledRule[];
  forbid: CompiledRule | undefined;
  isPermitted: boolean;
}

const NO_RISK: RiskScore = Object.freeze({ score: 0, factors: Object.freeze([]) });
const NOT_DELEGATED = deny("not-delegated");
const NOT_COVERED = deny("no-applicable-rule");

/**
 * Evaluates a policy: pure, total, without I/O or a clock of its own.
 *
 * The ceiling comes first. Then every candidate rule is evaluated once for each actor of the chain
 * with `principal.agent` = that actor. A forbid that applies to any actor denies, an actor without
 * an applying permit denies, else the call is permitted with the obligations of all. A condition
 * that errs counts as matched in a forbid or require, not in a permit. Order never matters.
 *
 * @example
 * ```ts
 * declare const policy: CompiledPolicy;
 * declare const principal: Principal;
 * declare const session: SessionSnapshot;
 * const evaluation = evaluatePolicy(policy, {
 *   tool: "issue_refund",
 *   args: { amount: 10 },
 *   principal,
 *   session,
 *   now: Date.now(),
 * });
 * ```
 */
export function evaluatePolicy(policy: CompiledPolicy, request: EvaluationRequest): Evaluation {
  const { principal, tool: name } = request;
  if (principal.chain.length === 0) return NOT_DELEGATED;
  if (!withinCeiling(principal.ceiling, name, request.args)) return NOT_DELEGATED;
  const tool = policy.tools.get(name);
  if (tool === undefined) return NOT_COVERED;

  const frame = createFrame(request, tool.view);
  const tally: Tally = { matches: [], requires: [], forbid: undefined, isPermitted: true };
  let risk = tool.baseRisk;
  for (const actor of principal.chain) {
    frame.agent = actor;
    if (!tallyActor(policy, { tool, frame, tally })) tally.isPermitted = false;
    if (policy.riskFactors.length > 0) {
      const score = scoreRisk(policy, tool, frame);
      if (score.score > risk.score) risk = score;
    }
    if (frame.work > frame.workLimit) {
      return { ...deny("work-exceeded"), risk, work: frame.work };
    }
  }
  return conclude(policy, { tally, risk, work: frame.work });
}

/**
 * Tells whether a tool may be permitted at all, with what is known now.
 *
 * For every actor some permit must not be definitely false and no forbid definitely true; roots
 * that are `UNKNOWN` make neither definite.
 *
 * @example
 * ```ts
 * declare const policy: CompiledPolicy;
 * declare const principal: Principal;
 * const now = Date.now();
 * couldPermit(policy, { tool: "issue_refund", args: UNKNOWN, session: UNKNOWN, principal, now });
 * ```
 */
export function couldPermit(policy: CompiledPolicy, request: EvaluationRequest): boolean {
  const { principal } = request;
  if (principal.chain.length === 0) return false;
  if (!withinCeiling(principal.ceiling, request.tool, request.args)) return false;
  const tool = policy.tools.get(request.tool);
  if (tool === undefined) return false;
  const frame = createFrame(request, tool.view);
  for (const actor of principal.chain) {
    frame.agent = actor;
    let isOpen = false;
    for (const rule of candidatesOf(policy, tool, frame)) {
      if (rule.isShadow || rule.effect === "require") continue;
      const result = rule.condition === undefined ? 1 : rule.condition(frame);
      if (rule.effect === "forbid" && result === 1) return false;
      if (rule.effect === "permit" && result !== 0) isOpen = true;
    }
    if (!isOpen || frame.work > frame.workLimit) return false;
  }
  return true;
}

/** The rules about a tool and the frame's actor and user, their conditions aside. */
function candidatesOf(
  policy: CompiledPolicy,
  tool: CompiledTool,
  frame: Frame,
): readonly CompiledRule[] {
  const lists = [
    tool.byAgent.get(frame.agent.id) ?? NONE,
    tool.residual,
    policy.anyTool.byAgent.get(frame.agent.id) ?? NONE,
    policy.anyTool.residual,
  ];
  return lists.flatMap((rules) => rules.filter((rule) => isAbout(rule, tool, frame)));
}

const NONE: readonly CompiledRule[] = [];

interface ActorPass {
  readonly tool: CompiledTool;
  readonly frame: Frame;
  readonly tally: Tally;
}

/** Evaluates all candidates for the frame's actor; true when some permit applies. */
function tallyActor(policy: CompiledPolicy, pass: ActorPass): boolean {
  const { tool, frame } = pass;
  const { anyTool } = policy;
  const id = frame.agent.id;
  let isPermitted = tallyRules(tool.byAgent.get(id) ?? NONE, pass);
  if (tool.residual.length > 0) isPermitted = tallyRules(tool.residual, pass) || isPermitted;
  if (anyTool.byAgent.size > 0) {
    isPermitted = tallyRules(anyTool.byAgent.get(id) ?? NONE, pass) || isPermitted;
  }
  if (anyTool.residual.length > 0) isPermitted = tallyRules(anyTool.residual, pass) || isPermitted;
  return isPermitted;
}

function tallyRules(rules: readonly CompiledRule[], { tool, frame, tally }: ActorPass): boolean {
  let isPermitted = false;
  for (const rule of rules) {
    if (!isAbout(rule, tool, frame)) continue;
    const result: Tri = rule.condition === undefined ? 1 : rule.condition(frame);
    if (result === 0) continue;
    const { effect } = rule;
    if (result === 2 && effect === "permit") continue;
    tally.matches.push(result === 2 ? { ...rule.match, erred: true } : rule.match);
    if (rule.isShadow) continue;
    if (effect === "permit") isPermitted = true;
    else if (effect === "require") tally.requires.push(rule);
    else if (tally.forbid === undefined || rule.id < tally.forbid.id) tally.forbid = rule;
  }
  return isPermitted;
}

function isAbout(rule: CompiledRule, tool: CompiledTool, frame: Frame): boolean {
  if (rule.agents !== undefined && !includes(rule.agents, frame.agent)) return false;
  if (rule.tools !== undefined && !rule.tools.has(tool.name)) return false;
  if (rule.users === undefined) return true;
  const { user } = frame.principal;
  return user !== undefined && includes(rule.users, user);
}

function includes(parties: CompiledParties, party: Party): boolean {
  if (parties.ids.has(party.id)) return true;
  for (const role of parties.roles) if (party.roles.includes(role)) return true;
  return false;
}

function conclude(
  policy: CompiledPolicy,
  { tally, risk, work }: { readonly tally: Tally; readonly risk: RiskScore; readonly work: number },
): Evaluation {
  const rules = sortMatches(tally.matches);
  if (tally.forbid !== undefined) {
    const rule = toDecidingRule(tally.forbid);
    return { ...deny("forbidden-by-rule"), rule, rules, risk, work };
  }
  if (!tally.isPermitted) return { ...deny("no-applicable-rule"), rules, risk, work };
  const fromRisk = reachedObligations(policy.document.risk, risk.score);
  if (fromRisk.isRefused) {
    const { obligations } = fromRisk;
    return { ...deny("risk-too-high"), obligations, rules, risk, work };
  }
  if (tally.requires.length === 0 && fromRisk.obligations === NO_OBLIGATIONS) {
    return { verdict: "permit", rules, obligations: NO_OBLIGATIONS, risk, work };
  }
  const fromRules = collectObligations(
    tally.requires.flatMap(({ rule }) => rule.obligations ?? []),
  );
  const obligations =
    fromRules === "conflict" ? fromRules : mergeObligations([fromRules, fromRisk.obligations]);
  if (obligations === "conflict") return { ...deny("obligation-conflict"), rules, risk, work };
  return { verdict: "permit", rules, obligations, risk, work };
}

/** Sorts by id and lists a rule that applied to several actors once, erred if it did for one. */
function sortMatches(matches: readonly MatchedRule[]): readonly MatchedRule[] {
  if (matches.length < 2) return matches;
  const byId = new Map<string, MatchedRule>();
  for (const match of matches) {
    if (match.erred || !byId.has(match.id)) byId.set(match.id, match);
  }
  return [...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function toDecidingRule({ rule }: CompiledRule): DecidingRule {
  const { id, at, message, hint } = rule;
  return {
    id,
    ...(at === undefined ? {} : { source: at }),
    ...(message === undefined ? {} : { message }),
    ...(hint === undefined ? {} : { hint }),
  };
}

function deny(code: DenialCode): Evaluation {
  const empty = Object.freeze([]);
  return Object.freeze({
    verdict: "deny",
    code,
    rules: empty,
    obligations: NO_OBLIGATIONS,
    risk: NO_RISK,
    work: 0,
  });
}
