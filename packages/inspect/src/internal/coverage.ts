import type { Span } from "./text-view.ts";

/** Which parts of a text have been found already. */
export interface Coverage {
  /** Whether all of a span is covered. */
  covers(span: Span): boolean;
  /** Whether some of a span is covered. */
  touches(span: Span): boolean;
  add(span: Span): void;
}

/** Starts with nothing covered; each question and answer takes the length of its span. */
export function createCoverage(length: number): Coverage {
  let marks: Uint8Array | undefined;
  return {
    covers({ start, end }) {
      const index = marks === undefined ? start : marks.subarray(start, end).indexOf(0);
      return index === -1;
    },
    touches: ({ start, end }) => marks !== undefined && marks.subarray(start, end).includes(1),
    add({ start, end }) {
      marks ??= new Uint8Array(length);
      marks.fill(1, start, end);
    },
  };
}
