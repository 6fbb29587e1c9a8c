import type { Denial } from "./denial.ts";
import { toModelText } from "./denial.ts";
import { PortcullisError } from "./errors.ts";

/** What is known of a tool that threw: a redacted message and no stack. */
export interface ToolFailure {
  /** Redacted message, at most 2 000 characters. */
  readonly message: string;
  /** The error's own name, such as `TypeError`; `Error` when it has none. */
  readonly name: string;
}

/**
 * A call that did not run, in the form that frameworks expect: a thrown error.
 *
 * `toString()` gives only the denial's JSON, because frameworks put `String(error)` before the
 * model. `code` is `ERR_APPROVAL_REQUIRED` when a person must answer first, else
 * `ERR_POLICY_DENIED`.
 */
export class PortcullisDeniedError extends PortcullisError {
  /** Why the call did not run. */
  readonly denial: Denial;

  constructor(denial: Denial) {
    const waits = denial.retryable === "after-approval";
    super(waits ? "ERR_APPROVAL_REQUIRED" : "ERR_POLICY_DENIED", toModelText(denial));
    this.name = "PortcullisDeniedError";
    this.denial = denial;
    Object.defineProperty(this, "stack", { value: this.message, configurable: true });
  }

  override toString(): string {
    return this.message;
  }
}

/** The tool itself threw (`ERR_TOOL_FAILED`); the message is redacted and there is no stack. */
export class PortcullisToolError extends PortcullisError {
  /** What is known of the failure. */
  readonly failure: ToolFailure;

  constructor(failure: ToolFailure) {
    super("ERR_TOOL_FAILED", failure.message);
    this.name = "PortcullisToolError";
    this.failure = failure;
    Object.defineProperty(this, "stack", { value: this.message, configurable: true });
  }

  override toString(): string {
    return this.message;
  }
}
