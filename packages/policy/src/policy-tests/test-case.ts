import type { JsonObject } from "@portcullis/core";
import type { Located } from "../source/located.ts";
import type {
  CallSource,
  CeilingSource,
  ExpectationSource,
  PrincipalSource,
  StepSource,
} from "./test-shape.ts";

/** A step before the asserted call, with its references resolved. */
export type Step =
  | { readonly kind: "wait"; readonly milliseconds: number }
  | {
      readonly kind: "usage";
      readonly usage: NonNullable<StepSource["usage"]>;
      readonly principal: PrincipalSource;
      readonly session: string;
    }
  | {
      readonly kind: "call";
      readonly call: CallSource;
      readonly principal: PrincipalSource;
      readonly session: string;
      readonly times: number;
      /** Time that passes after each of the calls. */
      readonly everyMilliseconds: number;
      readonly outcome: ExpectationSource["outcome"];
      readonly end: StepEnd;
      /** Where it is written. */
      readonly located: Located;
    };

/** How the tool of a step ends. */
export type StepEnd =
  | { readonly kind: "result"; readonly value: NonNullable<StepSource["result"]> | null }
  | { readonly kind: "fails" }
  | { readonly kind: "running" };

/** One asserted call, with its references resolved: a single test or one cell of a matrix. */
export interface TestCase {
  /** Name of the test, and of a cell its principal and call. */
  readonly name: string;
  /** Name of the test alone. */
  readonly test: string;
  readonly principalName?: string;
  readonly callName?: string;
  /** The expectation, or the matrix where a cell has none. */
  readonly located: Located;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly given: readonly Step[];
  readonly principal: PrincipalSource;
  readonly call: CallSource;
  readonly prompt?: string;
  readonly context?: JsonObject;
  readonly ceiling: CeilingSource;
  readonly expected: ExpectationSource;
}
