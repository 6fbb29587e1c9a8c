import type { Weight } from "./behaviours.ts";
import { BEHAVIOURS } from "./behaviours.ts";
import type { Phrase, Step } from "./phrase.ts";
import { findPhrase } from "./phrase.ts";
import { findRequest } from "./text-requests.ts";
import type { Token } from "./token-stream.ts";
import { toTokens } from "./token-stream.ts";

/** What kind of text is looked at. */
export type TextKind = "definition" | "content";

/** A behaviour that was found in a text. */
export interface Signal {
  readonly rule: string;
  readonly weight: Weight;
  readonly message: string;
  /** UTF-16 offset in the text. */
  readonly start: number;
  readonly end: number;
}

/** Every behaviour of a text, each once, at its first place. */
export function findSignals(text: string, kind: TextKind): readonly Signal[] {
  const tokens = toTokens(text);
  const met = meet(tokens);
  const signals: Signal[] = [];
  for (const { rule, message, phrases, [kind]: weight } of BEHAVIOURS) {
    if (weight === undefined) continue;
    for (const phrase of phrases) {
      const found = canStand(phrase, met) ? findPhrase(tokens, phrase) : undefined;
      if (found === undefined) continue;
      signals.push({ rule, weight, message, ...found });
      break;
    }
  }
  const request = kind === "content" ? findRequest(tokens, text) : undefined;
  return request === undefined ? signals : [...signals, request];
}

/** Which steps each word fits, so that a text is held against the phrases that it has the words of. */
const STEPS_OF: ReadonlyMap<string, readonly Step[]> = indexSteps();

function indexSteps(): ReadonlyMap<string, readonly Step[]> {
  const index = new Map<string, Step[]>();
  for (const step of BEHAVIOURS.flatMap(({ phrases }) => phrases.flatMap(({ steps }) => steps))) {
    for (const word of step.any ?? []) index.set(word, [...(index.get(word) ?? []), step]);
  }
  return index;
}

interface Met {
  readonly steps: ReadonlySet<Step>;
  readonly hasName: boolean;
}

function meet(tokens: readonly Token[]): Met {
  const steps = new Set<Step>();
  for (const word of new Set(tokens.map(({ text }) => text))) {
    for (const step of STEPS_OF.get(word) ?? []) steps.add(step);
  }
  return { steps, hasName: tokens.some(({ isName }) => isName) };
}

function canStand({ steps }: Phrase, met: Met): boolean {
  return steps.every((step) => met.steps.has(step) || (step.named === true && met.hasName));
}
