import type { Token } from "./token-stream.ts";
import type { WordSet } from "./word-sets.ts";

/** One word of a phrase. */
export interface Step {
  /** Words and entities that fit. */
  readonly any?: WordSet;
  /** Whatever reads as the name of a tool fits as well. */
  readonly named?: true;
  /** Only where a sentence, a line or a quoted value begins. */
  readonly initial?: true;
  /** Only in capitals. */
  readonly shouted?: true;
  /** Not where one of these words stands in the three tokens before. */
  readonly unlessAfter?: WordSet;
  /** Most tokens after the step before, this one counted. Default 1: right after it. */
  readonly within?: number;
}

/** Words in an order, with gaps. */
export interface Phrase {
  readonly steps: readonly Step[];
  /** Whether it may go on in the next sentence. Default false. */
  readonly crosses?: true;
}

/** Where a phrase was found. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/**
 * The first place where the phrase stands. One pass over the tokens whatever they are: for each
 * step the nearest place where the phrase up to it ended is all that has to be remembered.
 */
export function findPhrase(tokens: readonly Token[], phrase: Phrase): Found | undefined {
  const { steps, crosses = false } = phrase;
  const reached: ({ readonly at: number; readonly from: number } | undefined)[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.text === "." && !crosses) {
      reached.length = 0;
      continue;
    }
    for (let index = steps.length - 1; index >= 0; index -= 1) {
      const step = steps[index];
      if (step === undefined || !fits(token, step)) continue;
      if (step.unlessAfter !== undefined && isAfter(tokens, at, step.unlessAfter)) continue;
      const before = index === 0 ? { at, from: at } : reached[index - 1];
      if (before === undefined) continue;
      if (index > 0 && at - before.at > (step.within ?? 1)) continue;
      reached[index] = { at, from: before.from };
      if (index === steps.length - 1) {
        return { start: tokens[before.from]?.start ?? 0, end: token.end };
      }
    }
  }
  return undefined;
}

function fits(token: Token, { any, named, initial, shouted }: Step): boolean {
  if (initial === true && !token.isInitial) return false;
  if (shouted === true && !token.isShouted) return false;
  return any?.has(token.text) === true || (named === true && token.isName);
}

function isAfter(tokens: readonly Token[], at: number, words: WordSet): boolean {
  return tokens.slice(Math.max(0, at - 3), at).some(({ text }) => words.has(text));
}
