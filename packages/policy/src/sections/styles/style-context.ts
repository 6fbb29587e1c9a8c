import type { FactProvider } from "@portcullis/core";

/** What a style is lowered with. */
export interface StyleContext {
  /** The argument, or the variable of a quantifier over it, as a condition writes it. */
  readonly operand: string;
  /** How many quantifiers stand around the condition already. */
  readonly depth: 0 | 1;
  /** The typed function that the style rests on. */
  readonly provider: FactProvider;
  /** Reports a problem at a path below the style's entry. */
  readonly report: (path: readonly PropertyKey[], message: string) => void;
}

/** One forbid that a list of a style lowers to. */
export interface StyleRefusal {
  /** The list behind it; the id of all but `allow` ends in its name. */
  readonly list: "allow" | "forbid" | "tables";
  /** CEL that is true for what is refused. */
  readonly refused: string;
  /** Text for the model, unless the style has one of its own. */
  readonly message: string;
  /** Advice for the model, unless the style has one of its own. */
  readonly hint?: string;
}

/** A list of texts in CEL. */
export function celTexts(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(", ")}]`;
}

/** A call of a typed function in CEL; options without members are left out. */
export function celFact(
  type: string,
  operand: string,
  options: Readonly<Record<string, string | boolean | readonly string[] | undefined>> = {},
): string {
  const members = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return members.length === 0
    ? `${type}(${operand})`
    : `${type}(${operand}, {${members.join(", ")}})`;
}

/** CEL that is true where one of some tests is. */
export function anyOf(tests: readonly string[]): string {
  return tests.length === 1 ? (tests[0] ?? "") : tests.map((test) => `(${test})`).join(" || ");
}
