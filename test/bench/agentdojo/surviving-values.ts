import type { Suite } from "./suite.ts";
import type { SuiteValues } from "./suite-values.ts";
import { argumentsOf, isAmount, textsOf } from "./suite-values.ts";

/**
 * Which of the values stand in any text or argument of a suite, whatever their case and wrapping.
 * Empty for a suite that was renamed.
 *
 * Looks for them in its own way, not with the patterns that the renaming uses: a text holds a value
 * wherever it occurs, also inside a longer word; a number is whatever is left between characters
 * that spell none.
 */
export function survivingValues(values: SuiteValues, suite: Suite): readonly string[] {
  const texts = [...textsOf(suite)].map(flatten);
  const { accounts, emails, urls, addresses, names } = values;
  const spelled = [...accounts, ...emails, ...urls, ...addresses, ...names];
  const counted = new Set([
    ...texts.flatMap(numbersIn),
    ...[...argumentsOf(suite)].flatMap(({ key, value }) => (isAmount(key, value) ? [value] : [])),
  ]);
  return [
    ...spelled.filter((value) => texts.some((text) => text.includes(flatten(value)))),
    ...[...values.numbers].filter((number) => counted.has(number)).map(String),
  ];
}

/** The numbers of a text, without those of dates, times and ids. */
export function numbersIn(text: string): readonly number[] {
  return text
    .replaceAll(/\b\d{4}-\d\d-\d\d\b|\b\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?/g, " ")
    .replaceAll(/\bid_?:? '?\d+/gi, " ")
    .split(/[\s;'"()[\]{}$€£]+/)
    .map((token) => token.replace(/[.,!?:]+$/, ""))
    .filter((token) => /^\d[\d,]*(?:\.\d+)?$/.test(token))
    .map((token) => Number(token.replaceAll(",", "")));
}

function flatten(text: string): string {
  return text.replaceAll(/\s+/g, " ").toLowerCase();
}
