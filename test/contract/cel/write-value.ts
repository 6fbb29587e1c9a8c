import { LEVEL, call, inParentheses, join, member, negate } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";
import { doubleValue, intValue, textValue } from "./literals.ts";
import { KINDS, convertible, optional, read, readOr, sized, write, writeChoice } from "./writer.ts";
import type { Writer } from "./writer.ts";

/** Writes an int. */
export function writeInt(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const leaf = (): Fragment => readOr(writer, ["int"], () => intValue(choices));
  if (depth <= 0) return leaf();
  const next = depth - 1;
  switch (choices.below(9)) {
    case 0:
    case 1:
      return leaf();
    case 2:
    case 3:
      return writeArithmetic("int", writer, next);
    case 4:
      return negate("-", write("int", writer, next));
    case 5:
      return choices.below(2) === 0
        ? call("size", sized(writer, next))
        : member(sized(writer, next), "size");
    case 6:
      return call("int", convertible(writer, ["int", "double", "string", "timestamp"], next));
    case 7:
      return writeChoice("int", writer, next);
    default:
      return optional("int", writer, intValue(choices)) ?? leaf();
  }
}

/** Writes a double. */
export function writeDouble(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const leaf = (): Fragment => readOr(writer, ["double"], () => doubleValue(choices));
  if (depth <= 0) return leaf();
  const next = depth - 1;
  switch (choices.below(8)) {
    case 0:
    case 1:
      return leaf();
    case 2:
    case 3:
      return writeArithmetic("double", writer, next);
    case 4: {
      const operand = choices.once(3) ? read(writer, ["dyn"]) : write("double", writer, next);
      return negate("-", operand);
    }
    case 5:
      return call("double", convertible(writer, ["double", "int", "string"], next));
    case 6:
      return writeChoice("double", writer, next);
    default:
      return optional("double", writer, doubleValue(choices)) ?? leaf();
  }
}

/** Writes a text. */
export function writeText(writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const leaf = (): Fragment => readOr(writer, ["string"], () => textValue(choices));
  if (depth <= 0) return leaf();
  const next = depth - 1;
  switch (choices.below(7)) {
    case 0:
    case 1:
    case 2:
      return leaf();
    case 3:
    case 4:
      return call("string", convertible(writer, KINDS, next));
    case 5:
      return writeChoice("string", writer, next);
    default:
      return optional("string", writer, textValue(choices)) ?? leaf();
  }
}

function writeArithmetic(kind: "int" | "double", writer: Writer, depth: number): Fragment {
  const { choices } = writer;
  const operators = kind === "int" ? ["+", "-", "*", "/", "%"] : ["+", "-", "*", "/"];
  const operator = choices.pick(operators);
  const level = operator === "+" || operator === "-" ? LEVEL.sum : LEVEL.product;
  const loose = kind === "double" ? choices.below(8) : 0;
  const a = loose > 5 ? read(writer, ["dyn"]) : write(kind, writer, depth);
  const b = loose > 6 ? read(writer, ["dyn"]) : write(kind, writer, depth);
  // The right operand of one level needs parentheses, the left does not.
  return join(level, level, [a, ` ${operator} `, b.level === level ? inParentheses(b) : b]);
}
