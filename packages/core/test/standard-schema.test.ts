import { describe, expect, test } from "vitest";
import { z } from "zod";
import { canonicalize } from "../src/canonical-json.ts";
import type { StandardSchema } from "../src/standard-schema.ts";
import { isStandardSchema, validateStandard } from "../src/standard-schema.ts";

function schemaOf(validate: (value: unknown) => unknown): StandardSchema {
  return { "~standard": { version: 1, vendor: "test", validate } } as StandardSchema;
}

const OK = "Does not fit the schema.";

test.for<[string, unknown, boolean]>([
  ["a zod schema", z.object({}), true],
  [
    "a function that carries one",
    Object.assign(
      () => 1,
      schemaOf((value) => ({ value })),
    ),
    true,
  ],
  ["another version", { "~standard": { version: 2, validate: () => 1 } }, false],
  ["no validate", { "~standard": { version: 1 } }, false],
  ["a validate that is no function", { "~standard": { version: 1, validate: 1 } }, false],
  ["a JSON Schema", { type: "object" }, false],
  ["null inside", { "~standard": null }, false],
  ["null", null, false],
  ["a string", "~standard", false],
])("%s", ([, value, expected]) => {
  expect(isStandardSchema(value)).toBe(expected);
});

describe("validateStandard", () => {
  test("gives what the schema made of the input, once", async () => {
    const schema = z.object({ n: z.string().transform(Number), m: z.string().optional() });
    const outcome = await validateStandard(schema, { n: "12" });
    expect(outcome).toStrictEqual({ ok: true, value: { n: 12 } });
    const made = outcome.ok ? outcome.value : undefined;
    expect(canonicalize(made, { dropUndefined: true }).text).toBe('{"n":12}');
  });

  test("takes the frozen canonical copy", async () => {
    const { value } = canonicalize({ list: [{ a: "x" }], map: { k: 1 } });
    const schema = z.object({
      list: z.array(z.object({ a: z.string() })),
      map: z.record(z.string(), z.number()),
    });
    expect((await validateStandard(schema, value)).ok).toBe(true);
  });

  test("awaits asynchronous schemas", async () => {
    const schema = z.object({ a: z.string().refine(async (text) => text === "x") });
    expect((await validateStandard(schema, { a: "x" })).ok).toBe(true);
    expect((await validateStandard(schema, { a: "y" })).ok).toBe(false);
  });

  test("issues carry pointers and never the library's message", async () => {
    const schema = z.object({ list: z.array(z.object({ "a/b": z.literal("swordfish") })) });
    const outcome = await validateStandard(schema, { list: [{ "a/b": "trout" }] });
    expect(outcome).toStrictEqual({ ok: false, issues: [{ path: "/list/0/a~1b", message: OK }] });
  });

  test("reads path segments that are objects", async () => {
    const schema = schemaOf(() => ({ issues: [{ message: "m", path: [{ key: "a" }, 0, "b"] }] }));
    const outcome = await validateStandard(schema, 1);
    expect(outcome).toStrictEqual({ ok: false, issues: [{ path: "/a/0/b", message: OK }] });
  });

  test.for<[string, (value: unknown) => unknown]>([
    [
      "a throw",
      () => {
        throw new Error("secret");
      },
    ],
    [
      "a rejection",
      async () => {
        throw new Error("secret");
      },
    ],
    ["no answer", () => undefined],
    ["an answer of another form", () => ({ ok: true })],
    ["an empty list of issues", () => ({ issues: [], value: 1 })],
    ["issues that are no list", () => ({ issues: "bad", value: 1 })],
    ["issues that are null", () => ({ issues: null, value: 1 })],
    [
      "issues of another form",
      () => ({ issues: [null, "x", { path: "y" }, { path: [Symbol("s")] }] }),
    ],
  ])("%s is invalid", async ([, validate]) => {
    const outcome = await validateStandard(schemaOf(validate), 1);
    const issues = outcome.ok ? [] : outcome.issues.map(({ path }) => typeof path);
    expect(issues).toContain("string");
    expect(JSON.stringify(outcome)).not.toContain("secret");
  });
});
