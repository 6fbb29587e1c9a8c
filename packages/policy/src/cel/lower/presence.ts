import { refuse } from "../condition-error.ts";
import type { Draft } from "../draft.ts";
import type { CelNode } from "../parse-cel.ts";
import { lowerLiteral } from "./literals.ts";
import type { Call, Lowering, Scope } from "./lowering.ts";
import { declaredFactOf, lowerPath, requirePath } from "./paths.ts";

/** Lowers `has(a.b)`. */
export function lowerHas({ node, args }: Call, scope: Scope, lowering: Lowering): Draft {
  const [operand, more] = args;
  if (operand === undefined || more !== undefined) {
    return refuse(node, "`has` takes one member, such as `has(args.note)`.");
  }
  if (operand.op === "[]") {
    return refuse(
      operand,
      '`has` takes a member written with a dot; for another key write `"some-key" in args`.',
    );
  }
  if (operand.op !== ".") {
    return refuse(operand, "`has` takes a member, such as `has(args.note)`.");
  }
  const path = requirePath(operand, scope, { lowering, use: "`has`" });
  const fact = declaredFactOf(path);
  if (fact === undefined) return { op: "has", span: node, a: path };
  if (fact.field !== undefined) {
    return refuse(operand, "`has` asks for a declared fact as a whole: `has(facts.<name>)`.");
  }
  return { op: "has", span: node, a: fact };
}

/** Lowers `a.?b.orValue(v)`. */
export function lowerOrValue(
  { node, receiver, args }: Call,
  scope: Scope,
  lowering: Lowering,
): Draft {
  if (receiver?.op !== ".?") {
    return refuse(node, '`orValue` follows an optional member: `args.?note.orValue("")`.');
  }
  const [operand, more] = args;
  const b = operand === undefined || more !== undefined ? undefined : lowerLiteral(operand);
  if (b === undefined) return refuse(operand ?? node, "`orValue` takes one literal.");
  const [holder, name] = receiver.args;
  const base = lowerPath(holder, scope, lowering);
  if (base === undefined || base.root === "facts") return refuseOptional(holder);
  const segment = { key: name, start: receiver.end - name.length, end: receiver.end };
  const a = { ...base, span: receiver, segments: [...base.segments, segment] };
  return { op: "orValue", span: node, a, b };
}

/** Refuses an optional access that is not of the supported form. */
export function refuseOptional(node: CelNode): never {
  return refuse(
    node,
    'One optional member at the end of a path is supported, with a literal for its absence: `args.a.?b.orValue("")`; guard others with `has(args.a)`.',
  );
}
