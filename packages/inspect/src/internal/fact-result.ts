import type { FactErrorCode, FactResult, JsonObject } from "@portcullis/core";

/** The result of an extraction that found all fields. */
export function extracted(value: JsonObject): FactResult {
  return { ok: true, value };
}

/** The result of an extraction that failed; the code is for records, never for a model. */
export function failed(code: FactErrorCode): FactResult {
  return { ok: false, code };
}

/** Thrown inside a parser to leave it from any depth; never leaves this package. */
export class FactFailure extends Error {
  /** What the fact fails with. */
  readonly factCode: FactErrorCode;

  constructor(factCode: FactErrorCode) {
    super(factCode);
    this.name = "FactFailure";
    this.factCode = factCode;
  }
}

/**
 * Runs a parser that may throw. A {@link FactFailure} gives its own code; anything else, such as a
 * parser's stack overflow, is `malformed`.
 */
export function extractOrFail(extract: () => FactResult): FactResult {
  try {
    return extract();
  } catch (error) {
    return failed(error instanceof FactFailure ? error.factCode : "malformed");
  }
}
