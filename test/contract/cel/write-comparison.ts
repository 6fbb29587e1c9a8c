import { LEVEL, atom, join, textLiteral } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";
import { doubleValue, intValue, literalList, numberList, textList, textValue } from "./literals.ts";
import { looseScalar, looseText, read, write } from "./writer.ts";
import type { Writer } from "./writer.ts";

/** A comparison and its two sides. */
export interface Comparison {
  readonly whole: Fragment;
  readonly sides: readonly [Fragment, Fragment];
}

/** Compares two fragments. */
export function compare(operator: string, a: Fragment, b: Fragment): Comparison {
  return { whole: join(LEVEL.relation, LEVEL.sum, [a, ` ${operator} `, b]), sides: [a, b] };
}

/** Writes `==`, `!=` or an ordering. */
export function writeComparison(writer: Writer, depth: number): Comparison {
  const { choices } = writer;
  const equality = choices.pick(["==", "!="] as const);
  const ordering = choices.pick(["<", "<=", ">", ">="] as const);
  switch (choices.below(9)) {
    case 0:
    case 1:
      return compare(
        choices.pick([equality, ordering]),
        writeNumber(writer, depth),
        writeNumber(writer, depth),
      );
    case 2:
      return compare(
        choices.pick([equality, ordering]),
        write("string", writer, depth),
        choices.once(3) ? looseText(writer) : write("string", writer, depth),
      );
    case 3: {
      const kind = choices.pick(["timestamp", "duration"] as const);
      return compare(
        choices.pick([equality, ordering]),
        write(kind, writer, depth),
        write(kind, writer, depth),
      );
    }
    case 4:
      return compare(equality, write("bool", writer, depth), write("bool", writer, depth));
    case 5:
      return compare(
        choices.pick([equality, ordering]),
        read(writer, ["dyn"]),
        writeScalar(writer),
      );
    case 6:
      return compare(equality, read(writer, ["dyn", "nullable"]), atom("null"));
    case 7:
      return writeNamed(writer, equality);
    default:
      return choices.below(2) === 0
        ? compare(equality, writeList(writer, depth), read(writer, ["dyn"]))
        : compare(equality, read(writer, ["dyn"]), literalList(writer.choices));
  }
}

/** Writes `a in b`. */
export function writeMembership(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  switch (choices.below(6)) {
    case 0:
      return compare("in", writeNumber(writer, depth), numberList(choices)).whole;
    case 1:
      return compare("in", write("string", writer, depth), textList(choices)).whole;
    case 2:
      return compare("in", write("string", writer, depth), read(writer, ["map", "dyn"])).whole;
    case 3:
      return compare("in", looseScalar(writer), read(writer, ["dyn"])).whole;
    case 4:
      return compare("in", read(writer, ["dyn"]), literalList(writer.choices)).whole;
    default: {
      const named = writer.readables.filter(({ shape }) => shape.kind === "name-list");
      const readable = choices.pick(named);
      const values = readable.shape.kind === "name-list" ? readable.shape.values : [];
      return compare("in", textLiteral(choices.pick(values), 0), readable.fragment).whole;
    }
  }
}

/** A constant that orders with something untyped. */
export function writeScalar(writer: Writer): Fragment {
  const kind = writer.choices.below(3);
  if (kind === 0) return intValue(writer.choices);
  return kind === 1 ? doubleValue(writer.choices) : textValue(writer.choices);
}

/** An enum, a role or a tool's name beside one of its texts. */
function writeNamed(writer: Writer, operator: string): Comparison {
  const found = writer.readables.filter(
    ({ shape }) => shape.kind === "enum" || shape.kind === "names",
  );
  const readable = writer.choices.pick(found);
  const { shape } = readable;
  const values = shape.kind === "enum" || shape.kind === "names" ? shape.values : [];
  return compare(operator, readable.fragment, textLiteral(writer.choices.pick(values), 0));
}

function writeNumber(writer: Writer, depth: number): Fragment {
  const kind = writer.choices.below(5);
  if (kind < 2) return write("int", writer, depth);
  if (kind < 4) return write("double", writer, depth);
  return read(writer, ["dyn", "int", "double"]);
}

/** A list of texts, or something untyped. */
function writeList(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  if (choices.below(3) < 2) return read(writer, ["dyn"]);
  return choices.below(2) === 0 ? textList(choices) : writeChoiceOfLists(writer, depth);
}

function writeChoiceOfLists(writer: Writer, depth: number): Fragment {
  const condition = write("bool", writer, Math.min(depth, 1));
  return join(LEVEL.choice, LEVEL.or, [
    condition,
    " ? ",
    textList(writer.choices),
    " : ",
    textList(writer.choices),
  ]);
}
