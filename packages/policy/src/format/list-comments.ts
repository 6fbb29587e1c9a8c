import { Lexer } from "yaml";

/** One comment of a YAML text. */
export interface Comment {
  /** Where its `#` stands. */
  readonly offset: number;
  /** From the `#` to the end of the line, without spaces at the end. */
  readonly text: string;
  /** Whether nothing but spaces stands before it on its line. */
  readonly isAlone: boolean;
  /** Spaces before it on its line, if it is alone. */
  readonly column: number;
}

/** Lists the comments of a YAML text, in order. */
export function listComments(text: string): readonly Comment[] {
  const comments: Comment[] = [];
  let offset = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    // The lexer marks documents, ends of flows and scalars with characters that are not in the text.
    if (MARKS.has(lexeme)) {
      isScalar = lexeme === SCALAR;
      continue;
    }
    if (!isScalar && lexeme.startsWith("#")) comments.push(toComment(text, offset, lexeme));
    isScalar = false;
    offset += lexeme.length;
  }
  return comments;
}

const SCALAR = "\u001F";
const MARKS: ReadonlySet<string> = new Set(["\u0002", "\u0018", SCALAR]);

function toComment(text: string, offset: number, lexeme: string): Comment {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const isAlone = text.slice(start, offset).trim() === "";
  return { offset, text: lexeme.trimEnd(), isAlone, column: offset - start };
}
