import { findSpans, replaceSpans } from "./internal/find-spans.ts";
import type { Finding, Scanner } from "./ports/scanner.ts";

/** Replaces what a scanner finds; keeps in mind which value got which placeholder. */
export interface Redactor {
  /**
   * Redacts one text; `name` is that of the member whose value it is, which may say that the value
   * is secret.
   *
   * @throws {PortcullisError} `ERR_OBLIGATION_FAILED` when the text could not be scanned to its end:
   * then nothing of it may be given out.
   */
  redact(text: string, name?: string): RedactedText;
}

/** A text without what a scanner found in it. */
export interface RedactedText {
  /** The text with a placeholder for each finding. */
  readonly text: string;
  /** What was replaced; sorted, without overlaps. */
  readonly findings: readonly RedactedSpan[];
}

/** One replaced part of a text. */
export interface RedactedSpan {
  /** The rule that found it. */
  readonly type: string;
  /** Kind of what was found. */
  readonly kind: Finding["kind"];
  /** Offset of its first UTF-16 code unit in the text that was handed in. */
  readonly start: number;
  /** Offset behind its last one. */
  readonly end: number;
}

/** Options of {@link createRedactor}. */
export interface RedactorOptions {
  /** Kinds of finding to replace. Default all that the scanner finds. */
  readonly kinds?: readonly string[];
  /** Gives placeholders. Default: numbered by this redactor. */
  readonly placeholders?: Placeholders;
}

/** Gives the same value the same placeholder. */
export interface Placeholders {
  /** The placeholder of a value that a rule found. */
  of(value: string, found: { readonly rule: string; readonly kind: Finding["kind"] }): string;
}

/**
 * Creates a redactor for one payload.
 *
 * A finding becomes `[REDACTED:<rule>]`; another value of the same rule `[REDACTED:<rule>:2]` and so
 * on, and a value that comes again gets the placeholder it had, so that whoever reads it can still
 * tell one card from another. Findings that overlap become one.
 *
 * @example
 * ```ts
 * declare const scanner: Scanner;
 * createRedactor(scanner).redact("Write to ann@example.com.");
 * // { text: "Write to [REDACTED:email].", findings: [{ type: "email", start: 9, end: 24, … }] }
 * ```
 */
export function createRedactor(
  scanner: Scanner,
  { kinds = scanner.kinds, placeholders = numberPlaceholders() }: RedactorOptions = {},
): Redactor {
  return {
    redact(text, name = "") {
      const findings = findSpans(scanner, text, { name, kinds });
      return { text: replaceSpans(text, findings, placeholders), findings };
    },
  };
}

/** Placeholders that are numbered as their values come. */
export function numberPlaceholders(): Placeholders {
  const byRule = new Map<string, Map<string, string>>();
  return {
    of(value, { rule }) {
      const values = byRule.get(rule) ?? new Map<string, string>();
      byRule.set(rule, values);
      const known = values.get(value);
      if (known !== undefined) return known;
      const placeholder = toPlaceholder(rule, values.size + 1);
      values.set(value, placeholder);
      return placeholder;
    },
  };
}

/** The placeholder of a rule's value with that number, counted from 1. */
function toPlaceholder(rule: string, number: number): string {
  return number === 1 ? `[REDACTED:${rule}]` : `[REDACTED:${rule}:${number}]`;
}
