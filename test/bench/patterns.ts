import { classifyPattern } from "@portcullis/core";
import type { BenchResult } from "./bench-result.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Measured } from "./gated.ts";
import { contender, measure, ratio, timingOf } from "./measure.ts";

/** A class of patterns that may run natively, with the text that costs it most. */
interface PatternCase {
  readonly name: string;
  readonly pattern: string;
  /** Repeated up to the wanted length. */
  readonly fill: string;
  /** Ends the text so that the match fails as late as it can. */
  readonly end: string;
}

const CASES: readonly PatternCase[] = [
  { name: "anchored repeat", pattern: "^[a-z]+$", fill: "a", end: "!" },
  { name: "anchored lazy repeat", pattern: "^[a-z]+?$", fill: "a", end: "!" },
  { name: "anchored repeat, then text", pattern: "^[a-z]*ab[0-9]$", fill: "ab", end: "ab!" },
  { name: "anchored repeat, then bounded", pattern: "^.*a{1,20}b$", fill: "a", end: "!" },
  { name: "anchored repeat of a group", pattern: "^(?:ab-)+$", fill: "ab-", end: "!" },
  { name: "anchored repeat, then a choice", pattern: "^.*(?:ab|ac|ad)$", fill: "ab", end: "!" },
  { name: "search for text", pattern: "aaaaaaab", fill: "a", end: "!" },
  { name: "search for a choice", pattern: "aaab|aaac|aaad", fill: "a", end: "!" },
  { name: "search for bounded repeats", pattern: "[a-z]{1,10}[a-z]{1,10}!b", fill: "a", end: "!" },
  { name: "search for a bounded repeat", pattern: "[0-9a-f]{32,64}\\b-", fill: "0", end: "!" },
  { name: "search for a nested bounded repeat", pattern: "(?:a{1,3}){1,3}b", fill: "a", end: "!" },
];

const KIB = 1024;
const LENGTHS = [4, 16, 64] as const;
const BAR = 6;
/** Reported: longest time at 4 KiB. */
const REPORTED_MS = 5;

/**
 * Times every class of pattern that core runs in the platform's own engine on its worst text: four
 * times the text may take six times as long, so none is quadratic.
 */
export function benchPatterns(): Promise<BenchResult> {
  return runGated("patterns", measurePatterns);
}

async function measurePatterns(rounds: number): Promise<Measured> {
  const contenders = CASES.flatMap((one) => {
    const verdict = classifyPattern(one.pattern);
    if (verdict.kind !== "native") throw new Error(`${one.pattern} is not of the native class.`);
    const expression = new RegExp(one.pattern, "u");
    return LENGTHS.map((kib) => {
      const text = createText(one, kib * KIB);
      if (expression.test(text)) throw new Error(`${one.pattern} matches its adversarial text.`);
      return contender(`${kib} ${one.name}`, [text], (input) => expression.test(input));
    });
  });
  const timings = await measure(contenders, { rounds });
  return {
    results: timings.map(({ name, ...figures }) => {
      const [kib, ...words] = name.split(" ");
      return { case: words.join(" "), kib: Number(kib), ...figures };
    }),
    gates: CASES.map(({ name }) => ({
      gate: `${name}, 64 KiB / 16 KiB`,
      value: ratio(timings, `64 ${name}`, `16 ${name}`),
      bar: BAR,
    })),
    lines: CASES.map(({ name, pattern }) => {
      const { medianNs } = timingOf(timings, `4 ${name}`);
      const isSlow = medianNs > REPORTED_MS * 1e6 ? ` (over ${REPORTED_MS} ms)` : "";
      return line(`${name} ${pattern}`, `4 KiB ${formatNs(medianNs)}${isSlow}`);
    }),
  };
}

function createText({ fill, end }: PatternCase, length: number): string {
  return fill.repeat(length).slice(0, length - end.length) + end;
}
