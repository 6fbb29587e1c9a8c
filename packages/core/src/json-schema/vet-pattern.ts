import type { PatternNode } from "./parse-pattern.ts";
import { parsePattern } from "./parse-pattern.ts";

/** Where a pattern may run. */
export type PatternVerdict =
  /** In the platform's own engine; a step is one attempt to match one item of the pattern. */
  | { readonly kind: "native"; readonly stepsPerCharacter: number }
  /** Only in a linear engine, the port `PatternMatcher`. */
  | { readonly kind: "linear"; readonly reason: string }
  /** Nowhere. */
  | { readonly kind: "refused"; readonly reason: string };

/** Longest text, in UTF-16 code units, that any pattern is tried on; a longer one does not match. */
export const MAX_PATTERN_TEXT = 65_536;

const MAX_SOURCE = 1024;
const MAX_STEPS_PER_CHARACTER = 1000;
const MAX_STEPS_AT_START = 100_000;

/** Steps of the worst text: `fixed + perCharacter × length`. */
interface Cost {
  readonly fixed: number;
  readonly perCharacter: number;
}

const ONE_STEP: Cost = { fixed: 1, perCharacter: 0 };
const QUADRATIC: Cost = { fixed: Infinity, perCharacter: Infinity };

/**
 * Decides where a pattern may run, by an upper bound of the steps that a backtracking engine takes
 * on the worst text.
 *
 * Native are patterns with at most 1 000 steps per character: no backreference, no look-around, no
 * unbounded repeat of something that itself can match in two ways, and at most one unbounded
 * repeat, which needs `^` at the very start and no alternation at the top level (an unanchored
 * search is quadratic). Other patterns without backreference and look-around are `linear`; they
 * may still be refused by the matcher. The same function vets `pattern` in schemas and `matches`
 * in rules.
 *
 * @example
 * ```ts
 * classifyPattern("^[a-z]+$").kind; // "native"
 * classifyPattern("^(a+)+$").kind; // "linear"
 * classifyPattern("(?=a)").kind; // "refused"
 * ```
 */
export function classifyPattern(source: string, flags = "u"): PatternVerdict {
  if (!/^(?=.*u)[isu]+$/.test(flags)) {
    return { kind: "refused", reason: "uses other flags than u, i and s" };
  }
  if (source.length > MAX_SOURCE) {
    return { kind: "refused", reason: `is longer than ${MAX_SOURCE} characters` };
  }
  if (!isRegExp(source, flags)) {
    return { kind: "refused", reason: "is not a regular expression of the Unicode mode" };
  }
  const pattern = parsePattern(source);
  if (typeof pattern === "string") return { kind: "refused", reason: `uses a ${pattern}` };
  const { fixed, perCharacter } = costOf(pattern, ONE_STEP);
  if (isAnchored(pattern)) {
    if (fixed <= MAX_STEPS_AT_START && perCharacter <= MAX_STEPS_PER_CHARACTER) {
      return { kind: "native", stepsPerCharacter: perCharacter + fixed / MAX_PATTERN_TEXT };
    }
  } else if (perCharacter === 0 && fixed <= MAX_STEPS_PER_CHARACTER) {
    return { kind: "native", stepsPerCharacter: fixed };
  }
  return { kind: "linear", reason: "could take more than linear time in a backtracking engine" };
}

// Cost of a node followed by a rest that costs `rest`: every way through the node runs the rest.
function costOf(node: PatternNode, rest: Cost): Cost {
  if (node.type === "sequence") {
    return node.items.reduceRight((cost, item) => costOf(item, cost), rest);
  }
  if (node.type === "alternation") {
    return node.branches
      .map((branch) => costOf(branch, rest))
      .reduce((sum, cost) => add(sum, cost));
  }
  return node.type === "repeat" ? costOfRepeat(node, rest) : add(rest, ONE_STEP);
}

function costOfRepeat(
  { body, min, max }: Extract<PatternNode, { readonly type: "repeat" }>,
  rest: Cost,
): Cost {
  if (max === Infinity) {
    const length = singleWayLength(body);
    // The rest runs once for every length the repeat can have.
    if (rest.perCharacter > 0 || length === undefined) return QUADRATIC;
    return { fixed: rest.fixed + length * (min + 1), perCharacter: rest.fixed + length };
  }
  let cost = rest;
  for (let count = max; count > 0; count -= 1) {
    const taken = costOf(body, cost);
    // An empty body costs a step too: this also ends the vetting of nested repeats of nothing.
    cost = add(taken, count > min ? add(rest, ONE_STEP) : ONE_STEP);
    if (cost.fixed > MAX_STEPS_AT_START) return QUADRATIC;
  }
  return cost;
}

// Items of a body that can match in one way only, `undefined` when there may be two.
function singleWayLength(node: PatternNode): number | undefined {
  if (node.type === "alternation") return undefined;
  if (node.type === "repeat") {
    const length = singleWayLength(node.body);
    return node.min === node.max && length !== undefined ? length * node.max : undefined;
  }
  if (node.type !== "sequence") return 1;
  const lengths = node.items.map((item) => singleWayLength(item));
  return lengths.reduce((sum, length) => addLengths(sum, length), 0);
}

function addLengths(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function add(a: Cost, b: Cost): Cost {
  return { fixed: a.fixed + b.fixed, perCharacter: a.perCharacter + b.perCharacter };
}

function isAnchored(node: PatternNode): boolean {
  return node.type === "sequence" && node.items[0]?.type === "start";
}

function isRegExp(source: string, flags: string): boolean {
  try {
    // Only the first run compiles; what is too large for the engine throws there.
    new RegExp(source, flags).test("");
    return true;
  } catch {
    return false;
  }
}
