import type { CompiledPattern, PatternMatcher } from "@portcullis/core";
import { translateEcmaPattern } from "./internal/ecma-pattern.ts";
import { compileLinear } from "./internal/linear-pattern.ts";

/** Whose syntax and meaning a pattern has: RE2's, or that of ECMA-262 with the flag `u`. */
export type PatternSyntax = "re2" | "ecma";

/**
 * Runs regular expressions in time linear in the text's length, on re2js.
 *
 * A pattern is found anywhere in the text unless it is anchored. By default syntax and meaning are
 * RE2's: `.` is everything but a line feed, `\s` is ASCII, `$` is the end of the text. With `ecma`
 * a pattern means what it means to the platform, `new RegExp(source, "u")`, as JSON Schema wants
 * it, or is refused.
 *
 * Patterns are refused over 1 024 characters, over 20 000 instructions, or with counts that add up
 * to over 10 000; the engine itself refuses look-around, back-references and nested counts over
 * 1 000.
 *
 * @example
 * ```ts
 * import { linearMatcher } from "@portcullis/inspect/patterns";
 *
 * linearMatcher().compile("^(a+)+$").test("aaaaaaaaaaaaaaaaaaaaaaaaaaaa!"); // false, at once
 * ```
 */
export function linearMatcher(): PatternMatcher {
  return { compile };
}

function compile(source: string, syntax: PatternSyntax = "re2"): CompiledPattern {
  const translated = syntax === "ecma" ? translateEcmaPattern(source) : source;
  const pattern = compileLinear(translated, { written: source });
  return { test: (text) => pattern.matcher(text).find() };
}
