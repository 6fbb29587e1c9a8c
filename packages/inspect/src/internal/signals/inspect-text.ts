import { decodeText } from "../decode-text.ts";
import { normaliseText } from "../normalise-text.ts";
import type { TextView } from "../text-view.ts";
import { plainView, throughView } from "../text-view.ts";
import type { Signal, TextKind } from "./find-signals.ts";
import { findSignals } from "./find-signals.ts";
import { findHiddenText } from "./hidden-text.ts";

/** What was found in one text. */
export interface InspectedText {
  /** Each behaviour once, at its first place; offsets in the text itself. */
  readonly signals: readonly Signal[];
  /** False when not all of it could be looked at. */
  readonly isComplete: boolean;
}

/** Longest text that is looked at, in UTF-16 code units. */
const DEFAULT_MAX_LENGTH = 1_048_576;

/**
 * Looks at a text three times: as it is, as it reads once invisible characters are gone and letters
 * of other kinds are the ordinary ones, and as it reads decoded.
 */
export function inspectText(
  text: string,
  kind: TextKind,
  { maxLength = DEFAULT_MAX_LENGTH }: { readonly maxLength?: number } = {},
): InspectedText {
  const looked = text.slice(0, maxLength);
  const shown = normaliseText(looked);
  const base = shown ?? plainView(looked);
  const decoded = decodeText(base.text, { maxLength });
  const views: readonly TextView[] = [
    ...(shown === undefined ? [] : [plainView(looked)]),
    base,
    ...decoded.views.map((view) => throughView(view, base)),
  ];
  const found = new Map<string, Signal>();
  for (const signal of findHiddenText(looked, kind)) found.set(signal.rule, signal);
  for (const view of views) {
    for (const signal of findSignals(view.text, kind)) {
      if (!found.has(signal.rule)) {
        found.set(signal.rule, { ...signal, ...view.span(signal.start, signal.end) });
      }
    }
  }
  return {
    signals: [...found.values()],
    isComplete: decoded.complete && looked.length === text.length,
  };
}
