import { refuse } from "../condition-error.ts";
import type { Draft, PathDraft } from "../draft.ts";
import type { CelNode } from "../parse-cel.ts";
import { literalMapOf } from "./literals.ts";
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

/** Lowers `flow.of(args.x)`. */
export function lowerLabelsOf(
  { node, receiver, args }: Call,
  scope: Scope,
  lowering: Lowering,
): Draft {
  if (receiver?.op !== "id" || receiver.args !== "flow") {
    return refuse(
      node,
      "Write `flow.of(args.x)`; optional values are written `a.?b.orValue(<literal>)`.",
    );
  }
  const [operand, options, more] = args;
  if (operand === undefined || more !== undefined) {
    return refuse(node, "`flow.of` takes an argument, such as `args.x`, and perhaps options.");
  }
  const a = requirePath(operand, scope, { lowering, use: "`flow.of`" });
  requireArgument(a, "`flow.of`");
  return { op: "labelsOf", span: node, a, inherits: options !== undefined && inherits(options) };
}

function inherits(node: CelNode): boolean {
  const options = literalMapOf(node);
  if (options?.["derived"] === "inherit" && Object.keys(options).length === 1) return true;
  return refuse(node, '`flow.of` has one option: `{"derived": "inherit"}`.');
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
