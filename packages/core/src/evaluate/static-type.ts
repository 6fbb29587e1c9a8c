import type { Json } from "../json.ts";
import type { StaticType } from "../rule-ast.ts";
import { isObject } from "./frame.ts";

const SCALARS: ReadonlySet<string> = new Set([
  "bool",
  "int",
  "double",
  "string",
  "null",
  "timestamp",
  "duration",
  "sealed",
  "dyn",
]);
const MAX_TYPE_DEPTH = 8;

/** Tells whether a JSON value is a static type, at most 8 lists or maps deep. */
export function isStaticType(value: Json | undefined, depth = 0): value is StaticType {
  if (typeof value === "string") return SCALARS.has(value);
  if (!isObject(value) || depth >= MAX_TYPE_DEPTH) return false;
  const [name, ...others] = Object.keys(value);
  if (others.length > 0 || (name !== "list" && name !== "map")) return false;
  return isStaticType(value[name], depth + 1);
}

/** Writes a type as people read it: `list(string)`. */
export function formatType(type: StaticType): string {
  if (typeof type === "string") return type;
  return "list" in type ? `list(${formatType(type.list)})` : `map(${formatType(type.map)})`;
}

/** Tells whether both are the same type, `dyn` fitting any. */
export function fits(a: StaticType, b: StaticType): boolean {
  if (a === "dyn" || b === "dyn") return true;
  if (typeof a === "string" || typeof b === "string") return a === b;
  if ("list" in a) return "list" in b && fits(a.list, b.list);
  return "map" in b && fits(a.map, b.map);
}

/**
 * Tells whether an expression whose type is known to be `known` may say it is of type `claimed`.
 *
 * Reads are checked against the claim, so it may be narrower than `dyn`. It may be wider only where
 * the value itself still tells its type: an int, a timestamp or a duration is just a number.
 */
export function mayClaim(claimed: StaticType, known: StaticType): boolean {
  if (known === "dyn") return !isNoJson(claimed);
  if (claimed === "dyn") return known !== "int" && !isNoJson(known);
  if (typeof claimed === "string" || typeof known === "string") return claimed === known;
  if ("list" in claimed) return "list" in known && mayClaim(claimed.list, known.list);
  return "map" in known && mayClaim(claimed.map, known.map);
}

/** Times are just numbers here, and of what is sealed there is a hash alone. */
function isNoJson(type: StaticType): boolean {
  if (typeof type !== "string") return isNoJson("list" in type ? type.list : type.map);
  return type === "timestamp" || type === "duration" || type === "sealed";
}

/**
 * Tells whether values of both may be compared for equality: same type, numbers, or null. `dyn` is
 * never a timestamp or a duration, which are just numbers here. What is sealed compares with any JSON.
 */
export function areEquatable(a: StaticType, b: StaticType): boolean {
  if (a === "sealed" || b === "sealed") return !isTime(a) && !isTime(b);
  if (a === "null" || b === "null" || a === b) return true;
  if (a === "dyn" || b === "dyn") return !isNoJson(a === "dyn" ? b : a);
  if (isNumeric(a) && isNumeric(b)) return true;
  if (typeof a === "string" || typeof b === "string") return false;
  if ("list" in a) return "list" in b && areEquatable(a.list, b.list);
  return "map" in b && areEquatable(a.map, b.map);
}

function isTime(type: StaticType): boolean {
  return type === "timestamp" || type === "duration";
}

/** Tells whether values of both may be ordered. `dyn` is never a timestamp or a duration. */
export function areOrdered(a: StaticType, b: StaticType): boolean {
  if (isNumeric(a)) return isNumeric(b) || b === "dyn";
  if (a === "string") return b === "string" || b === "dyn";
  if (a === "timestamp" || a === "duration") return a === b;
  return a === "dyn" && (b === "dyn" || b === "string" || isNumeric(b));
}

/** Tells whether a type is int or double. */
export function isNumeric(type: StaticType): boolean {
  return type === "int" || type === "double";
}

/** Tells whether a value of this type may stand where a bool is needed. */
export function isBoolean(type: StaticType): boolean {
  return type === "bool" || type === "dyn";
}

/** Tells whether a value of this type may stand where a string is needed. */
export function isText(type: StaticType): boolean {
  return type === "string" || type === "dyn";
}

/**
 * The type of an arithmetic result, or undefined where CEL has no such operation. A number of type
 * `dyn` is a double, so it does not mix with an int.
 */
export function arithmeticType(
  op: "add" | "sub" | "mul" | "div" | "mod",
  a: StaticType,
  b: StaticType,
): StaticType | undefined {
  if (a === "int" && b === "int") return "int";
  if (op === "mod") return undefined;
  if ((a === "double" || a === "dyn") && (b === "double" || b === "dyn")) return "double";
  if (op !== "add" && op !== "sub") return undefined;
  if (a === "duration" && b === "duration") return "duration";
  if (a === "timestamp" && b === "duration") return "timestamp";
  if (op === "add") return a === "duration" && b === "timestamp" ? "timestamp" : undefined;
  return a === "timestamp" && b === "timestamp" ? "duration" : undefined;
}

const CONVERSIONS: Readonly<Record<string, readonly StaticType[]>> = {
  int: ["int", "double", "string", "timestamp", "dyn"],
  double: ["int", "double", "string", "dyn"],
  string: ["string", "int", "double", "bool", "timestamp", "duration", "dyn"],
  bool: ["bool", "string", "dyn"],
  timestamp: ["timestamp", "string", "int", "dyn"],
  duration: ["duration", "string", "dyn"],
};

/** Names of the types that a conversion may lead to. */
export const CONVERSION_TARGETS: readonly string[] = Object.keys(CONVERSIONS);

/** Tells whether CEL converts from one type to the other. */
export function isConvertible(from: StaticType, to: string): boolean {
  return Object.hasOwn(CONVERSIONS, to) && (CONVERSIONS[to]?.includes(from) ?? false);
}

/** The check of a value that was read against the type that the AST claims for it. */
export function createTypeTest(type: StaticType): (value: Json) => boolean {
  if (typeof type !== "string") return "list" in type ? Array.isArray : isObject;
  return TYPE_TESTS[type];
}

const isNumber = (value: Json): boolean => typeof value === "number";

// Shared by all conditions: a closure for each read would cost more than the check.
const TYPE_TESTS: Readonly<Record<Extract<StaticType, string>, (value: Json) => boolean>> = {
  bool: (value) => typeof value === "boolean",
  int: Number.isSafeInteger,
  double: isNumber,
  string: (value) => typeof value === "string",
  null: (value) => value === null,
  timestamp: isNumber,
  duration: isNumber,
  sealed: (value) => typeof value === "string",
  dyn: () => true,
};
