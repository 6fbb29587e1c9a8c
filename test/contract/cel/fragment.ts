/** A part of a generated condition, in the texts that its readers need. */
export interface Fragment {
  /** As an author writes it. */
  readonly text: string;
  /** For a reference that does not read `.?`: the same, written out with `has`. */
  readonly plain: string;
  /** For the reference under house rules: also `has`, a macro, is a function there. */
  readonly ruled: string;
  /** How tightly it binds. */
  readonly level: number;
  /** Whether it uses `.?`. */
  readonly isOptional: boolean;
  /** The sign that it begins with, which goes for all of it. */
  readonly sign?: "!" | "-";
}

/** How tightly operators bind in CEL, loosest first. */
export const LEVEL = {
  choice: 0,
  or: 1,
  and: 2,
  relation: 3,
  sum: 4,
  product: 5,
  unary: 6,
  member: 7,
} as const;

/** A fragment of plain text that binds like a member access. */
export function atom(text: string): Fragment {
  return { text, plain: text, ruled: text, level: LEVEL.member, isOptional: false };
}

/** Joins text and fragments; a fragment that binds more loosely than `needed` gets parentheses. */
export function join(
  level: number,
  needed: number,
  parts: readonly (string | Fragment)[],
): Fragment {
  const fragments = parts.map((part) => (typeof part === "string" ? atom(part) : part));
  const write = (part: Fragment, text: string): string =>
    part.level < needed ? `(${text})` : text;
  return {
    text: fragments.map((part) => write(part, part.text)).join(""),
    plain: fragments.map((part) => write(part, part.plain)).join(""),
    ruled: fragments.map((part) => write(part, part.ruled)).join(""),
    level,
    isOptional: fragments.some(({ isOptional }) => isOptional),
  };
}

/** `!a` or `-a`. */
export function negate(operator: "!" | "-", operand: Fragment): Fragment {
  const written = { ...join(LEVEL.unary, LEVEL.unary, [operator, operand]), sign: operator };
  if (operand.sign !== operator) return written;
  // The reference drops pairs of them, but not through a function.
  const inner = operand.ruled.replace(/^\(*[!-]/, (start) => start.replaceAll("(", ""));
  const closed = inner.slice(1, inner.length - (operand.ruled.length - inner.length));
  return { ...written, ruled: `${operator}once(${operator}twice(${closed}))` };
}

/** Puts a fragment in parentheses that may be superfluous. */
export function inParentheses(part: Fragment): Fragment {
  return {
    ...part,
    text: `(${part.text})`,
    plain: `(${part.plain})`,
    ruled: `(${part.ruled})`,
    level: LEVEL.member,
  };
}

/** A call: `name(a, b)`. */
export function call(name: string, ...args: readonly Fragment[]): Fragment {
  const list = args.flatMap((arg, index) => (index === 0 ? [arg] : [", ", arg]));
  return join(LEVEL.member, LEVEL.choice, [`${name}(`, ...list, ")"]);
}

/** A call of a member: `a.name(b)`. */
export function member(holder: Fragment, name: string, ...args: readonly Fragment[]): Fragment {
  return join(LEVEL.member, LEVEL.member, [holder, call(`.${name}`, ...args)]);
}

/** `has(holder.name)`. */
export function has(holder: Fragment, name: string): Fragment {
  return {
    text: `has(${holder.text}.${name})`,
    plain: `has(${holder.plain}.${name})`,
    ruled: `presence(${holder.ruled}, ${JSON.stringify(name)})`,
    level: LEVEL.member,
    isOptional: holder.isOptional,
  };
}

/** `holder.?name.orValue(fallback)`. */
export function orValue(holder: Fragment, name: string, fallback: Fragment): Fragment {
  return {
    text: `${holder.text}.?${name}.orValue(${fallback.text})`,
    plain: `(${has(holder, name).plain} ? ${holder.plain}.${name} : ${fallback.plain})`,
    ruled: `(${has(holder, name).ruled} ? ${holder.ruled}.${name} : ${fallback.ruled})`,
    level: LEVEL.member,
    isOptional: true,
  };
}

/** Writes a text as a CEL literal, in one of its spellings. */
export function textLiteral(value: string, spelling: number): Fragment {
  const isPlain = !holdsAny(value, ['"', "'", "\\", "\n", "\u0000", "\uffff"]);
  if (spelling === 1 && isPlain) return atom(`'${value}'`);
  if (spelling === 2 && !holdsAny(value, ['"', "\u0000", "\uffff"]) && !value.endsWith("\\")) {
    return atom(`r"""${value}"""`);
  }
  // A policy file holds no characters that nobody sees.
  if (spelling === 3 || value.includes("\uffff")) {
    const escaped = Array.from(value, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code > 0xffff
        ? `\\U${code.toString(16).padStart(8, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    });
    return atom(`"${escaped.join("")}"`);
  }
  if (spelling === 4 && isPlain) return atom(`R'${value}'`);
  const escaped = value
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\u0000", "\\x00");
  return atom(`"${escaped}"`);
}

function holdsAny(text: string, parts: readonly string[]): boolean {
  return parts.some((part) => text.includes(part));
}

/** Writes an int as a CEL literal. */
export function intLiteral(value: number, spelling: number): Fragment {
  const magnitude = Math.abs(value);
  const digits = spelling === 1 ? `0x${magnitude.toString(16)}` : String(magnitude);
  return value < 0 ? { ...atom(`-${digits}`), level: LEVEL.unary } : atom(digits);
}

/** Writes a double as a CEL literal. */
export function doubleLiteral(value: number, spelling: number): Fragment {
  const magnitude = Math.abs(value);
  const plain = String(magnitude);
  const pointed = /[.e]/.test(plain) ? plain : `${plain}.0`;
  const digits = spelling === 1 ? magnitude.toExponential() : pointed;
  return value < 0 ? { ...atom(`-${digits}`), level: LEVEL.unary } : atom(digits);
}
