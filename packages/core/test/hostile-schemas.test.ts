import { expect, test } from "vitest";
import { lintSchema } from "../src/json-schema/lint-schema.ts";

const members = (count: number, schema: (index: number) => object) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`d${index}`, schema(index)]));

const below = (name: string) => ({ properties: { [name]: { properties: { a: {} } } } });

test.for([
  { name: "one long `$id`", $id: `https://x/${"a/".repeat(50_000)}` },
  { name: "an `$id` just too long", $id: `https://x/${"a".repeat(2039)}` },
])("refuses $name, against which every reference would be resolved", ({ $id }) => {
  const result = lintSchema({ $id, $defs: members(300, (index) => ({ $id: `i${index}` })) });
  expect(result).toMatchObject({ ok: false, issues: [{ path: "/$id" }] });
});

test("refuses `$id`s that add up to a long one", () => {
  const step = `${"a".repeat(500)}/`;
  const nested = Array.from({ length: 10 }).reduce<object>(
    (inner) => ({ $id: step, properties: { a: inner } }),
    {},
  );
  expect(lintSchema({ $id: "https://x/", properties: { a: nested } })).toMatchObject({ ok: false });
});

test("takes an `$id` of 2 048 characters", () => {
  expect(lintSchema({ $id: `https://x/${"a".repeat(2038)}` })).toMatchObject({ ok: true });
});

test("refuses a long name above schemas, which all of them would repeat", () => {
  const within = lintSchema(below("x".repeat(4000)));
  expect(within).toMatchObject({ ok: true });
  expect(lintSchema(below("x".repeat(150_000)))).toMatchObject({
    ok: false,
    issues: [{ message: expect.stringContaining("too long names") }],
  });
});
