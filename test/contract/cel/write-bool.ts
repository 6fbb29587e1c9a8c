import { LEVEL, atom, call, has, join, member, negate } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";
import { generatePattern } from "./generate-pattern.ts";
import { intList } from "./literals.ts";
import { readableVariable } from "./readable.ts";
import type { ReadShape } from "./readable.ts";
import { compare, writeComparison, writeMembership, writeScalar } from "./write-comparison.ts";
import { CONSTANTS, looseText, read, readOr, write, writeChoice } from "./writer.ts";
import type { Writer } from "./writer.ts";

/** Writes something true or false. */
export function writeBool(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  if (depth <= 0) return readOr(writer, ["bool"], () => choices.pick(CONSTANTS));
  const next = depth - 1;
  switch (choices.below(16)) {
    case 0:
      return readOr(writer, ["bool"], () => choices.pick(CONSTANTS));
    case 1:
    case 2:
    case 3:
      return writeComparison(writer, next).whole;
    case 4:
    case 5:
    case 6:
      return writeLogic(writer, next);
    case 7:
      return negate("!", write("bool", writer, next));
    case 8:
      return writeChoice("bool", writer, next);
    case 9:
    case 10:
      return writePresence(writer);
    case 11:
      return writeTextTest(writer, next);
    case 12:
      return member(writeSubject(writer, next), "matches", generatePattern(choices));
    case 13:
      return writeMembership(writer, next);
    case 14:
      return writeQuantifier(writer, next);
    default:
      return call("bool", choices.once(2) ? looseText(writer) : write("bool", writer, next));
  }
}

function writeLogic(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const [operator, level] = choices.pick([
    [" && ", LEVEL.and],
    [" || ", LEVEL.or],
  ] as const);
  const operands = Array.from({ length: 2 + choices.below(3) }, () =>
    choices.once(6) ? read(writer, ["dyn", "bool"]) : undefined,
  ).map((loose) => loose ?? write("bool", writer, depth));
  const parts = operands.flatMap((operand, index) =>
    index === 0 ? [operand] : [operator, operand],
  );
  return join(level, level, parts);
}

function writePresence(writer: Writer): Fragment {
  const { choices } = writer;
  const readable = choices.pick(writer.readables.filter(({ last }) => last !== undefined));
  const { last } = readable;
  if (last === undefined) return choices.pick(CONSTANTS);
  const asked = has(last.holder, last.name);
  if (choices.below(2) === 0 || readable.shape.kind === "calls") return asked;
  // The usual guard: absent, or something about it.
  const test = compare("==", readable.fragment, readable.fragment).whole;
  return choices.below(2) === 0
    ? join(LEVEL.and, LEVEL.relation, [asked, " && ", test])
    : join(LEVEL.or, LEVEL.relation, [test, " || !", asked]);
}

function writeSubject(writer: Writer, depth: number): Fragment {
  return writer.choices.once(3) ? looseText(writer) : write("string", writer, depth);
}

function writeTextTest(writer: Writer, depth: number): Fragment {
  const name = writer.choices.pick(["startsWith", "endsWith", "contains"] as const);
  return member(writeSubject(writer, depth), name, write("string", writer, depth));
}

function writeQuantifier(writer: Writer, depth: number): Fragment {
  const { choices, nesting } = writer;
  if (nesting >= 2) return choices.pick(CONSTANTS);
  const name = ["x", "y"][nesting] ?? "x";
  const kind = choices.pick(["exists", "all", "exists_one"] as const);
  const found = writer.readables.filter(({ shape }) => VISITED.has(shape.kind));
  const over: { readonly fragment: Fragment; readonly shape: ReadShape } = choices.once(8)
    ? { fragment: intList(choices), shape: { kind: "list", of: { kind: "int" } } }
    : choices.pick(found);
  const inner = {
    ...writer,
    nesting: nesting + 1,
    // Twice the weight of everything else, so that most bodies are about the element.
    readables: [
      ...Array.from({ length: 3 }, () => readableVariable(name, over.shape)).flat(),
      ...writer.readables,
    ],
  };
  const { fragment } = over;
  const body = bodyAbout(name, over.shape, inner, depth);
  return member(fragment, kind, atom(name), body);
}

function bodyAbout(name: string, over: ReadShape, writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const [element] = readableVariable(name, over);
  if (element?.shape.kind === "dyn" && choices.below(2) === 0) {
    const operator = choices.pick(["==", "!=", "<", ">="] as const);
    return compare(operator, element.fragment, writeScalar(writer)).whole;
  }
  return write("bool", writer, depth);
}

const VISITED: ReadonlySet<string> = new Set([
  "list",
  "map",
  "object",
  "dyn",
  "calls",
  "name-list",
]);
