import type { Choices } from "./choices.ts";
import { LEVEL, atom, inParentheses, join, orValue } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";
import { doubleValue, intValue, scalarLiteral, textValue } from "./literals.ts";
import type { Readable, ReadShape } from "./readable.ts";

/** Type of a generated expression. */
export type Kind = "bool" | "int" | "double" | "string" | "timestamp" | "duration";

/** All of them. */
export const KINDS: readonly Kind[] = ["bool", "int", "double", "string", "timestamp", "duration"];

/** Writes an expression of a type, in a wild condition now and then of another. */
export function write(kind: Kind, writer: Writer, depth: number): Fragment {
  return writer.write(kind, writer, depth);
}

/** What every part of the generator works with. */
export interface Writer {
  readonly choices: Choices;
  /** Whether operands are now and then chosen without regard to types. */
  readonly isWild: boolean;
  readonly readables: readonly Readable[];
  /** Quantifiers around the place. */
  readonly nesting: number;
  /** Writes an expression of a type, at most so deep. */
  readonly write: (kind: Kind, writer: Writer, depth: number) => Fragment;
}

/** True and false; beside a bare `true` or `false` other operands are refused, as unreached. */
export const CONSTANTS: readonly Fragment[] = ["1 < 2", "2 < 1"].map((text) => ({
  ...atom(text),
  level: LEVEL.relation,
}));

/** Reads something of one of the kinds; `context.a`, which is untyped, where there is none. */
export function read(writer: Writer, kinds: readonly string[]): Fragment {
  return readOr(writer, kinds, () => atom("context.a"));
}

/** Reads something of one of the kinds, or now and then something else. */
export function readOr(writer: Writer, kinds: readonly string[], other: () => Fragment): Fragment {
  const found = writer.readables.filter(({ shape }) => kinds.includes(kindOf(shape)));
  return found.length > 0 && writer.choices.below(4) > 0
    ? writer.choices.pick(found).fragment
    : other();
}

/** Reads a text, or something that may be one. */
export function readText(writer: Writer): Fragment {
  return read(writer, ["string", "dyn"]);
}

/** A text, or something that may be one. */
export function looseText(writer: Writer): Fragment {
  return read(writer, ["string", "dyn", "either", "nullable-string"]);
}

/** Something that may be the element of a list. */
export function looseScalar(writer: Writer): Fragment {
  return writer.choices.below(2) === 0
    ? read(writer, ["string", "int", "double", "bool", "dyn"])
    : scalarLiteral(writer.choices);
}

/** Something that has a size. */
export function sized(writer: Writer, depth: number): Fragment {
  return writer.choices.below(2) === 0
    ? read(writer, ["string", "list", "map", "object", "dyn", "calls"])
    : write("string", writer, depth);
}

/** Something to convert: of one of the types, or untyped, or a choice of both. */
export function convertible(writer: Writer, kinds: readonly Kind[], depth: number): Fragment {
  const { choices } = writer;
  const kind = choices.pick(kinds);
  if (choices.below(3) > 0) return write(kind, writer, depth);
  if (kind === "timestamp" || kind === "duration") return read(writer, ["dyn"]);
  if (choices.below(2) === 0) return looseDefault(kind, writer);
  // The int and the untyped number of one default would not be of one type with an int.
  const loose = kind === "int" ? read(writer, ["dyn"]) : looseDefault(kind, writer);
  const condition = write("bool", writer, Math.min(depth, 1));
  return join(LEVEL.choice, LEVEL.or, [condition, " ? ", loose, " : ", write(kind, writer, 0)]);
}

/** `c ? a : b`. */
export function writeChoice(kind: Kind, writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const condition = write("bool", writer, depth);
  const a = write(kind, writer, depth);
  const b = write(kind, writer, depth);
  return join(LEVEL.choice, LEVEL.or, [
    condition,
    " ? ",
    a,
    " : ",
    choices.once(8) ? inParentheses(b) : b,
  ]);
}

/** `a.?b.orValue(v)` over something of that type, or untyped. */
export function optional(
  kind: Kind | "dyn",
  writer: Writer,
  fallback: Fragment,
): Fragment | undefined {
  const found = writer.readables.filter(
    ({ last, shape }) => last !== undefined && shape.kind === kind && !isRootMember(last.holder),
  );
  if (found.length === 0) return undefined;
  const { last } = writer.choices.pick(found);
  return last === undefined ? undefined : orValue(last.holder, last.name, fallback);
}

/** `a.?b.orValue(v)` over something untyped. */
function looseDefault(kind: keyof typeof LITERALS, writer: Writer): Fragment {
  const { choices } = writer;
  const found = choices.once(3) ? optional("dyn", writer, LITERALS[kind](choices)) : undefined;
  return found ?? read(writer, ["dyn"]);
}

const LITERALS = {
  bool: (choices: Choices) => atom(choices.pick(["true", "false"])),
  int: intValue,
  double: doubleValue,
  string: textValue,
} as const;

function isRootMember({ text }: Fragment): boolean {
  return /^(?:session|principal|tool|flow)/.test(text);
}

function kindOf(shape: ReadShape): string {
  return shape.kind === "nullable" && shape.of === "string" ? "nullable-string" : shape.kind;
}
