import type { Json, JsonObject } from "@portcullis/core";
import type { Choices } from "./choices.ts";

/** What a generated schema says about a value. */
export type Shape =
  | { readonly kind: "bool" | "int" | "double" | "string" | "dyn" }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  /** A scalar that may be null. */
  | { readonly kind: "nullable"; readonly of: ScalarKind }
  | { readonly kind: "either"; readonly of: readonly [ScalarKind, ScalarKind] }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "map"; readonly of: Shape }
  | ObjectShape;

type ScalarKind = "bool" | "int" | "double" | "string";

/** An object with named members. */
export interface ObjectShape {
  readonly kind: "object";
  readonly members: readonly Member[];
}

/** One member of an object. */
export interface Member {
  readonly name: string;
  readonly shape: Shape;
  readonly required: boolean;
}

/** Names of members, some of which only brackets can write. */
const NAMES = [
  "a",
  "b",
  "note",
  "amount",
  "toString",
  "constructor",
  "args",
  "x-y",
  "ключ",
  "in",
  "0",
  "😀",
  "",
] as const;
const SCALARS = ["string", "int", "double", "bool"] as const;
const ENUM = ["red", "green", "blue", "10"] as const;

/** Generates the arguments' schema of a tool. */
export function generateArguments(choices: Choices): ObjectShape {
  return generateObject(choices, 2, 2 + choices.below(5));
}

function generateObject(choices: Choices, depth: number, count: number): ObjectShape {
  const start = choices.below(NAMES.length);
  const members = Array.from({ length: count }, (_, index): Member => ({
    name: NAMES[(start + index) % NAMES.length] ?? "a",
    shape: generateShape(choices, depth),
    required: choices.once(2),
  }));
  return { kind: "object", members };
}

function generateShape(choices: Choices, depth: number): Shape {
  const kind = choices.below(depth > 0 ? 12 : 8);
  if (kind < 4) return { kind: SCALARS[kind] ?? "string" };
  if (kind === 4) return { kind: "dyn" };
  if (kind === 5) return { kind: "enum", values: ENUM.slice(0, 1 + choices.below(ENUM.length)) };
  if (kind === 6) return { kind: "nullable", of: choices.pick(SCALARS) };
  if (kind === 7) return { kind: "either", of: [choices.pick(["int", "bool"] as const), "string"] };
  if (kind === 8 || kind === 9) return { kind: "list", of: generateShape(choices, depth - 1) };
  if (kind === 10) return { kind: "map", of: generateShape(choices, depth - 1) };
  return generateObject(choices, depth - 1, 1 + choices.below(3));
}

const TYPES = { bool: "boolean", int: "integer", double: "number", string: "string" } as const;

/** The JSON Schema of a shape. */
export function toSchema(shape: Shape): JsonObject {
  switch (shape.kind) {
    case "dyn":
      return {};
    case "enum":
      return { enum: shape.values };
    case "nullable":
      return { type: [TYPES[shape.of], "null"] };
    case "either":
      return { type: shape.of.map((kind) => TYPES[kind]) };
    case "list":
      return { type: "array", items: toSchema(shape.of) };
    case "map":
      return { type: "object", additionalProperties: toSchema(shape.of) };
    case "object":
      return {
        type: "object",
        properties: Object.fromEntries(
          shape.members.map((member) => [member.name, toSchema(member.shape)]),
        ),
        required: shape.members.flatMap(({ name, required }) => (required ? [name] : [])),
        additionalProperties: false,
      };
    case "bool":
    case "int":
    case "double":
    case "string":
      break;
  }
  return { type: TYPES[shape.kind] };
}

const INTS = [
  0, 1, 2, -1, 3, -7, 10, 100, 2_147_483_648, 4_503_599_627_370_496, 9_007_199_254_740_991,
  -9_007_199_254_740_991,
] as const;
const DOUBLES = [
  0, 1, 1.5, -1, 0.5, 2, 3, -7, 0.1, 0.2, 0.3, 100, 1e21, 1e-7, 1e308, -1e308, 5e-324,
  9_007_199_254_740_992, 1.797_693_134_862_315_7e308, 1_795_165_200_000, 1_795_168_800_000,
] as const;

// Texts that conditions and arguments share, so that comparisons are not always false.
const TEXTS = [
  "",
  "a",
  "b",
  "ab",
  "abc",
  "red",
  "green",
  "A",
  "10",
  "-7",
  "+3",
  "1.5",
  "1e3",
  "true",
  "F",
  "0x10",
  " 5",
  "1e400",
  "Infinity",
  "9007199254740993",
  "a b\n",
  'it\'s "quoted" \\ here',
  "é",
  "e\u0301",
  "\uffff",
  "😀",
  "😀b",
  "\u0000",
  "x-y",
  "2026-11-20T10:00:00Z",
  "2026-11-20T11:00:00.5+01:00",
  "2026-11-20T10:00:00.000001Z",
  "2026-11-20t10:00:00z",
  "2026-02-30T00:00:00Z",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
  "1h30m",
  "-1.5s",
  "500ms",
  "1ns",
  "2540400h10m10.000000000s",
  "9999999h",
] as const;

// Where implementations differ: beyond the basic plane, and below milliseconds.
const SHARP = ["\uffff", "😀", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000001Z"] as const;

/** Picks a text. */
export function pickText(choices: Choices): string {
  return choices.once(6) ? choices.pick(SHARP) : choices.pick(TEXTS);
}

/** Keys of generated mappings. */
const KEYS = ["a", "b", "k", "x-y", "😀", "toString"] as const;

/** Generates a value that conforms to the shape. */
export function generateValue(shape: Shape, choices: Choices, depth = 3): Json {
  switch (shape.kind) {
    case "bool":
      return choices.below(2) === 1;
    case "int":
      return choices.pick(INTS);
    case "double":
      return choices.pick(DOUBLES);
    case "string":
      return pickText(choices);
    case "enum":
      return choices.pick(shape.values);
    case "nullable":
      return choices.once(3) ? null : generateValue({ kind: shape.of }, choices);
    case "either":
      return generateValue({ kind: shape.of[choices.below(2)] ?? "string" }, choices);
    case "list":
      return Array.from({ length: choices.below(4) }, () =>
        generateValue(shape.of, choices, depth),
      );
    case "map":
      return Object.fromEntries(
        Array.from({ length: choices.below(4) }, () => [
          choices.pick(KEYS),
          generateValue(shape.of, choices, depth),
        ]),
      );
    case "object":
      return Object.fromEntries(
        shape.members.flatMap((member) =>
          member.required || !choices.once(5)
            ? [[member.name, generateValue(member.shape, choices, depth)]]
            : [],
        ),
      );
    case "dyn":
      break;
  }
  return generateAnything(choices, depth);
}

/** Any JSON value. */
export function generateAnything(choices: Choices, depth: number): Json {
  const kind = choices.below(depth > 0 ? 8 : 5);
  if (kind === 0) return pickText(choices);
  if (kind === 1) return choices.pick(DOUBLES);
  if (kind === 2) return choices.pick(INTS);
  if (kind === 3) return choices.below(2) === 1;
  if (kind === 4) return null;
  const length = choices.below(4);
  if (kind === 5) {
    return Array.from({ length }, () => generateAnything(choices, depth - 1));
  }
  return Object.fromEntries(
    Array.from({ length }, () => [choices.pick(KEYS), generateAnything(choices, depth - 1)]),
  );
}
