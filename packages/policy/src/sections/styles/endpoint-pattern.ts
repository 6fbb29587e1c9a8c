/** Whether `*` is only used as a whole segment. */
export function isEndpointPattern(pattern: string): boolean {
  return pattern
    .split("/")
    .slice(1)
    .every((segment) => segment === "*" || !segment.includes("*"));
}

/**
 * CEL that is true where a normalised path fits a pattern: a `/*` at the end is anything below,
 * another `*` one segment. Case counts.
 */
export function endpointTest(path: string, pattern: string): string {
  const isOpen = pattern.endsWith("/*");
  const stem = isOpen ? pattern.slice(0, -1) : pattern;
  if (!stem.includes("*")) {
    return isOpen
      ? `${path}.startsWith(${JSON.stringify(stem)})`
      : `${path} == ${JSON.stringify(stem)}`;
  }
  return `${path}.matches(${JSON.stringify(`^${expressionOf(stem, escaped)}${isOpen ? "" : "$"}`)})`;
}

/**
 * As {@link endpointTest}, for what is refused, and therefore wider: in whatever case, with or
 * without a slash at the end, and of a `/*` at the end the folder itself too. Many servers make no
 * difference there.
 */
export function forbiddenEndpointTest(path: string, pattern: string): string {
  const isOpen = pattern.endsWith("/*");
  const stem = isOpen ? pattern.slice(0, -2) : pattern.replace(/(?<=.)\/$/, "");
  const end = isOpen ? "(?:/|$)" : "/?$";
  const native = `^${expressionOf(stem, eitherCase)}${end}`;
  const expression =
    native.length <= MAX_PATTERN ? native : `(?i)^${expressionOf(stem, escaped)}${end}`;
  return `${path}.matches(${JSON.stringify(expression)})`;
}

/** Most characters of a pattern in a condition. */
const MAX_PATTERN = 256;

function expressionOf(stem: string, write: (text: string) => string): string {
  return stem
    .split("/")
    .map((segment) => (segment === "*" ? "[^/]+" : write(segment)))
    .join("/");
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

// Flags need a linear engine; a class for each letter runs anywhere.
function eitherCase(text: string): string {
  return Array.from(text, (character) =>
    /[a-z]/i.test(character)
      ? `[${character.toLowerCase()}${character.toUpperCase()}]`
      : escaped(character),
  ).join("");
}
