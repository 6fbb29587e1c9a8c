import type { Draft, StringTestDraft } from "../draft.ts";
import { refuse } from "../condition-error.ts";
import { patternProblem } from "../vet-pattern.ts";
import { below } from "./lowering.ts";
import type { Call, Lowering, Scope } from "./lowering.ts";

/** Names of the string tests. */
export const STRING_TESTS: ReadonlySet<string> = new Set<StringTestDraft["op"]>([
  "startsWith",
  "endsWith",
  "contains",
]);

/** Lowers `a.startsWith(b)` and its like. */
export function lowerStringTest(
  { node, name, receiver, args }: Call,
  scope: Scope,
  lowering: Lowering,
): Draft {
  const [operand, more] = args;
  if (
    !isStringTest(name) ||
    receiver === undefined ||
    operand === undefined ||
    more !== undefined
  ) {
    return refuse(node, `\`${name}\` takes one string: \`args.note.${name}("…")\`.`);
  }
  const inner = below(scope);
  return {
    op: name,
    span: node,
    a: lowering.lower(receiver, inner),
    b: lowering.lower(operand, inner),
  };
}

/** Lowers `a.matches("pattern")` and `matches(a, "pattern")`. */
export function lowerMatches(
  { node, receiver, args }: Call,
  scope: Scope,
  lowering: Lowering,
): Draft {
  const [subject, pattern, more] = receiver === undefined ? args : [receiver, ...args];
  if (subject === undefined || pattern === undefined || more !== undefined) {
    return refuse(node, '`matches` takes one pattern: `args.note.matches("^[a-z]+$")`.');
  }
  if (pattern.op !== "value" || typeof pattern.args !== "string") {
    return refuse(
      pattern,
      "A pattern must be a text that stands there; patterns from data are not supported.",
    );
  }
  const problem = patternProblem(pattern.args);
  if (problem !== undefined) return refuse(pattern, problem);
  return {
    op: "matches",
    span: node,
    a: lowering.lower(subject, below(scope)),
    pattern: pattern.args,
  };
}

/** Lowers `size(a)` and `a.size()`. */
export function lowerSize({ node, receiver, args }: Call, scope: Scope, lowering: Lowering): Draft {
  const [operand, more] = receiver === undefined ? args : [receiver, ...args];
  if (operand === undefined || more !== undefined) {
    return refuse(node, "`size` takes one value: `size(args.rows)`.");
  }
  return { op: "size", span: node, a: lowering.lower(operand, below(scope)) };
}

function isStringTest(name: string): name is StringTestDraft["op"] {
  return STRING_TESTS.has(name);
}
