import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createSchemaCompiler } from "../src/json-schema/schema-compiler.ts";
import type { Digest } from "../src/ports/runtime.ts";

const digest: Digest = {
  sha256: (text) => createHash("sha256").update(text).digest("base64url"),
  hmacSha256: () => "",
};

describe("kept validators", () => {
  test("equal schemas share one, whatever the order of their members", async () => {
    const schemas = createSchemaCompiler({ digest });
    const one = await schemas.compile({ type: "object", minProperties: 1 });
    expect(await schemas.compile({ minProperties: 1, type: "object" })).toBe(one);
  });

  test("origin and closing keep them apart", async () => {
    const schemas = createSchemaCompiler({ digest });
    const found = new Set([
      await schemas.compile({}),
      await schemas.compile({}, { origin: "trusted" }),
      await schemas.compile({}, { closed: true }),
      await schemas.compile({}, { origin: "trusted", closed: true }),
    ]);
    expect(found.size).toBe(4);
    expect(await schemas.compile({}, { origin: "foreign", closed: false })).toBe(
      await schemas.compile({}),
    );
  });

  test("1 024 are kept, the longest unused goes first", async () => {
    const schemas = createSchemaCompiler({ digest });
    const first = await schemas.compile({ const: -1 });
    const second = await schemas.compile({ const: -2 });
    for (let index = 0; index < 1022; index += 1) await schemas.compile({ const: index });
    expect(await schemas.compile({ const: -1 })).toBe(first);
    await schemas.compile({ const: 5000 });
    expect(await schemas.compile({ const: -1 })).toBe(first);
    expect(await schemas.compile({ const: -2 })).not.toBe(second);
  });

  test("a refused schema is refused again", async () => {
    const schemas = createSchemaCompiler({ digest });
    for (let round = 0; round < 2; round += 1) {
      await expect(schemas.compile({ typ: 1 })).rejects.toMatchObject({
        code: "ERR_POLICY_INVALID",
      });
    }
  });

  test("a digest may come later", async () => {
    const later: Digest = { ...digest, sha256: async (text) => digest.sha256(text) };
    const validator = await createSchemaCompiler({ digest: later }).compile({ type: "string" });
    expect(validator.validate(1).ok).toBe(false);
  });
});

describe("registered schemas", () => {
  const remotes = {
    "https://example.org/amount": {
      type: "number",
      $defs: { eur: { $anchor: "eur", minimum: 0 } },
    },
    "https://example.org/list": { items: { $ref: "amount" } },
    "https://example.org/broken-link": { $ref: "nowhere" },
  };

  test.for<[string, unknown, unknown, boolean]>([
    ["by URI", { $ref: "https://example.org/amount" }, "1", false],
    ["through each other", { $ref: "https://example.org/list" }, [1, "2"], false],
    ["by anchor", { $ref: "https://example.org/amount#eur" }, -1, false],
    ["by pointer", { $ref: "https://example.org/amount#/$defs/eur" }, 1, true],
  ])("%s", async ([, schema, value, expected]) => {
    const schemas = createSchemaCompiler({ digest, remotes });
    for (const origin of ["trusted", "foreign"] as const) {
      const validator = await schemas.compile(schema, { origin });
      expect(validator.validate(value as never).ok).toBe(expected);
    }
  });

  test("that refer to nothing refuse the schema that reaches them", async () => {
    const schemas = createSchemaCompiler({ digest, remotes });
    const schema = { $ref: "https://example.org/broken-link" };
    await expect(schemas.compile(schema)).rejects.toThrow(/not registered/);
  });

  test("that break a rule refuse the compiler", () => {
    expect(() => createSchemaCompiler({ digest, remotes: { "urn:bad": { typ: 1 } } })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option: "remotes" } }),
    );
  });
});
