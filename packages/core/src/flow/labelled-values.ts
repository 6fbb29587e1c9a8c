import type { LabelledValues } from "../ports/session-store.ts";
import {
  comparableText,
  isSmallNumber,
  largeNumbers,
  numberMark,
  squeezedText,
  structuredTokens,
} from "./comparable-text.ts";
import { joinRuns } from "./keyed-shingles.ts";
import type { FlowSecret } from "./flow-secret.ts";
import type { ValueLeaves } from "./value-leaves.ts";

/** Most values, tokens and numbers of one result that are kept apart. */
const MAX_MARKS = 50_000;
/** Most letters and digits of one result that are kept apart. */
const MAX_CHARACTERS = 524_288;

/** Names of values, each kind with its own. */
export const markOf = {
  text: (comparable: string): string => `t:${comparable}`,
  number: (mark: string): string => `n:${mark}`,
  /** Another mark, as that of a value from one declared place. */
  source: (name: string, mark: string): string => `s:${JSON.stringify(name)}${mark}`,
} as const;

/**
 * Hashes the values of a result for the session's index; undefined where they are too many, so that
 * every value must carry the labels.
 */
export async function toLabelledValues(
  leaves: ValueLeaves,
  labels: readonly string[],
  { secret, marks }: { readonly secret: FlowSecret; readonly marks: readonly string[] },
): Promise<LabelledValues | undefined> {
  const exact = new Set(marks);
  const runs: string[] = [];
  let characters = 0;
  for (const number of leaves.numbers) addNumber(exact, number);
  for (const text of leaves.texts) {
    const comparable = comparableText(text);
    if (comparable === "") continue;
    if (!isSmallNumber(comparable)) exact.add(markOf.text(comparable));
    for (const token of structuredTokens(comparable)) exact.add(markOf.text(token));
    for (const number of largeNumbers(comparable)) exact.add(markOf.number(number));
    const squeezed = squeezedText(comparable);
    if (squeezed !== "") exact.add(markOf.text(squeezed));
    characters += squeezed.length;
    runs.push(squeezed);
    if (exact.size > MAX_MARKS || characters > MAX_CHARACTERS) return undefined;
  }
  if (exact.size > MAX_MARKS) return undefined;
  return {
    labels,
    keyId: secret.keyId,
    leaves: leaves.texts.length + leaves.numbers.length,
    exact: await secret.seal([...exact]),
    shingles: joinRuns(runs.map((run) => secret.shingles(run))),
  };
}

function addNumber(exact: Set<string>, number: number): void {
  const mark = numberMark(number);
  if (mark !== undefined) exact.add(markOf.number(mark));
}
