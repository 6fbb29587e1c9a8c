import fc from "fast-check";

/** Small values that schemas of {@link schemas} can tell apart. */
export const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom(null, true, false, 0, 1, 2, 3, 1.5, -1, "", "a", "b", "ab", "😀"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(names(), tie("value"), { maxKeys: 4 }),
  ),
})).value;

/** Schemas of every kind of keyword; `$ref` goes to `#/$defs/a`, which is not recursive. */
export const schemas: fc.Arbitrary<unknown> = fc
  .tuple(schemaOf(3), schemaOf(1, false))
  .map(([schema, a]) => (typeof schema === "boolean" ? schema : { ...schema, $defs: { a } }));

function names(): fc.Arbitrary<string> {
  return fc.constantFrom("a", "b", "c", "length", "0", "toString");
}

function schemaOf(depth: number, withRef = true): fc.Arbitrary<boolean | object> {
  const scalar = fc.constantFrom<unknown>(null, true, 0, 1, 2, "a", "b", "ab");
  const leaf = {
    type: fc.constantFrom<unknown>(
      "object",
      "array",
      "string",
      "number",
      "integer",
      "boolean",
      "null",
      ["object", "array"],
      ["string", "null"],
    ),
    const: fc.oneof(scalar, values),
    enum: fc.uniqueArray(fc.oneof(scalar, values), { minLength: 1, maxLength: 3 }),
    minimum: fc.integer({ min: -1, max: 3 }),
    exclusiveMaximum: fc.integer({ min: -1, max: 3 }),
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minLength: fc.integer({ min: 0, max: 2 }),
    maxLength: fc.integer({ min: 0, max: 2 }),
    pattern: fc.constantFrom("^a", "b$", "^a?b$"),
    minItems: fc.integer({ min: 0, max: 2 }),
    maxItems: fc.integer({ min: 0, max: 2 }),
    uniqueItems: fc.boolean(),
    minProperties: fc.integer({ min: 0, max: 2 }),
    maxProperties: fc.integer({ min: 0, max: 2 }),
    required: fc.uniqueArray(names(), { maxLength: 2 }),
    dependentRequired: fc.dictionary(names(), fc.uniqueArray(names(), { maxLength: 2 }), {
      maxKeys: 2,
    }),
    ...(withRef ? { $ref: fc.constant("#/$defs/a") } : {}),
  };
  if (depth === 0) return fc.oneof(fc.boolean(), pick(leaf));
  const child = schemaOf(depth - 1, withRef);
  const children = fc.array(child, { minLength: 1, maxLength: 3 });
  const inner = {
    properties: fc.dictionary(names(), child, { maxKeys: 3 }),
    patternProperties: fc.dictionary(fc.constantFrom("^a", "^[bc]", "0"), child, { maxKeys: 2 }),
    additionalProperties: child,
    propertyNames: child,
    unevaluatedProperties: child,
    items: child,
    prefixItems: children,
    contains: child,
    minContains: fc.integer({ min: 0, max: 2 }),
    maxContains: fc.integer({ min: 0, max: 2 }),
    unevaluatedItems: child,
    allOf: children,
    anyOf: children,
    oneOf: children,
    not: child,
    if: child,
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: child,
    else: child,
    dependentSchemas: fc.dictionary(names(), child, { maxKeys: 2 }),
  };
  return fc.oneof(
    { arbitrary: fc.boolean(), weight: 1 },
    { arbitrary: pick(leaf), weight: 2 },
    { arbitrary: pick({ ...leaf, ...inner }), weight: 6 },
  );
}

/** Objects of a few of the members. */
function pick(members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> {
  return fc
    .uniqueArray(fc.constantFrom(...Object.keys(members)), { minLength: 1, maxLength: 4 })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((name) => [name, members[name] ?? fc.constant(0)]))),
    );
}
