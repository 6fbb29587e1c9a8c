import { compileKeywords } from "./keyword-automaton.ts";
import type { Span } from "./text-view.ts";

/** What a set of rules needs of each of its rules. */
export interface KeywordRule {
  /** At least one stands in whatever the rule finds. */
  readonly keywords: readonly string[];
  /** Work of one attempt, in units of one sticky match. Default 1. */
  readonly cost?: number;
  /** What there is at a keyword; more than one where the rule looks at a wider part of the text. */
  locate(text: string, keyword: Span): Span | readonly Span[] | undefined;
}

/** Rules behind one automaton. */
export interface RuleSet<R> {
  /** States of the automaton and keywords in it, for figures. */
  readonly size: { readonly states: number; readonly keywords: number };
  /** Runs the automaton alone and gives the number of keywords found, for figures. */
  countKeywords(text: string): number;
  /**
   * Reports what every rule finds; false when the text asks for more work than there may be, and
   * then not all of it was looked at.
   */
  find(text: string, work: Work, report: (rule: R, span: Span) => void): boolean;
}

/** What is left of the work that one scan may do; used up by everything it looks at. */
export interface Work {
  left: number;
}

const MIN_KEYWORD = 3;

/**
 * Compiles rules: one pass finds keywords, and only there a rule looks at the text.
 *
 * @throws {TypeError} for a rule without a keyword of at least three characters.
 */
export function compileRules<R extends KeywordRule>(rules: readonly R[]): RuleSet<R> {
  const byKeyword = new Map<string, Entry<R>[]>();
  for (const [index, rule] of rules.entries()) {
    if (rule.keywords.length === 0) throw new TypeError("A rule has no keyword.");
    for (const keyword of rule.keywords) {
      if (keyword.length < MIN_KEYWORD) throw new TypeError("A keyword is too short.");
      const folded = keyword.toLowerCase();
      const entries = byKeyword.get(folded) ?? [];
      if (entries.every((entry) => entry.index !== index)) entries.push({ rule, index });
      byKeyword.set(folded, entries);
    }
  }
  const keywords = [...byKeyword.keys()];
  const entries = [...byKeyword.values()];
  const automaton = compileKeywords(keywords);
  return {
    size: { states: automaton.states, keywords: keywords.length },
    countKeywords(text) {
      let count = 0;
      automaton.scan(text, () => (count += 1) > 0);
      return count;
    },
    find(text, work, report) {
      // What a rule has found it does not look at again.
      const passed = new Uint32Array(rules.length);
      automaton.scan(text, (keyword, end) => {
        const start = end - (keywords[keyword]?.length ?? 0);
        for (const { rule, index } of entries[keyword] ?? []) {
          if (start < (passed[index] ?? 0)) continue;
          work.left -= rule.cost ?? 1;
          if (work.left < 0) return false;
          const found = rule.locate(text, { start, end });
          if (found === undefined) continue;
          const before = passed[index] ?? 0;
          for (const span of "start" in found ? [found] : found) {
            if (span.start < before) continue;
            passed[index] = Math.max(passed[index] ?? 0, span.end);
            report(rule, span);
          }
        }
        return true;
      });
      return work.left >= 0;
    },
  };
}

interface Entry<R> {
  readonly rule: R;
  readonly index: number;
}
