import type { Place } from "../argument-labels.ts";
import { comparableText, numberMark, squeezedText } from "./comparable-text.ts";
import { markOf } from "./labelled-values.ts";
import { parseJson } from "./value-leaves.ts";
import type { ValueSource } from "./value-sources.ts";

/** Most values of one result that are kept for the places that name them. */
const MAX_VALUES = 4096;

/** The names under which a whole value is known, however it is spelt. */
export function wholeMarks(value: string | number): readonly string[] {
  const comparable = comparableText(String(value));
  const squeezed = squeezedText(comparable);
  const number = typeof value === "number" ? numberMark(value) : undefined;
  const marks = [
    ...[comparable, squeezed].filter((text) => text !== "").map(markOf.text),
    ...(number === undefined ? [] : [markOf.number(number)]),
  ];
  return [...new Set(marks)];
}

/** The marks of the values that stand in a result where arguments may legally come from. */
export function sourceMarks(result: unknown, sources: readonly ValueSource[]): readonly string[] {
  if (sources.length === 0) return [];
  const root = typeof result === "string" ? (parseJson(result) ?? result) : result;
  const marks = sources.flatMap(({ name, place }) =>
    valuesAt(root, place).flatMap((value) =>
      wholeMarks(value).map((mark) => markOf.source(name, mark)),
    ),
  );
  return marks.slice(0, MAX_VALUES);
}

function valuesAt(value: unknown, [step, ...others]: Place): readonly (string | number)[] {
  if (step === undefined)
    return typeof value === "string" || typeof value === "number" ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value) && step === "*") {
    const items: readonly unknown[] = value;
    return items.flatMap((item) => valuesAt(item, others));
  }
  const member: unknown = Object.getOwnPropertyDescriptor(value, step)?.value;
  return valuesAt(member, others);
}
