import { refuse } from "../condition-error.ts";
import type { Draft, PathDraft } from "../draft.ts";
import type { Call, Lowering, Scope } from "./lowering.ts";
import { requirePath } from "./paths.ts";

/** Lowers `flow.userSaid(args.x)`. */
export function lowerUserSaid(
  { node, receiver, args }: Call,
  scope: Scope,
  lowering: Lowering,
): Draft {
  if (receiver?.op !== "id" || receiver.args !== "flow") {
    return refuse(node, "Write `flow.userSaid(args.x)`.");
  }
  const [operand, more] = args;
  if (operand === undefined || more !== undefined) {
    return refuse(node, "`flow.userSaid` takes one argument, such as `args.x`.");
  }
  const a = requirePath(operand, scope, { lowering, use: "`flow.userSaid`" });
  requireArgument(a, "`flow.userSaid`");
  return { op: "userSaid", span: node, a };
}

/** Refuses a path that does not lie below the arguments. */
export function requireArgument(path: PathDraft, use: string): void {
  const { root } = path;
  if (root === "args" || (typeof root !== "string" && root.ofArgs)) return;
  refuse(
    path.span,
    `${use} takes a path below \`args\`, or the variable of a quantifier over one.`,
  );
}
