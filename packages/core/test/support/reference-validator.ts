import { isDeepStrictEqual } from "node:util";

/** What a schema accepted, with the properties and items it evaluated. */
interface Seen {
  readonly ok: boolean;
  readonly names: ReadonlySet<string>;
  readonly items: ReadonlySet<number>;
}

type Members = Record<string, unknown>;

/**
 * The plainest possible reading of JSON Schema 2020-12, as an oracle: no references but
 * `#/$defs/a`, no formats, no speed.
 */
export function isValidByReference(schema: unknown, value: unknown): boolean {
  return check(schema, value, schema).ok;
}

function check(schema: unknown, value: unknown, root: unknown): Seen {
  if (typeof schema === "boolean") return { ok: schema, names: new Set(), items: new Set() };
  const s = schema as Members;
  const has = (keyword: string): boolean => Object.hasOwn(s, keyword);
  const n = (keyword: string, missing: number): number =>
    has(keyword) ? Number(s[keyword]) : missing;
  const list = (keyword: string): unknown[] => (has(keyword) ? (s[keyword] as unknown[]) : []);
  const map = (keyword: string): [string, unknown][] =>
    Object.entries((s[keyword] ?? {}) as Members);
  const names = new Set<string>();
  const items = new Set<number>();
  const take = (seen: Seen): boolean => {
    if (seen.ok) {
      for (const name of seen.names) names.add(name);
      for (const index of seen.items) items.add(index);
    }
    return seen.ok;
  };
  const inPlace = (sub: unknown): boolean => take(check(sub, value, root));
  const elsewhere = (sub: unknown, part: unknown): boolean => check(sub, part, root).ok;
  const isArray = Array.isArray(value);
  const isObject = typeof value === "object" && value !== null && !isArray;
  let ok = true;
  const rule = (holds: boolean): void => {
    ok = ok && holds;
  };

  if (has("type")) rule([s["type"]].flat().some((type) => isOfType(value, String(type))));
  if (has("const")) rule(isDeepStrictEqual(value, s["const"]));
  if (has("enum")) rule(list("enum").some((option) => isDeepStrictEqual(value, option)));
  if (typeof value === "number") {
    rule(value >= n("minimum", -Infinity) && value <= n("maximum", Infinity));
    rule(value > n("exclusiveMinimum", -Infinity) && value < n("exclusiveMaximum", Infinity));
    if (has("multipleOf")) rule(Number.isInteger(value / n("multipleOf", 1)));
  }
  if (typeof value === "string") {
    const { length } = Array.from(value);
    rule(length >= n("minLength", 0) && length <= n("maxLength", Infinity));
    if (has("pattern")) rule(new RegExp(String(s["pattern"]), "u").test(value));
  }
  if (has("$ref")) rule(inPlace((root as { $defs: { a: unknown } }).$defs.a));
  for (const sub of list("allOf")) rule(inPlace(sub));
  if (has("anyOf")) rule(list("anyOf").map(inPlace).includes(true));
  if (has("oneOf")) rule(list("oneOf").map(inPlace).filter(Boolean).length === 1);
  if (has("not")) rule(!elsewhere(s["not"], value));
  if (has("if")) {
    const branch = inPlace(s["if"]) ? "then" : "else";
    if (has(branch)) rule(inPlace(s[branch]));
  }
  if (isObject) {
    const object = value as Members;
    const keys = Object.keys(object);
    rule(keys.length >= n("minProperties", 0) && keys.length <= n("maxProperties", Infinity));
    for (const name of list("required")) rule(Object.hasOwn(object, String(name)));
    for (const [name, needed] of map("dependentRequired")) {
      if (!Object.hasOwn(object, name)) continue;
      for (const other of needed as string[]) rule(Object.hasOwn(object, other));
    }
    for (const [name, sub] of map("dependentSchemas")) {
      if (Object.hasOwn(object, name)) rule(inPlace(sub));
    }
    if (has("propertyNames")) for (const key of keys) rule(elsewhere(s["propertyNames"], key));
    const own = new Set<string>();
    for (const key of keys) {
      const subs = map("properties").filter(([name]) => name === key);
      subs.push(...map("patternProperties").filter(([p]) => new RegExp(p, "u").test(key)));
      if (subs.length > 0) own.add(key);
      for (const [, sub] of subs) rule(elsewhere(sub, object[key]));
      if (subs.length === 0 && has("additionalProperties")) {
        own.add(key);
        rule(elsewhere(s["additionalProperties"], object[key]));
      }
    }
    for (const key of own) names.add(key);
    if (has("unevaluatedProperties")) {
      for (const key of keys.filter((name) => !names.has(name))) {
        rule(elsewhere(s["unevaluatedProperties"], object[key]));
        names.add(key);
      }
    }
  }
  if (isArray) {
    rule(value.length >= n("minItems", 0) && value.length <= n("maxItems", Infinity));
    if (s["uniqueItems"] === true) {
      rule(value.every((a, i) => value.every((b, j) => i === j || !isDeepStrictEqual(a, b))));
    }
    const prefix = list("prefixItems");
    for (const [index, part] of value.entries()) {
      if (index >= prefix.length && !has("items")) continue;
      items.add(index);
      rule(elsewhere(index < prefix.length ? prefix[index] : s["items"], part));
    }
    if (has("contains")) {
      const found = value.flatMap((part, index) => (elsewhere(s["contains"], part) ? [index] : []));
      for (const index of found) items.add(index);
      rule(found.length >= n("minContains", 1) && found.length <= n("maxContains", Infinity));
    }
    if (has("unevaluatedItems")) {
      for (const [index, part] of value.entries()) {
        if (!items.has(index)) rule(elsewhere(s["unevaluatedItems"], part));
        items.add(index);
      }
    }
  }
  return { ok, names, items };
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }
  return typeof value === type;
}
