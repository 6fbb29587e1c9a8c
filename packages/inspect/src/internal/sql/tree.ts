/** An object of the parse tree: plain JSON. */
export type TreeObject = Readonly<Record<string, unknown>>;

/** Tells whether a value of the tree is an object. */
export function isTreeObject(value: unknown): value is TreeObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own member, or `undefined`. */
export function memberOf(object: unknown, name: string): unknown {
  return isTreeObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
}

/** An own member that is a text, or `undefined`. */
export function textOf(object: unknown, name: string): string | undefined {
  const value = memberOf(object, name);
  return typeof value === "string" ? value : undefined;
}

/** An own member that is a list; an absent one is empty. */
export function listOf(object: unknown, name: string): readonly unknown[] {
  const value: unknown = memberOf(object, name);
  return Array.isArray(value) ? value : [];
}

/** The texts of a list of `String` nodes, which is how the tree writes qualified names. */
export function namesOf(list: readonly unknown[]): readonly (string | undefined)[] {
  return list.map((item) => textOf(memberOf(item, "String"), "sval"));
}
