import type { CompiledPolicy } from "./compile-policy.ts";
import { createFrame } from "./evaluate/frame.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";

/**
 * What one call costs a budget: a finite number, or undefined when the expression errs, yields no
 * number, or takes more work than a decision may.
 */
export function evaluateCost(
  policy: CompiledPolicy,
  limit: string,
  request: EvaluationRequest,
): number | undefined {
  const cost = policy.costs.get(limit);
  const tool = policy.tools.get(request.tool);
  if (cost === undefined || tool === undefined) return undefined;
  const frame = createFrame(request, tool.view);
  const value = cost(frame);
  if (frame.work > frame.workLimit) return undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
