import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSchemaCompiler } from "@portcullis/core";
import { expect, test } from "vitest";
import { policyJsonSchema } from "../src/index.ts";

const FILE = join(import.meta.dirname, "..", "schema", "policy.v1.json");

test("the schema file is what the shapes say", async () => {
  expect(JSON.parse(await readFile(FILE, "utf8"))).toEqual(policyJsonSchema());
});

test("the schema tells a policy from what is none", async () => {
  const digest = { sha256: (text: string) => text, hmacSha256: () => "" };
  const matcher = { compile: (source: string) => new RegExp(source, "u") };
  const validator = await createSchemaCompiler({ digest, matcher }).compile(
    JSON.parse(await readFile(FILE, "utf8")),
  );
  const policy = { portcullis: 1, name: "a", tools: { t: { class: "read", input: "x.json" } } };
  expect(validator.validate(policy).ok).toBe(true);
  expect(validator.validate({ ...policy, rulez: [] }).ok).toBe(false);
  expect(validator.validate({ ...policy, rules: [{ id: "a", effect: "allow" }] }).ok).toBe(false);
  expect(
    validator.validate({ ...policy, rules: [{ id: "a", effect: "forbid", tools: {} }] }).ok,
  ).toBe(false);
});
