import { CONDITION_LIMITS } from "@portcullis/core";
import type { Json, JsonObject } from "@portcullis/core";
import { BOOL, DOUBLE, DYN, INT, NULL, STRING, listOf } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import { refuse } from "../condition-error.ts";
import type { LiteralDraft } from "../draft.ts";
import type { CelNode } from "../parse-cel.ts";

/** Lowers a literal; `undefined` where the node is none. Lists must be constant throughout. */
export function lowerLiteral(node: CelNode): LiteralDraft | undefined {
  const constant = constantOf(node);
  return constant === undefined ? undefined : { op: "lit", span: node, ...constant };
}

/** Lowers a list in brackets. */
export function lowerList(node: Extract<CelNode, { op: "list" }>): LiteralDraft {
  const constant = constantOf(node);
  if (constant === undefined) {
    refuse(
      node.args.find((element) => constantOf(element) === undefined) ?? node,
      "A list holds only constants here; compare one by one: `x == args.a || x == args.b`.",
    );
  }
  if (node.args.length > CONDITION_LIMITS.listLiterals) {
    refuse(node, `A list has at most ${CONDITION_LIMITS.listLiterals} constants.`);
  }
  return { op: "lit", span: node, ...constant };
}

/** A literal map as plain JSON, for the options of a typed function. */
export function literalMapOf(node: CelNode): JsonObject | undefined {
  const value = plainOf(node);
  return typeof value === "object" && value !== null && !isList(value) ? value : undefined;
}

function plainOf(node: CelNode): Json | undefined {
  if (node.op === "list") {
    const items = node.args.map(plainOf);
    const known = items.filter((item) => item !== undefined);
    return known.length === items.length ? known : undefined;
  }
  if (node.op !== "map") return constantOf(node)?.value;
  const members: [string, Json][] = [];
  for (const [key, value] of node.args) {
    const name = key.op === "value" ? key.args : undefined;
    const plain = plainOf(value);
    if (typeof name !== "string" || name === "__proto__" || plain === undefined) return undefined;
    if (members.some(([other]) => other === name)) refuse(key, "This key occurs twice.");
    members.push([name, plain]);
  }
  return Object.fromEntries(members);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

interface Constant {
  readonly value: Json;
  readonly type: Type;
}

function constantOf(node: CelNode): Constant | undefined {
  if (node.op === "value") return scalarOf(node.args, node, 1);
  if (node.op === "-_" && node.args.op === "value") {
    const { args } = node.args;
    return typeof args === "bigint" || typeof args === "number"
      ? scalarOf(args, node, -1)
      : undefined;
  }
  if (node.op !== "list") return undefined;
  const elements = node.args.map(constantOf);
  const known = elements.filter((element) => element !== undefined);
  if (known.length !== elements.length) return undefined;
  return { value: known.map(({ value }) => value), type: listOf(elementType(known)) };
}

function elementType(elements: readonly Constant[]): Type {
  const [first] = elements;
  if (first === undefined) return DYN;
  return elements.every(({ type }) => type.kind === first.type.kind && type.kind !== "list")
    ? first.type
    : DYN;
}

function scalarOf(value: unknown, node: CelNode, sign: 1 | -1): Constant {
  if (value === null) return { value, type: NULL };
  if (typeof value === "boolean") return { value, type: BOOL };
  if (typeof value === "number") return { value: value === 0 ? 0 : sign * value, type: DOUBLE };
  if (typeof value === "bigint") {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      refuse(node, "An int is held to ±(2^53−1); compare larger numbers as text.");
    }
    return { value: value === 0n ? 0 : sign * Number(value), type: INT };
  }
  if (typeof value === "string") {
    if (/\p{Cs}/u.test(value)) refuse(node, "The text holds half of a surrogate pair.");
    return { value, type: STRING };
  }
  return refuse(
    node,
    value instanceof Uint8Array
      ? "Bytes are not supported; write a string without `b`."
      : "Unsigned ints are not supported; write the number without `u`.",
  );
}
