import type { DenialCode, DenialOptions } from "./denial.ts";
import type { RefusedCaller } from "./ports/credential-verifier.ts";

/** What a refusal may say beyond its code's own texts. */
export type RefusalDetail = Omit<DenialOptions, "decisionId">;

/**
 * How a stage says no: thrown inside the guard, turned into a {@link Denial} at its edge, never
 * seen outside.
 */
export class Refusal extends Error {
  /** The denial code. */
  readonly code: DenialCode;
  /** Overrides of the code's own texts. */
  readonly detail: RefusalDetail;
  /** Whose credential was refused, where that is proven; for records. */
  readonly caller: RefusedCaller | undefined;

  constructor(code: DenialCode, detail: RefusalDetail = {}, caller?: RefusedCaller) {
    super(code);
    this.name = "Refusal";
    this.code = code;
    this.detail = detail;
    this.caller = caller;
  }
}
