import { z } from "zod";
import type { Json } from "@portcullis/core";
import { testFileShape } from "../policy-tests/test-shape.ts";
import { policyShape } from "./policy-shape.ts";

/**
 * The JSON Schema (2020-12) of a policy file, for editors; `schema/policy.v1.json` holds it.
 *
 * The compiler is stricter: it also checks ids, names, durations, rates and conditions.
 */
export function policyJsonSchema(): Json {
  return toSchema(policyShape, { id: "policy.v1", title: "Portcullis policy" });
}

/**
 * The JSON Schema (2020-12) of a file of policy tests, for editors; `schema/policy-test.v1.json`
 * holds it.
 *
 * The reader is stricter: it also checks names, codes, rules and dates.
 */
export function policyTestJsonSchema(): Json {
  return toSchema(testFileShape, { id: "policy-test.v1", title: "Portcullis policy tests" });
}

function toSchema(
  shape: z.ZodType,
  { id, title }: { readonly id: string; readonly title: string },
): Json {
  const { $schema, ...rest } = z.toJSONSchema(shape, {
    target: "draft-2020-12",
    io: "input",
    unrepresentable: "any",
  });
  const text = JSON.stringify({ $schema, $id: `urn:portcullis:schema:${id}`, title, ...rest });
  return parseJson(text);
}

function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}
