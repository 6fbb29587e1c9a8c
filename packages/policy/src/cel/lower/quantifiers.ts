import { CONDITION_LIMITS, ROOTS } from "@portcullis/core";
import { quoted } from "../../text/suggest.ts";
import { refuse } from "../condition-error.ts";
import type { Draft, QuantifierDraft } from "../draft.ts";
import { below } from "./lowering.ts";
import type { Call, Lowering, Scope } from "./lowering.ts";

/** The quantifiers and their operators. */
export const QUANTIFIERS: ReadonlyMap<string, QuantifierDraft["op"]> = new Map([
  ["all", "all"],
  ["exists", "exists"],
  ["exists_one", "existsOne"],
]);

/** Lowers `list.all(x, test)` and its like. */
export function lowerQuantifier(
  { node, name, receiver, args }: Call,
  scope: Scope,
  lowering: Lowering,
): Draft {
  const op = QUANTIFIERS.get(name);
  const [variable, test, more] = args;
  if (op === undefined || receiver === undefined || variable === undefined || test === undefined) {
    return refuse(
      node,
      `\`${name}\` takes a variable and a test: \`args.items.${name}(i, i.price > 3)\`.`,
    );
  }
  if (more !== undefined) {
    return refuse(
      node,
      `\`${name}\` over two variables is not supported; write one variable and a test.`,
    );
  }
  if (variable.op !== "id")
    return refuse(variable, "The first operand is the name of the variable.");
  const called = variable.args;
  const taken: readonly string[] = [
    ...ROOTS,
    "facts",
    ...scope.variables.map((other) => other.name),
  ];
  if (taken.includes(called))
    return refuse(variable, `${quoted(called)} is taken; use another name.`);
  if (called.startsWith("__")) return refuse(variable, "A variable does not begin with `__`.");
  if (scope.variables.length >= CONDITION_LIMITS.quantifierDepth) {
    return refuse(
      node,
      `Quantifiers are nested at most ${CONDITION_LIMITS.quantifierDepth} deep; divide the rule.`,
    );
  }
  const over = lowering.lower(receiver, below(scope));
  const bound = { name: called, ofArgs: rangesOverArgs(over) };
  const body = lowering.lower(test, {
    variables: [bound, ...scope.variables],
    depth: scope.depth + 1,
  });
  return { op, span: node, over, variable: bound, body };
}

function rangesOverArgs(over: Draft): boolean {
  if (over.op !== "path") return false;
  return over.root === "args" || (typeof over.root !== "string" && over.root.ofArgs);
}
