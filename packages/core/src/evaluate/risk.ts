import type { CompiledPolicy, CompiledTool } from "../compile-policy.ts";
import type { RiskScore } from "../decision.ts";
import type { MergedObligations } from "../merge-obligations.ts";
import { NO_OBLIGATIONS } from "../merge-obligations.ts";
import type { Risk } from "../policy-document.ts";
import type { Frame } from "./frame.ts";

/** Highest score. */
const MAX_SCORE = 100;

/** Scores the risk for the frame's actor: the class, and every addition that holds or errs. */
export function scoreRisk(policy: CompiledPolicy, tool: CompiledTool, frame: Frame): RiskScore {
  const factors = [...tool.baseRisk.factors];
  let score = tool.baseRisk.score;
  for (const { condition, points, factor } of policy.riskFactors) {
    if (condition(frame) === 0) continue;
    factors.push({ factor, points });
    score += points;
  }
  return { score: Math.min(MAX_SCORE, score), factors };
}

/** What a score does: nothing, an approval of the highest level reached, or a refusal. */
export function reachedObligations(
  { approval, deny }: Risk,
  score: number,
): { readonly isRefused: boolean; readonly obligations: MergedObligations } {
  if (deny !== undefined && score >= deny.from) {
    if (deny.notify === undefined) return REFUSED;
    const { channel } = deny.notify;
    const notify = [{ channel, priority: "high", required: false } as const];
    return { isRefused: true, obligations: { ...NO_OBLIGATIONS, notify } };
  }
  const level = approval.findLast(({ from }) => score >= from);
  if (level === undefined) return NOTHING;
  const { from: _, ...terms } = level;
  return { isRefused: false, obligations: { ...NO_OBLIGATIONS, approval: terms } };
}

const REFUSED = Object.freeze({ isRefused: true, obligations: NO_OBLIGATIONS });
const NOTHING = Object.freeze({ isRefused: false, obligations: NO_OBLIGATIONS });
