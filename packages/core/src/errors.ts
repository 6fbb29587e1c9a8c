import type { RefusedCaller } from "./ports/credential-verifier.ts";

/**
 * Every code that Portcullis throws. A published code is never renamed or reused.
 *
 * Denials are not thrown by the guard: they are values with a {@link DenialCode}.
 */
export type PortcullisErrorCode =
  | "ERR_OPTIONS_INVALID"
  | "ERR_POLICY_INVALID"
  | "ERR_ARGUMENTS_INVALID"
  | "ERR_POLICY_DENIED"
  | "ERR_APPROVAL_REQUIRED"
  | "ERR_APPROVAL_INVALID"
  | "ERR_TOOL_FAILED"
  | "ERR_OBLIGATION_UNKNOWN"
  | "ERR_OBLIGATION_FAILED"
  | "ERR_STORE_UNAVAILABLE"
  | "ERR_BUNDLE_INVALID"
  | "ERR_BUNDLE_SIGNATURE"
  | "ERR_BUNDLE_ROLLBACK"
  | "ERR_BUNDLE_EXPIRED"
  | "ERR_BUNDLE_UNAVAILABLE"
  | "ERR_TOKEN_INVALID"
  | "ERR_TOKEN_EXPIRED"
  | "ERR_TOKEN_AUDIENCE"
  | "ERR_TOKEN_REPLAYED"
  | "ERR_TOKEN_REVOKED"
  | "ERR_TOKEN_UNAVAILABLE"
  | "ERR_LOCK_INVALID"
  | "ERR_DELEGATION_WIDENED"
  | "ERR_DELEGATION_TOO_DEEP";

/** One problem in a document, with its place where it is known. */
export interface Issue {
  /** RFC 6901 pointer or dotted path into the document, `""` for the whole. */
  readonly path: string;
  /** What is wrong and what to write instead; never a value of the user's data. */
  readonly message: string;
  /** File, relative to where the document was loaded from. */
  readonly file?: string;
  /** One-based line. */
  readonly line?: number;
  /** One-based column. */
  readonly column?: number;
}

/** Structured detail of an error; which members are present depends on the code. */
export interface ErrorFields {
  /** The option that is wrong (`ERR_OPTIONS_INVALID`). */
  readonly option?: string;
  /** All problems found (`ERR_POLICY_INVALID`, `ERR_ARGUMENTS_INVALID`). */
  readonly issues?: readonly Issue[];
  /** A closed, code-specific sub-reason for logs and tests; never shown to a model. */
  readonly reason?: string;
  /** The claim concerned (`ERR_TOKEN_…`); never its value. */
  readonly claim?: string;
  /** Whose credential was proven and refused all the same (`ERR_TOKEN_…`); for records. */
  readonly caller?: RefusedCaller;
  /** The obligation concerned (`ERR_OBLIGATION_…`). */
  readonly obligation?: string;
  /** Bundle name (`ERR_BUNDLE_…`). */
  readonly bundle?: string;
  /** Bundle serial (`ERR_BUNDLE_…`). */
  readonly serial?: number;
  /** Which signed document: `root`, `head`, `bundle` or `state` (`ERR_BUNDLE_…`). */
  readonly document?: string;
  /** The role whose signatures were counted (`ERR_BUNDLE_SIGNATURE`). */
  readonly role?: string;
  /** Hop of a delegation chain, root is 0 (`ERR_TOKEN_…`, `ERR_DELEGATION_…`). */
  readonly depth?: number;
}

/** Options of the error constructors. */
export interface PortcullisErrorOptions {
  /** What caused it; kept, never printed into the message. */
  readonly cause?: unknown;
  /** Structured detail. */
  readonly fields?: ErrorFields;
}

const BRAND: symbol = Symbol.for("portcullis.PortcullisError");

/**
 * The one error class of Portcullis; branch on `code`, not on the message.
 *
 * A message names the thing and the rule; it never holds argument values, tokens, prompts or
 * secrets. Two copies of the package recognise each other's errors by a `Symbol.for` brand:
 * use `PortcullisError.isInstance(error)` instead of `instanceof`.
 */
export class PortcullisError extends Error {
  /** Stable code from a closed union. */
  readonly code: PortcullisErrorCode;
  /** Structured detail, `{}` when there is none. */
  readonly fields: ErrorFields;

  constructor(code: PortcullisErrorCode, message: string, options: PortcullisErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PortcullisError";
    this.code = code;
    this.fields = options.fields ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Tells whether a value is a Portcullis error of this or another copy of the package. */
  static isInstance(value: unknown): value is PortcullisError {
    return typeof value === "object" && value !== null && Object.hasOwn(value, BRAND);
  }
}

/**
 * Thrown by factories for options that cannot work (`ERR_OPTIONS_INVALID`, field `option`).
 */
export class PortcullisConfigError extends PortcullisError {
  constructor(option: string, message: string, options: { readonly cause?: unknown } = {}) {
    super("ERR_OPTIONS_INVALID", message, { ...options, fields: { option } });
    this.name = "PortcullisConfigError";
  }
}
