import type { ObjectShape } from "./argument-shape.ts";
import type { Choices } from "./choices.ts";
import { inParentheses } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";
import { readableRoots } from "./readable.ts";
import { writeBool } from "./write-bool.ts";
import { writeComparison } from "./write-comparison.ts";
import { writeDuration, writeTimestamp } from "./write-time.ts";
import { writeDouble, writeInt, writeText } from "./write-value.ts";
import { KINDS } from "./writer.ts";
import type { Kind, Writer } from "./writer.ts";

/** A generated condition. */
export interface GeneratedCondition {
  readonly whole: Fragment;
  /** The two sides, where the whole compares two values. */
  readonly sides?: readonly [Fragment, Fragment];
  /** Whether its operands were chosen without regard to types, so that it may be refused. */
  readonly isWild: boolean;
}

const MAX_DEPTH = 4;

/** Generates a condition over the arguments of a tool and the other roots; one in three is wild. */
export function generateCondition(args: ObjectShape, choices: Choices): GeneratedCondition {
  return generate(args, choices, choices.once(3));
}

/** Generates a condition that is well typed. */
export function generateTyped(args: ObjectShape, choices: Choices): string {
  return generate(args, choices, false).whole.text;
}

function generate(args: ObjectShape, choices: Choices, isWild: boolean): GeneratedCondition {
  const readables = readableRoots(args);
  const writer: Writer = { choices, isWild, readables, nesting: 0, write: writeAny };
  if (choices.below(3) < 2) return { whole: writeBool(writer, MAX_DEPTH), isWild };
  const compared = writeComparison(writer, MAX_DEPTH - 1);
  return { ...compared, isWild };
}

/** Writes an expression of a type; in a wild condition now and then of another. */
function writeAny(kind: Kind, writer: Writer, depth: number): Fragment {
  const { choices, isWild } = writer;
  if (isWild && choices.once(8))
    return writeAny(choices.pick(KINDS), { ...writer, isWild: false }, depth);
  if (isWild && choices.once(10)) return choices.pick(writer.readables).fragment;
  const written = WRITERS[kind](writer, depth);
  return choices.once(12) ? inParentheses(written) : written;
}

const WRITERS: Readonly<Record<Kind, (writer: Writer, depth: number) => Fragment>> = {
  bool: writeBool,
  int: writeInt,
  double: writeDouble,
  string: writeText,
  timestamp: writeTimestamp,
  duration: writeDuration,
};
