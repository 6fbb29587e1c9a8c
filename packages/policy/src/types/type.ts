import type { StaticType } from "@portcullis/core";

/** The texts that a value may be, where they are known. */
export interface Names {
  /** What such a text is called in messages, such as `role`. */
  readonly what: string;
  /** All of them. */
  readonly all: ReadonlySet<string>;
  /** True where a text outside of them is wrong for one tool already, not only for all. */
  readonly always: boolean;
}

/** A member of an object. */
export interface Member {
  readonly type: Type;
  /** Whether it may be absent. */
  readonly optional: boolean;
}

/** An object whose members are known by name; they are looked up when they are asked for. */
export interface ObjectType {
  readonly kind: "object";
  /** What it is called in messages, such as `args`. */
  readonly what: string;
  /** Declared names. */
  readonly names: readonly string[];
  /** A declared member; schemas may be recursive, so it is resolved on demand. */
  readonly member: (name: string) => Member | undefined;
  /** Type of members that are not declared; absent = there are none. */
  readonly rest?: Type;
  /** True where members are times, which no JSON value has. */
  readonly holdsTimes?: true;
}

/** An argument of an earlier call, of which only a keyed hash is kept. */
interface SealedType {
  readonly kind: "sealed";
  /** Names that some tool has, of all arguments together; absent = any, or a single argument. */
  readonly names?: ReadonlySet<string>;
  /** True for all arguments together, of which one has to be named. */
  readonly isWhole?: true;
}

/** What the compiler knows of a value; richer than core's {@link StaticType}. */
export type Type =
  | { readonly kind: "bool" | "int" | "double" | "null" | "timestamp" | "duration" | "dyn" }
  | { readonly kind: "string"; readonly names?: Names }
  | { readonly kind: "list"; readonly of: () => Type }
  | { readonly kind: "map"; readonly of: () => Type }
  | ObjectType
  | SealedType
  | { readonly kind: "union"; readonly of: readonly Type[] };

/** Types without parts. */
export const BOOL: Type = { kind: "bool" };
export const INT: Type = { kind: "int" };
export const DOUBLE: Type = { kind: "double" };
export const STRING: Type = { kind: "string" };
export const NULL: Type = { kind: "null" };
export const TIMESTAMP: Type = { kind: "timestamp" };
export const DURATION: Type = { kind: "duration" };
export const DYN: Type = { kind: "dyn" };

/** An int, or a number that may be none: it compares with numbers, and mixes with none. */
export const EITHER_NUMBER: Type = { kind: "union", of: [INT, DOUBLE] };

/** A list of one type. */
export function listOf(element: Type): Type {
  return { kind: "list", of: () => element };
}

/** One of several types, flattened; equal kinds of scalars count once. */
export function unionOf(types: readonly Type[]): Type {
  const flat = types.flatMap((type) => (type.kind === "union" ? type.of : [type]));
  if (flat.length === 0 || flat.some((type) => type.kind === "dyn")) return DYN;
  const distinct: Type[] = [];
  for (const type of flat) {
    const index = distinct.findIndex((other) => other.kind === type.kind && SCALARS.has(type.kind));
    const other = distinct[index];
    if (other === undefined) distinct.push(type);
    else if (type.kind === "string" && other.kind === "string") {
      distinct[index] = mergeStrings(type.names, other.names);
    }
  }
  const [only] = distinct;
  return distinct.length === 1 && only !== undefined ? only : { kind: "union", of: distinct };
}

function mergeStrings(a: Names | undefined, b: Names | undefined): Type {
  if (a === undefined || b === undefined) return STRING;
  return { kind: "string", names: { ...a, all: new Set([...a.all, ...b.all]) } };
}

const SCALARS: ReadonlySet<string> = new Set([
  "bool",
  "int",
  "double",
  "null",
  "string",
  "timestamp",
  "duration",
]);

/** The type as it is stored; what the AST cannot say becomes `dyn`. */
export function toStaticType(type: Type, depth = 0): StaticType {
  if (type.kind === "union" || depth > 4) return "dyn";
  if (type.kind === "object") return { map: "dyn" };
  if (type.kind === "list") return { list: toStaticType(type.of(), depth + 1) };
  if (type.kind === "map") return { map: toStaticType(type.of(), depth + 1) };
  return type.kind;
}

/** Reads a stored type, such as a fact provider's field. */
export function fromStaticType(type: StaticType): Type {
  if (typeof type === "string") return { kind: type };
  if ("list" in type) return { kind: "list", of: () => fromStaticType(type.list) };
  return { kind: "map", of: () => fromStaticType(type.map) };
}

/** The stored type for several tools: theirs if they agree, else `dyn`. */
export function mergeStaticTypes(types: readonly StaticType[]): StaticType {
  const [first] = types;
  if (first === undefined) return "dyn";
  const text = JSON.stringify(first);
  return types.every((type) => JSON.stringify(type) === text) ? first : "dyn";
}

/** The type in words. */
export function describeType(type: Type): string {
  switch (type.kind) {
    case "union":
      return type.of.map(describeType).join(" or ");
    case "list":
      return "a list";
    case "map":
    case "object":
      return "a mapping";
    case "string":
      return "a string";
    case "int":
      return "an int";
    case "dyn":
      return "a value of unknown type";
    case "null":
      return "null";
    case "sealed":
      return "an argument of an earlier call, of which only a keyed hash is kept";
    case "bool":
    case "double":
    case "timestamp":
    case "duration":
      break;
  }
  return `a ${type.kind}`;
}

/** Whether a type is, or may be, one of the kinds; `dyn` may be anything. */
export function maybe(type: Type, ...kinds: readonly Type["kind"][]): boolean {
  if (type.kind === "dyn") return true;
  if (type.kind === "union") return type.of.some((part) => maybe(part, ...kinds));
  return kinds.includes(type.kind);
}

/** Whether `==` between two types can ever be true; numbers of both kinds compare. */
export function comparable(a: Type, b: Type, depth = 0): boolean {
  if (a.kind === "dyn" || b.kind === "dyn" || depth > 8) return true;
  if (a.kind === "sealed" || b.kind === "sealed") return !isTime(a) && !isTime(b);
  if (a.kind === "union") return a.of.some((part) => comparable(part, b, depth + 1));
  if (b.kind === "union") return b.of.some((part) => comparable(a, part, depth + 1));
  if (isNumber(a) && isNumber(b)) return true;
  if (a.kind === "list" && b.kind === "list") return comparable(a.of(), b.of(), depth + 1);
  if (isMapping(a) && isMapping(b)) return true;
  return a.kind === b.kind;
}

function isTime({ kind }: Type): boolean {
  return kind === "timestamp" || kind === "duration";
}

/** Whether a type is int or double, and nothing else. */
export function isNumber(type: Type): boolean {
  return type.kind === "int" || type.kind === "double";
}

/** Whether a type has members by name. */
export function isMapping(type: Type): type is Extract<Type, { kind: "map" | "object" }> {
  return type.kind === "map" || type.kind === "object";
}
