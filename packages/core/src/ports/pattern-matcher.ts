/** One compiled pattern. */
export interface CompiledPattern {
  /** Whether the pattern is found anywhere in the text, in time linear in the text's length. */
  test(text: string): boolean;
}

/**
 * Runs regular expressions that V8 may run in super-linear time.
 *
 * Core has none: a pattern that is not of the native class and that no matcher takes refuses the
 * schema or rule it stands in. `linearMatcher()` of `@portcullis/inspect` is one.
 */
export interface PatternMatcher {
  /**
   * Compiles a pattern; a throw refuses it. Rules hand in RE2 syntax (the default), JSON Schemas
   * `ecma`, which must mean what `new RegExp(source, "u")` means.
   */
  compile(source: string, syntax?: "re2" | "ecma"): CompiledPattern;
}
