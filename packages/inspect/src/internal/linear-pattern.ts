import { RE2JS } from "re2js";

const MAX_SOURCE = 1024;
const MAX_COUNTED = 10_000;
const MAX_PROGRAM = 20_000;

/**
 * Compiles a pattern in RE2 syntax for the linear engine.
 *
 * @throws {TypeError} for one that is too long or too large; the engine throws for what it has not.
 */
export function compileLinear(
  source: string,
  {
    written = source,
    maxSource = MAX_SOURCE,
  }: {
    /** What its author wrote, where that was translated; the bounds on its text hold for this. */
    readonly written?: string;
    readonly maxSource?: number;
  } = {},
): RE2JS {
  if (written.length > maxSource) throw new TypeError("The pattern is too long.");
  if (countedSize(written) > MAX_COUNTED) throw new TypeError("The counts are too large.");
  const pattern = RE2JS.compile(source);
  if (pattern.programSize() > MAX_PROGRAM) throw new TypeError("The pattern is too large.");
  return pattern;
}

// The engine bounds nested counts; a row of them still adds up before the program can be measured.
function countedSize(source: string): number {
  let size = 0;
  for (const [, min = "0", max = ""] of source.matchAll(/\{(\d{1,5})(?:,(\d{0,5}))?\}/g)) {
    size += Math.max(Number(min), Number(max));
  }
  return size;
}
