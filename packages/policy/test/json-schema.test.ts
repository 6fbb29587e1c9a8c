import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSchemaCompiler } from "@portcullis/core";
import type { Json, SchemaValidator } from "@portcullis/core";
import { expect, test } from "vitest";
import { policyJsonSchema, policyTestJsonSchema } from "../src/index.ts";

const FOLDER = join(import.meta.dirname, "..", "schema");

test.for([
  ["policy.v1.json", policyJsonSchema],
  ["policy-test.v1.json", policyTestJsonSchema],
] as const)("the file %s is what the shapes say", async ([file, schema]) => {
  expect(JSON.parse(await readFile(join(FOLDER, file), "utf8"))).toEqual(schema());
});

async function compileFile(file: string): Promise<SchemaValidator> {
  const digest = { sha256: (text: string) => text, hmacSha256: () => "" };
  const matcher = { compile: (source: string) => new RegExp(source, "u") };
  return createSchemaCompiler({ digest, matcher }).compile(
    JSON.parse(await readFile(join(FOLDER, file), "utf8")),
  );
}

test("the schema tells a policy from what is none", async () => {
  const validator = await compileFile("policy.v1.json");
  const policy = { portcullis: 1, name: "a", tools: { t: { class: "read", input: "x.json" } } };
  expect(validator.validate(policy).ok).toBe(true);
  expect(validator.validate({ ...policy, rulez: [] }).ok).toBe(false);
  expect(validator.validate({ ...policy, rules: [{ id: "a", effect: "allow" }] }).ok).toBe(false);
  expect(
    validator.validate({ ...policy, rules: [{ id: "a", effect: "forbid", tools: {} }] }).ok,
  ).toBe(false);
});

test("the schema tells policy tests from what are none", async () => {
  const validator = await compileFile("policy-test.v1.json");
  const single = { name: "a", principal: "p", call: { tool: "t" }, expect: { outcome: "permit" } };
  const matrix = { name: "b", matrix: { principals: ["p"], calls: ["c"] }, expect: [] };
  const file = { portcullis: 1, tests: [single, matrix] };
  const accepts = (value: Json) => validator.validate(value).ok;
  expect(accepts(file)).toBe(true);
  expect(accepts({ ...file, tests: [] })).toBe(false);
  expect(accepts({ ...file, test: [] })).toBe(false);
  expect(accepts({ ...file, tests: [{ ...single, expect: { outcome: "allow" } }] })).toBe(false);
  expect(accepts({ ...file, tests: [{ ...single, given: [{ times: 0 }] }] })).toBe(false);
  expect(accepts({ ...file, tests: [{ ...single, ceiling: null }] })).toBe(false);
});
