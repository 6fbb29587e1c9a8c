import { isList, isObject } from "../evaluate/frame.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { Json } from "../json.ts";
import { isStep } from "./check-reads.ts";
import { own } from "./node-checker.ts";
import type { Checker } from "./node-checker.ts";
import { findInSchema } from "./schema-path.ts";

/** What the truth of an operand is asked for. */
export interface TruthQuestion {
  readonly truth: boolean;
  /** Schema of the tool's arguments. */
  readonly input: Json;
  readonly guards: Checker["guards"];
}

/**
 * Tells whether an operand may be known to be true, or false, for a tool whatever its arguments
 * are: `has()` of what only other tools declare is false, and what follows from that.
 *
 * Where the schema leaves open what it declares the answer is yes, so what stands beside such an
 * operand is looked at less closely, never more.
 */
export function mayBeKnown(node: Json | undefined, question: TruthQuestion): boolean {
  if (node === undefined || !isObject(node)) return false;
  const { truth } = question;
  const op = own(node, "op");
  if (op === "lit") return own(node, "value") === truth;
  if (op === "has") return !truth && mayBeUndeclared(own(node, "a"), question);
  if (op === "not") return mayBeKnown(own(node, "a"), { ...question, truth: !truth });
  const operands = own(node, "of");
  if ((op !== "and" && op !== "or") || operands === undefined || !isList(operands)) return false;
  return truth === (op === "or")
    ? operands.some((operand) => mayBeKnown(operand, question))
    : operands.every((operand) => mayBeKnown(operand, question));
}

function mayBeUndeclared(node: Json | undefined, { input, guards }: TruthQuestion): boolean {
  if (node === undefined || !isObject(node) || own(node, "name") !== "args") return false;
  const path = own(node, "path");
  if (path === undefined || !isList(path) || !path.every(isStep)) return false;
  return guards.has(toPointer(path)) && findInSchema(input, path).kind !== "typed";
}
