import type { Span } from "./checks.ts";
import type { Mutant } from "./find-mutants.ts";

/** A mutant with the number that switches it on. */
export interface NumberedMutant extends Mutant {
  readonly id: number;
}

/**
 * Writes all mutants of one module into its source, each behind `__mutant(id)`.
 *
 * `globalThis.__mutant` answers whether a number is the one switched on; with none switched on the
 * module does what it did.
 */
export function instrument(source: string, mutants: readonly NumberedMutant[]): string {
  const inner = write(source, { start: 0, end: source.length }, mutants);
  return `const __mutant = globalThis.__mutant;${inner}`;
}

function write(source: string, span: Span, mutants: readonly NumberedMutant[]): string {
  let text = "";
  let at = span.start;
  let left = [...mutants].filter((mutant) => contains(span, mutant.at)).toSorted(outermostFirst);
  while (left.length > 0) {
    const [first] = left;
    if (first === undefined) break;
    const within = left.filter((mutant) => contains(first.at, mutant.at));
    left = left.filter((mutant) => !contains(first.at, mutant.at));
    text += source.slice(at, first.at.start) + writeOne(source, first, within.slice(1));
    at = first.at.end;
  }
  return text + source.slice(at, span.end);
}

function writeOne(
  source: string,
  mutant: NumberedMutant,
  within: readonly NumberedMutant[],
): string {
  const { id, at, change } = mutant;
  const original = write(source, at, within);
  if (change.kind === "omit") return `{ if (!__mutant(${id})) { ${original} } }`;
  const changed =
    change.kind === "value"
      ? change.value
      : change.parts
          .map((part) => (typeof part === "string" ? part : `(${write(source, part, within)})`))
          .join("");
  return `(__mutant(${id}) ? (${changed}) : (${original}))`;
}

function outermostFirst(a: NumberedMutant, b: NumberedMutant): number {
  return a.at.start - b.at.start || b.at.end - a.at.end || a.id - b.id;
}

function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
