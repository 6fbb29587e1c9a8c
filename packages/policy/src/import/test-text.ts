/** A test that is always or never true, or CEL. */
export type TestText = boolean | string;

/** True where all are; constants are worked out. */
export function allOf(tests: readonly TestText[]): TestText {
  if (tests.includes(false)) return false;
  return join(tests, "&&", true);
}

/** True where one is. */
export function anyOf(tests: readonly TestText[]): TestText {
  if (tests.includes(true)) return true;
  return join(tests, "||", false);
}

/** The opposite. */
export function not(test: TestText): TestText {
  return typeof test === "boolean" ? !test : `!(${test})`;
}

function join(tests: readonly TestText[], operator: "&&" | "||", nothing: boolean): TestText {
  const texts = [...new Set(tests.filter((test) => typeof test === "string"))];
  const [only] = texts;
  if (only === undefined) return nothing;
  return texts.length === 1 ? only : texts.map(inParentheses).join(` ${operator} `);
}

// Needless ones where an operator stands within a text do no harm.
function inParentheses(text: string): string {
  return /&&|\|\|/.test(text) ? `(${text})` : text;
}
