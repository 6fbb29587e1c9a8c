import type { FactErrorCode, FactProvider, FactResult, Json, JsonObject } from "@portcullis/core";

/** What a provider says about a value. */
export function extractWith(
  provider: FactProvider,
  options: JsonObject = {},
): (value: Json) => FactResult {
  const extract = provider.prepare(options);
  return (value) => extract(value, { now: 0 });
}

/** The fields of a fact that must be extracted. */
export function fieldsOf(result: FactResult): JsonObject {
  if (!result.ok) throw new Error(`The fact failed: ${result.code}`);
  return result.value;
}

/** The code of a fact that must fail. */
export function codeOf(result: FactResult): FactErrorCode {
  if (result.ok) throw new Error(`The fact did not fail: ${JSON.stringify(result.value)}`);
  return result.code;
}

/** How many cases a property is tried on. */
export const RUNS: number = process.env["PORTCULLIS_LONG"] === "1" ? 100_000 : 2000;
