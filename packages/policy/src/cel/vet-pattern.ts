import { CONDITION_LIMITS } from "@portcullis/core";
import { RE2JS } from "re2js";

/**
 * Why a pattern of `matches` is refused, or `undefined`: it must be RE2 syntax of at most 256
 * characters, and its nested counted repeats must not multiply to over 100.
 */
export function patternProblem(pattern: string): string | undefined {
  if (pattern.length > CONDITION_LIMITS.patternLength) {
    return `A pattern is at most ${CONDITION_LIMITS.patternLength} characters; use several conditions.`;
  }
  if (nestedRepeat(pattern) > MAX_NESTED_REPEAT) {
    return `Counted repeats within counted repeats multiply to over ${MAX_NESTED_REPEAT} here; write a smaller count.`;
  }
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch {
    return "Not a pattern of RE2 syntax (no look-around, no back-reference, counts up to 1000).";
  }
}

const MAX_NESTED_REPEAT = 100;

/** The largest product of counts `{n,m}` that stand within each other; 0 without nesting. */
function nestedRepeat(pattern: string): number {
  // One entry per open group: the largest product of what the group holds.
  const open: number[] = [1];
  let last = 1;
  let worst = 0;
  for (let index = 0; index < pattern.length; index += 1) {
    const unit = pattern[index];
    if (unit === "\\") {
      index += pattern.startsWith("\\Q", index) ? quotedLength(pattern, index) - 1 : 1;
      last = 1;
    } else if (unit === "[") {
      index = classEnd(pattern, index);
      last = 1;
    } else if (unit === "(") {
      open.push(1);
      last = 1;
    } else if (unit === ")") {
      last = open.pop() ?? 1;
      if (open.length === 0) open.push(1);
      keepLargest(open, last);
    } else if (unit === "{") {
      const [found, min, comma, max] =
        /^\{(\d{1,5})(?:(,)(\d{0,5}))?\}/.exec(pattern.slice(index, index + 16)) ?? [];
      if (found === undefined) {
        last = 1;
        continue;
      }
      const count = Math.max(
        1,
        Number(comma === undefined || max === "" || max === undefined ? min : max),
      );
      if (last > 1 && count > 1) worst = Math.max(worst, last * count);
      last *= count;
      keepLargest(open, last);
      index += found.length - 1;
    } else if (unit !== "?" && unit !== "*" && unit !== "+") {
      last = 1;
    }
  }
  return worst;
}

function keepLargest(open: number[], product: number): void {
  const top = open.length - 1;
  open[top] = Math.max(open[top] ?? 1, product);
}

function quotedLength(pattern: string, start: number): number {
  const end = pattern.indexOf("\\E", start + 2);
  return (end < 0 ? pattern.length : end + 2) - start;
}

function classEnd(pattern: string, start: number): number {
  let index = start + 1;
  if (pattern[index] === "^") index += 1;
  if (pattern[index] === "]") index += 1;
  for (; index < pattern.length; index += 1) {
    if (pattern[index] === "\\") index += 1;
    else if (pattern.startsWith("[:", index)) {
      const end = pattern.indexOf(":]", index + 2);
      if (end > 0) index = end + 1;
    } else if (pattern[index] === "]") return index;
  }
  return index;
}
