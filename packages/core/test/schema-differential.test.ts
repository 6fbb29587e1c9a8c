import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalize } from "../src/canonical-json.ts";
import { compileSchema } from "../src/json-schema/compile-schema.ts";
import type { Json } from "../src/json.ts";
import { isValidByReference } from "./support/reference-validator.ts";
import { schemas, values } from "./support/schema-arbitrary.ts";

const samples = fc.array(values, { minLength: 12, maxLength: 12 });

function plain(value: unknown): Json {
  return canonicalize(JSON.parse(JSON.stringify(value))).value;
}

describe("compiled schemas agree with", () => {
  test("the plainest reading of the specification, compiled and interpreted", () => {
    fc.assert(
      fc.property(schemas, samples, (generated, found) => {
        const schema = plain(generated);
        const usesUnevaluated = JSON.stringify(schema).includes('"unevaluated');
        const origins = usesUnevaluated
          ? (["trusted"] as const)
          : (["trusted", "foreign"] as const);
        for (const origin of origins) {
          const validator = compileSchema(schema, { origin });
          for (const value of found.map((item) => plain(item))) {
            expect(validator.validate(value).ok).toBe(isValidByReference(schema, value));
          }
        }
      }),
      { numRuns: 1500 },
    );
  });

  // Ajv 8.20 takes [] for { prefixItems: [{}], contains: {} } and leaks what is evaluated.
  test("Ajv, where Ajv is right: without contains and unevaluated…", () => {
    const ajv = new Ajv2020({ strict: false, ownProperties: true, validateFormats: false });
    fc.assert(
      fc.property(schemas, samples, (generated, found) => {
        const schema = plain(generated);
        fc.pre(!/"(unevaluated|contains)/.test(JSON.stringify(schema)));
        const oracle = ajv.compile(schema as object);
        const validator = compileSchema(schema, { origin: "trusted" });
        for (const value of found.map((item) => plain(item))) {
          expect([validator.validate(value).ok, undefined]).toContain(answerOf(oracle, value));
        }
      }),
      { numRuns: 150 },
    );
  });

  test("themselves when closed, or accept less", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(schemas, samples, (generated, found) => {
        const schema = plain(generated);
        const usesUnevaluated = JSON.stringify(schema).includes('"unevaluated');
        const origins = usesUnevaluated
          ? (["trusted"] as const)
          : (["trusted", "foreign"] as const);
        for (const origin of origins) {
          const validator = compileSchema(schema, { origin, closed: true });
          for (const value of found.map((item) => plain(item))) {
            const wasValid = isValidByReference(schema, value);
            expect(validator.validate(value).ok && !wasValid).toBe(false);
          }
        }
      }),
      { numRuns: 1500 },
    );
  });
});

// Ajv throws on objects that have a member named `toString`.
function answerOf(oracle: (value: unknown) => unknown, value: Json): unknown {
  try {
    return oracle(value);
  } catch {
    return undefined;
  }
}
