import type { Comment } from "./list-comments.ts";

/** Takes the lines of a layout in the order of the source, with the comments between them. */
export interface Page {
  /** What is laid out. */
  readonly source: string;
  /** Begins a line, unless one is begun. */
  begin(indent: number): void;
  /** Adds to the line that is begun. */
  put(text: string): void;
  /** Ends the line that is begun, if one is. */
  end(): void;
  /** Adds whole lines, which take no comment behind them. */
  lines(lines: readonly string[]): void;
  /** Length of the line that is begun. */
  width(): number;
  /** Says that the next line is the first of a collection: no empty line before it. */
  open(): void;
  /** Keeps an empty line that stands before an offset of the source. */
  blank(offset: number): void;
  /** Writes the comments before an offset of the source; `while` says how long to go on. */
  comments(
    before: number,
    indent: number,
    options?: { readonly while?: (comment: Comment) => boolean },
  ): void;
  /** Whether a comment stands between two offsets of the source. */
  hasComment(start: number, end: number): boolean;
  /** The layout so far. */
  text(): string;
}

/** Makes an empty page. */
export function createPage(source: string, comments: readonly Comment[]): Page {
  const done: string[] = [];
  let current = "";
  let next = 0;
  let isFresh = true;
  let takesComment = false;

  const end = (): void => {
    if (current === "") return;
    done.push(current);
    current = "";
    isFresh = false;
    takesComment = true;
  };
  const blank = (offset: number): void => {
    if (current === "" && !isFresh && done.at(-1) !== "" && followsBlank(source, offset)) {
      done.push("");
      takesComment = false;
    }
  };
  const write = ({ offset, text, isAlone }: Comment, indent: number): void => {
    const isBehind = !isAlone && (current !== "" || takesComment);
    // A dash that waits for its first key.
    current = current.trimEnd();
    end();
    if (isBehind) done.push(`${done.pop() ?? ""} ${text}`);
    else {
      blank(offset);
      done.push(" ".repeat(indent) + text);
    }
    isFresh = false;
    takesComment = false;
  };
  return {
    source,
    begin(indent) {
      if (current === "") current = " ".repeat(indent);
    },
    put(text) {
      current += text;
    },
    end,
    lines(lines) {
      if (lines.length === 0) return;
      done.push(...lines);
      takesComment = false;
    },
    width: () => current.length,
    open() {
      isFresh = true;
    },
    blank,
    comments(before, indent, options) {
      for (let comment = comments[next]; comment !== undefined; comment = comments[next]) {
        if (comment.offset >= before) return;
        if (comment.isAlone && options?.while?.(comment) === false) return;
        next += 1;
        write(comment, indent);
      }
    },
    hasComment: (start, stop) => comments.some(({ offset }) => offset >= start && offset < stop),
    text: () => `${done.join("\n")}\n`,
  };
}

/** Whether the line before is empty, where nothing but indicators stands before the offset. */
function followsBlank(source: string, offset: number): boolean {
  const start = source.lastIndexOf("\n", offset - 1) + 1;
  if (!/^[ \t?-]*$/.test(source.slice(start, offset)) || start === 0) return false;
  const before = source.lastIndexOf("\n", start - 2) + 1;
  return source.slice(before, start - 1).trim() === "";
}
