import type { Json, JsonObject } from "../json.ts";
import type { StaticType } from "../rule-ast.ts";

/** Why a fact could not be extracted. */
export type FactErrorCode =
  | "absent"
  | "wrong-type"
  | "too-large"
  | "malformed"
  | "unsupported"
  | "dynamic"
  | "escapes"
  | "extractor-failed";

/** The fields of a fact, or why there are none; never an empty value for "could not parse". */
export type FactResult =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly code: FactErrorCode };

/** What an extractor may look at besides the value. */
export interface FactContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Extracts one fact; synchronous, deterministic, bounded. */
export type FactExtractor = (value: Json, context: FactContext) => FactResult;

/** A predicate of a fact type, such as `hostWithin`; throws on operands it cannot compare. */
export type FactPredicate = (field: Json, operand: Json) => boolean;

/** Parses one kind of value (URL, path, SQL, …) into typed fields that rules may read. */
export interface FactProvider {
  /** Function name in conditions, such as `url`. */
  readonly type: string;
  /** Version; `type@version` is part of the policy digest. */
  readonly version: number;
  /** Field types, checked at load. */
  readonly fields: Readonly<Record<string, StaticType>>;
  /** Predicates by operator with the field they read. */
  readonly predicates?: Readonly<
    Partial<
      Record<
        "within" | "hostWithin" | "domainWithin" | "inCidr",
        { readonly field: string; readonly test: FactPredicate }
      >
    >
  >;
  /** Prepares an extractor at load; a throw refuses the policy. */
  prepare(options: JsonObject): FactExtractor;
}
