import { refuse } from "../condition-error.ts";
import type { Draft } from "../draft.ts";
import type { Call, Lowering, Scope } from "./lowering.ts";
import { requirePath } from "./paths.ts";

/** Lowers `anomaly(args.x)`. */
export function lowerAnomaly({ node, args }: Call, scope: Scope, lowering: Lowering): Draft {
  const [operand, more] = args;
  if (operand === undefined || more !== undefined) {
    return refuse(node, "`anomaly` takes one argument, such as `args.amount`.");
  }
  const a = requirePath(operand, scope, { lowering, use: "`anomaly`" });
  if (a.root !== "args" || a.segments.length === 0) {
    return refuse(a.span, "`anomaly` takes a path below `args`, such as `args.amount`.");
  }
  return { op: "anomaly", span: node, a };
}
