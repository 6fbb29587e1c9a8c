import { z } from "zod";
import type { Json } from "@portcullis/core";
import { policyShape } from "./policy-shape.ts";

/**
 * The JSON Schema (2020-12) of a policy file, for editors; `schema/policy.v1.json` holds it.
 *
 * The compiler is stricter: it also checks ids, names, durations, rates and conditions.
 */
export function policyJsonSchema(): Json {
  const { $schema, ...rest } = z.toJSONSchema(policyShape, {
    target: "draft-2020-12",
    io: "input",
    unrepresentable: "any",
  });
  const text = JSON.stringify({
    $schema,
    $id: "urn:portcullis:schema:policy.v1",
    title: "Portcullis policy",
    ...rest,
  });
  return parseJson(text);
}

function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  return value;
}
