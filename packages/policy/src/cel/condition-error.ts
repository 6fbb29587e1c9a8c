import type { Span } from "../source/source-text.ts";

/** A part of a condition that cannot be compiled; caught where conditions are compiled. */
export class ConditionError extends Error {
  readonly span: Span;

  constructor(span: Span, message: string) {
    super(message);
    this.name = "ConditionError";
    this.span = span;
  }
}

/** Refuses a part of a condition. */
export function refuse(span: Span, message: string): never {
  throw new ConditionError({ start: span.start, end: span.end }, message);
}
