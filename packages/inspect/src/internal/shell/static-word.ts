import type { Word, WordPart } from "unbash";

/** A word of a command as far as it is known before the command runs. */
export interface ShellWord {
  /** What it becomes; `undefined` where that is known only at run time. */
  readonly value: string | undefined;
  /** Whether it becomes exactly one word, whatever its value. */
  readonly isSingle: boolean;
  /** The variable that it sets, where it is an assignment of an unknown value. */
  readonly assigns?: string;
}

/**
 * Evaluates a word of quotes, escapes and plain text: `r''m`, `\rm` and `$'\x72m'` are `rm`. With an
 * expansion, a glob, a brace or a tilde it is dynamic.
 */
export function evaluateWord(word: Word): ShellWord {
  const { parts } = word;
  if (parts === undefined) {
    return hasTilde(word.text) ? DYNAMIC : { value: word.value, isSingle: true };
  }
  let value: string | undefined = "";
  let isSingle = true;
  for (const part of parts) {
    const text = staticText(part);
    if (text === undefined) {
      value = undefined;
      if (!isOneWord(part)) isSingle = false;
    } else if (value !== undefined) {
      value += text;
    }
  }
  // The parser says twice what a word is; where it disagrees with itself, nothing is known.
  return value === undefined || value === word.value ? { value, isSingle } : DYNAMIC;
}

const DYNAMIC: ShellWord = { value: undefined, isSingle: false };

function staticText(part: WordPart): string | undefined {
  if (part.type === "Literal") return hasTilde(part.text) ? undefined : part.value;
  if (part.type === "SingleQuoted" || part.type === "AnsiCQuoted") return part.value;
  if (part.type !== "DoubleQuoted") return undefined;
  let text = "";
  for (const child of part.parts) {
    if (child.type !== "Literal") return undefined;
    text += child.value;
  }
  return text;
}

function isOneWord(part: WordPart): boolean {
  if (part.type === "ProcessSubstitution") return true;
  if (part.type !== "DoubleQuoted") return false;
  return part.parts.every((child) => {
    if (child.type === "SimpleExpansion") return child.text !== "$@";
    if (child.type !== "ParameterExpansion") return true;
    return child.parameter !== "@" && child.index?.text !== "@" && child.prefix !== "!";
  });
}

// Bash expands a tilde also in arguments that look like assignments.
function hasTilde(text: string): boolean {
  return /(?:^|[=:])~/.test(text);
}
