import { DOUBLE, DURATION, DYN, INT, TIMESTAMP, describeType, maybe } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import type { ArithmeticDraft, ConvertDraft, UnaryDraft } from "../draft.ts";
import { describeDraft } from "./describe-draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";

/** Checks `+ - * / %`: two ints, two doubles (an untyped number is one), or times. */
export function checkArithmetic(draft: ArithmeticDraft, checking: Checking): Type {
  const a = checking.check(draft.a);
  const b = checking.check(draft.b);
  const result = arithmeticType(draft.op, a, b);
  if (result !== undefined) return result;
  fail(checking, draft.span, problemOf(draft, a, b));
  return DYN;
}

function arithmeticType(op: ArithmeticDraft["op"], a: Type, b: Type): Type | undefined {
  if (a.kind === "int" && b.kind === "int") return INT;
  if (op === "mod") return undefined;
  const doubles = [a, b].every(({ kind }) => kind === "double" || kind === "dyn");
  if (doubles) return DOUBLE;
  if (op !== "add" && op !== "sub") return undefined;
  if (a.kind === "duration" && b.kind === "duration") return DURATION;
  if (a.kind === "timestamp" && b.kind === "duration") return TIMESTAMP;
  if (op === "add") return a.kind === "duration" && b.kind === "timestamp" ? TIMESTAMP : undefined;
  return a.kind === "timestamp" && b.kind === "timestamp" ? DURATION : undefined;
}

function problemOf(draft: ArithmeticDraft, a: Type, b: Type): string {
  const sides = `${describeDraft(draft.a)} is ${describeType(a)} and ${describeDraft(draft.b)} is ${describeType(b)}`;
  if (
    draft.op === "add" &&
    [a, b].some((type) => maybe(type, "string", "list") && type.kind !== "dyn")
  ) {
    return "`+` does not join strings or lists here; compare the parts one by one.";
  }
  if (draft.op === "mod") return `\`%\` is for two ints; ${sides}.`;
  const literal = [draft.a, draft.b].some(
    (operand) => operand.op === "lit" && operand.type.kind === "int",
  );
  const numbers = [a, b].every((type) => maybe(type, "int", "double"));
  if (numbers && literal) {
    return `${sides}; they do not mix. Write the number with a point, such as \`1.0\`.`;
  }
  return numbers
    ? `${sides}; they do not mix. Write \`double(…)\` or \`int(…)\` around one.`
    : `${sides}; there is no such arithmetic.`;
}

/** Checks `-a`. */
export function checkNegative(draft: UnaryDraft, checking: Checking): Type {
  const type = checking.check(draft.a);
  if (type.kind === "int" || type.kind === "double") return type;
  if (type.kind === "dyn") return DOUBLE;
  fail(
    checking,
    draft.span,
    `\`-\` is for numbers; ${describeDraft(draft.a)} is ${describeType(type)}.`,
  );
  return DYN;
}

const SOURCES: Readonly<Record<ConvertDraft["to"], readonly Type["kind"][]>> = {
  int: ["int", "double", "string", "timestamp"],
  double: ["int", "double", "string"],
  string: ["string", "int", "double", "bool", "timestamp", "duration"],
  bool: ["bool", "string"],
  timestamp: ["timestamp", "string", "int"],
  duration: ["duration", "string"],
};

/** Checks a conversion. */
export function checkConversion(draft: ConvertDraft, checking: Checking): Type {
  const type = checking.check(draft.a);
  if (!maybe(type, ...SOURCES[draft.to])) {
    fail(checking, draft.span, `\`${draft.to}(…)\` does not take ${describeType(type)}.`);
  }
  return { kind: draft.to };
}
