/** A regular expression cut down to what matters for its running time. */
export type PatternNode =
  | { readonly type: "character" }
  | { readonly type: "start" }
  | { readonly type: "boundary" }
  | { readonly type: "sequence"; readonly items: readonly PatternNode[] }
  | { readonly type: "alternation"; readonly branches: readonly PatternNode[] }
  | {
      readonly type: "repeat";
      readonly body: PatternNode;
      readonly min: number;
      /** `Infinity` where there is no upper bound. */
      readonly max: number;
    };

/** Why a pattern has no {@link PatternNode}: what it uses cannot run in linear time. */
export type PatternObstacle = "backreference" | "lookaround" | "syntax of its own";

interface Cursor {
  readonly source: string;
  at: number;
}

const CHARACTER: PatternNode = { type: "character" };
const COUNT = /^\{(\d+)(?:(,)(\d*))?\}/;

/**
 * Reads a pattern that `new RegExp(source, "u")` has accepted: only valid syntax is looked at.
 *
 * Groups keep no name or number. A look-around or backreference ends the reading.
 */
export function parsePattern(source: string): PatternNode | PatternObstacle {
  const cursor: Cursor = { source, at: 0 };
  const pattern = readAlternation(cursor);
  if (typeof pattern === "string") return pattern;
  // What this reader does not understand must not pass as what it does.
  return cursor.at === source.length ? pattern : "syntax of its own";
}

function readAlternation(cursor: Cursor): PatternNode | PatternObstacle {
  const branches: PatternNode[] = [];
  for (;;) {
    const items: PatternNode[] = [];
    while (cursor.at < cursor.source.length && !"|)".includes(peek(cursor))) {
      const atom = readAtom(cursor);
      if (typeof atom === "string") return atom;
      items.push(readRepeat(cursor, atom));
    }
    branches.push({ type: "sequence", items });
    if (peek(cursor) !== "|") break;
    cursor.at += 1;
  }
  const [only] = branches;
  return branches.length === 1 && only !== undefined ? only : { type: "alternation", branches };
}

function readAtom(cursor: Cursor): PatternNode | PatternObstacle {
  const character = peek(cursor);
  if (character === "(") return readGroup(cursor);
  if (character === "[") {
    skipClass(cursor);
    return CHARACTER;
  }
  if (character === "\\") return readEscape(cursor);
  cursor.at += 1;
  if (character === "^") return { type: "start" };
  if (character === "$") return { type: "boundary" };
  return CHARACTER;
}

function readGroup(cursor: Cursor): PatternNode | PatternObstacle {
  const { source } = cursor;
  cursor.at += 1;
  if (/^\?<?[=!]/.test(source.slice(cursor.at, cursor.at + 3))) return "lookaround";
  if (source.startsWith("?<", cursor.at)) cursor.at = source.indexOf(">", cursor.at) + 1;
  else if (source.startsWith("?", cursor.at)) cursor.at = source.indexOf(":", cursor.at) + 1;
  const body = readAlternation(cursor);
  cursor.at += 1;
  return body;
}

function readEscape(cursor: Cursor): PatternNode | PatternObstacle {
  const { source } = cursor;
  const kind = source.charAt(cursor.at + 1);
  if (/[1-9k]/.test(kind)) return "backreference";
  if (kind === "b" || kind === "B") {
    cursor.at += 2;
    return { type: "boundary" };
  }
  // `\u{…}`, `\p{…}` and `\P{…}` would else look like counts.
  const braced = source.charAt(cursor.at + 2) === "{" && /[upP]/.test(kind);
  if (braced) cursor.at = source.indexOf("}", cursor.at) + 1;
  else cursor.at += { c: 3, x: 4, u: 6 }[kind] ?? 2;
  return CHARACTER;
}

function skipClass(cursor: Cursor): void {
  cursor.at += 1;
  while (peek(cursor) !== "]") cursor.at += peek(cursor) === "\\" ? 2 : 1;
  cursor.at += 1;
}

function readRepeat(cursor: Cursor, body: PatternNode): PatternNode {
  const bounds = readBounds(cursor);
  if (bounds === undefined) return body;
  if (peek(cursor) === "?") cursor.at += 1; // a lazy repeat tries the same lengths
  return { type: "repeat", body, ...bounds };
}

function readBounds(cursor: Cursor): { readonly min: number; readonly max: number } | undefined {
  const simple = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] }[peek(cursor)];
  if (simple !== undefined) {
    cursor.at += 1;
    return { min: simple[0] ?? 0, max: simple[1] ?? Infinity };
  }
  const match = COUNT.exec(cursor.source.slice(cursor.at));
  if (match === null) return undefined;
  cursor.at += match[0].length;
  const min = Number(match[1]);
  if (match[2] === undefined) return { min, max: min };
  return { min, max: match[3] === "" ? Infinity : Number(match[3]) };
}

function peek(cursor: Cursor): string {
  return cursor.source.charAt(cursor.at);
}
