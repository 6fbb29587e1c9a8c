import { classifyPattern } from "../json-schema/vet-pattern.ts";
import type { CompiledPattern } from "../ports/pattern-matcher.ts";

/** A compiled pattern of `matches` with what one character of a subject costs. */
export interface SearchPattern {
  readonly pattern: CompiledPattern;
  /** Work for each character; 1 for a linear engine. */
  readonly weight: number;
}

/** Where a pattern of RE2 syntax may run. */
export type SearchVerdict =
  | ({ readonly kind: "native" } & SearchPattern)
  | { readonly kind: "linear" }
  | { readonly kind: "refused"; readonly reason: string };

const STEPS_PER_WORK = 16;
// Of RE2's escapes those that mean the same in a Unicode-mode expression.
const SAME_ESCAPE = /^(?:[dDwWbBnrtfv^$\\.*+?()[\]{}|/]|x[\dA-Fa-f]{2}|[pP]\{\^?[A-Za-z_]+\})/;
const PUNCTUATION = /^[!-/:-@[-`{-~]/;
const GROUP = /^\((?!\?)|^\(\?(?::|=|!|<=|<!)|^\(\?P?<[A-Za-z_]\w*>/;
const SPACE = "\\t\\n\\f\\r ";

/**
 * Decides whether the platform's own engine may run a pattern of RE2 syntax, with RE2's meaning.
 *
 * What the two syntaxes do not share goes to a linear engine, so a pattern never silently means
 * something else: flags, `\Q…\E`, `[[:alpha:]]`, `\S` inside a class.
 */
export function vetSearchPattern(source: string): SearchVerdict {
  const translated = translate(source);
  if (translated === undefined) return { kind: "linear" };
  const verdict = classifyPattern(translated);
  if (verdict.kind !== "native") return verdict;
  const weight = Math.max(1, Math.ceil(verdict.stepsPerCharacter / STEPS_PER_WORK));
  return { kind: "native", pattern: new RegExp(translated, "u"), weight };
}

function translate(source: string): string | undefined {
  let text = "";
  let rest = source;
  while (rest !== "") {
    const piece = nextPiece(rest);
    if (piece === undefined) return undefined;
    text += piece.text;
    rest = rest.slice(piece.length);
  }
  return text;
}

interface Piece {
  readonly text: string;
  readonly length: number;
}

function nextPiece(rest: string): Piece | undefined {
  const first = rest.charAt(0);
  if (first === "\\") return escapePiece(rest, false);
  if (first === "[") return classPiece(rest);
  if (first === ".") return { text: "[^\\n]", length: 1 };
  if (first !== "(") return { text: first, length: 1 };
  const group = GROUP.exec(rest)?.[0];
  return group === undefined
    ? undefined
    : { text: group.replace("?P<", "?<"), length: group.length };
}

function escapePiece(rest: string, inClass: boolean): Piece | undefined {
  const escaped = rest.slice(1);
  if (escaped.startsWith("s")) return { text: inClass ? SPACE : `[${SPACE}]`, length: 2 };
  if (escaped.startsWith("S")) return inClass ? undefined : { text: `[^${SPACE}]`, length: 2 };
  if (escaped.startsWith("A") && !inClass) return { text: "^", length: 2 };
  if (escaped.startsWith("z") && !inClass) return { text: "$", length: 2 };
  if (/^[bB]/.test(escaped) && inClass) return undefined;
  // Left as it is, so that the classification names and refuses it.
  if (/^[1-9]/.test(escaped) && !inClass) return { text: rest.slice(0, 2), length: 2 };
  const same = SAME_ESCAPE.exec(escaped)?.[0];
  if (same?.includes("^") === true && same !== "^") return undefined;
  if (same !== undefined) return { text: `\\${same}`, length: same.length + 1 };
  if (inClass && escaped.startsWith("-")) return { text: "\\-", length: 2 };
  return PUNCTUATION.test(escaped) ? { text: escaped.charAt(0), length: 2 } : undefined;
}

function classPiece(rest: string): Piece | undefined {
  let at = rest.startsWith("[^") ? 2 : 1;
  let text = rest.slice(0, at);
  // RE2 reads a leading `]` as itself, the platform as the end of the class.
  if (rest.charAt(at) === "]") return undefined;
  while (at < rest.length) {
    const character = rest.charAt(at);
    if (character === "]") return { text: `${text}]`, length: at + 1 };
    if (character === "[" && rest.charAt(at + 1) === ":") return undefined;
    const piece =
      character === "\\"
        ? escapePiece(rest.slice(at), true)
        : { text: character === "[" ? "\\[" : character, length: 1 };
    if (piece === undefined) return undefined;
    text += piece.text;
    at += piece.length;
  }
  return undefined;
}
