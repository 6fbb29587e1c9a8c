import { isDeepStrictEqual } from "node:util";
import type { Json } from "@portcullis/core";
import type { ObjectShape } from "./argument-shape.ts";
import type { Choices } from "./choices.ts";
import type { Fragment } from "./fragment.ts";
import { generateCondition } from "./generate-condition.ts";
import type { GeneratedCondition } from "./generate-condition.ts";
import { generateSituation } from "./generate-situation.ts";
import { DEVIATIONS } from "./house-rules.ts";
import type { Deviation } from "./house-rules.ts";
import { evaluateOptional } from "./optional-side.ts";
import { compileConditions } from "./portcullis-side.ts";
import type { JudgedCondition, Situation } from "./portcullis-side.ts";
import { asCondition, bind, createReference, referenceMatcher } from "./reference-side.ts";
import type { Bindings, Reading, ReferenceExpression } from "./reference-side.ts";

/** How often something was the same as in the reference. */
interface Count {
  compared: number;
  agreed: number;
  /** Explained by listed deviations. */
  deviated: number;
}

/** What a run came to; a pair is a condition and a request. */
export interface Tally {
  readonly pairs: Count;
  /** Values of the two sides of a comparison, in the same pairs. */
  readonly values: Count;
  readonly truths: { true: number; false: number; error: number };
  readonly deviations: Record<Deviation, number>;
  /** Pairs with `.?`, which only the second library reads. */
  readonly optional: { compared: number; agreed: number };
  readonly conditions: { wellTyped: number; wild: number; wildRefused: number };
}

/** An empty tally. */
export function createTally(): Tally {
  const names = Object.keys(DEVIATIONS) as Deviation[];
  return {
    pairs: { compared: 0, agreed: 0, deviated: 0 },
    values: { compared: 0, agreed: 0, deviated: 0 },
    truths: { true: 0, false: 0, error: 0 },
    deviations: Object.fromEntries(names.map((name) => [name, 0])) as Record<Deviation, number>,
    optional: { compared: 0, agreed: 0 },
    conditions: { wellTyped: 0, wild: 0, wildRefused: 0 },
  };
}

/** A tool, and what conditions about it and requests to it are generated from. */
export interface Trial {
  readonly args: ObjectShape;
  readonly conditions: readonly Choices[];
  readonly situations: readonly Choices[];
}

/**
 * Evaluates every condition in every situation, by us and by the reference.
 *
 * Throws where a well-typed condition is refused, and where the two differ and no listed deviation
 * is the reason: the reference with that deviation built in must say exactly what we say.
 */
export async function runTrial(trial: Trial, tally: Tally): Promise<void> {
  const conditions = trial.conditions.map((choices) => generateCondition(trial.args, choices));
  const situations = trial.situations.map((choices) => generateSituation(trial.args, choices));
  const texts = conditions.map(({ whole }) => whole.text);
  const { refused, judge } = await compileConditions(trial.args, texts, referenceMatcher);
  for (const [index, { isWild, whole }] of conditions.entries()) {
    tally.conditions[isWild ? "wild" : "wellTyped"] += 1;
    const problem = refused.get(index);
    if (problem !== undefined && !isWild) throw new Error(`Refused: ${whole.text}\n${problem}`);
    if (problem !== undefined) tally.conditions.wildRefused += 1;
  }
  const compare = comparison(conditions, trial, tally);
  for (const situation of situations) {
    for (const judged of judge(situation)) compare(judged, situation);
  }
}

function comparison(conditions: readonly GeneratedCondition[], { args }: Trial, tally: Tally) {
  const reference = createReference();
  return (judged: JudgedCondition, situation: Situation): void => {
    const condition = conditions[judged.index];
    if (condition === undefined) return;
    const { whole, sides = [] } = condition;
    const { truth, operands } = judged;
    const bindings = bind(situation, args);
    const ask = (fragment: Fragment, ours: Json | undefined, count: Count): void => {
      const read = fragment === whole ? asCondition : asValue;
      const plain = read(reference.plain(fragment.plain))(bindings);
      const deviations = explain(ours, plain, read(reference.ruled(fragment.ruled))(bindings));
      if (deviations === undefined) {
        const readings = describe(reference, fragment, bindings);
        throw new Error(
          `Differs: ${whole.text}\n  at ${fragment.text}: ${JSON.stringify(ours)}, ${readings}\n  in ${JSON.stringify(situation)}\n  by ${JSON.stringify(args)}`,
        );
      }
      count.compared += 1;
      count[deviations.size === 0 ? "agreed" : "deviated"] += 1;
      for (const deviation of deviations) tally.deviations[deviation] += 1;
    };
    ask(whole, truth, tally.pairs);
    tally.truths[truth === undefined ? "error" : truth ? "true" : "false"] += 1;
    sides.forEach((side, index) => ask(side, operands[index], tally.values));
    if (whole.isOptional) {
      tally.optional.compared += 1;
      if (evaluateOptional(whole.text, situation, args) === truth) tally.optional.agreed += 1;
    }
  };
}

function asValue(expression: ReferenceExpression): ReferenceExpression {
  return expression;
}

const NONE: ReadonlySet<Deviation> = new Set();

/**
 * The listed deviations that show, none where the reference says the same as it is; `undefined`
 * where we say something else than the reference with all of them built in.
 */
function explain(
  ours: Json | undefined,
  plain: Reading,
  ruled: Reading,
): ReadonlySet<Deviation> | undefined {
  if (!isDeepStrictEqual(ruled.value, ours)) return undefined;
  if (isDeepStrictEqual(plain.value, ours)) return NONE;
  return ruled.deviations.size > 0 ? ruled.deviations : undefined;
}

function describe(
  reference: ReturnType<typeof createReference>,
  { plain, ruled }: Fragment,
  bindings: Bindings,
): string {
  const { value, deviations } = reference.ruled(ruled)(bindings);
  const inReference = JSON.stringify(reference.plain(plain)(bindings).value);
  return `in the reference ${inReference}, under house rules ${JSON.stringify(value)} (${[...deviations].join(", ")})`;
}
