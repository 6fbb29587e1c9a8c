/** A text made from another one, with the way back. */
export interface TextView {
  /** What to scan. */
  readonly text: string;
  /** The half-open span of the input that a half-open span of `text` was made from. */
  span(start: number, end: number): Span;
}

/** A half-open span in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The input itself as a view. */
export function plainView(text: string): TextView {
  return { text, span: (start, end) => ({ start, end }) };
}

/** Collects a text piece by piece together with the spans that the pieces were made from. */
export interface ViewBuilder {
  /** Appends characters that stand unchanged in the input. */
  copy(text: string, start: number): void;
  /** Appends what the span of the input became. */
  put(text: string, span: Span): void;
  /** The view; spans are those of the text that the pieces came from. */
  build(): TextView;
}

/** Starts an empty view. */
export function createViewBuilder(): ViewBuilder {
  const pieces: string[] = [];
  // One entry a piece: where it begins in the view, its span, and whether it is copied as it is.
  const offsets: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const copied: boolean[] = [];
  let length = 0;
  const add = (text: string, { start, end }: Span, isCopy: boolean): void => {
    if (text === "") return;
    pieces.push(text);
    offsets.push(length);
    starts.push(start);
    ends.push(end);
    copied.push(isCopy);
    length += text.length;
  };
  return {
    copy: (text, start) => add(text, { start, end: start + text.length }, true),
    put: (text, span) => add(text, span, false),
    build() {
      return {
        text: pieces.join(""),
        span(start, end) {
          const first = lastAtMost(offsets, start);
          const last = lastAtMost(offsets, Math.max(start, end - 1));
          const before = start - (offsets[first] ?? 0);
          const within = end - (offsets[last] ?? 0);
          return {
            start: (starts[first] ?? 0) + (copied[first] === true ? before : 0),
            end: copied[last] === true ? (starts[last] ?? 0) + within : (ends[last] ?? 0),
          };
        },
      };
    },
  };
}

/** The same view, its spans carried on to the text that `outer` was made from. */
export function throughView(inner: TextView, outer: TextView): TextView {
  return {
    text: inner.text,
    span(start, end) {
      const span = inner.span(start, end);
      return outer.span(span.start, span.end);
    },
  };
}

function lastAtMost(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
