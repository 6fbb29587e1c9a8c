import type { Issue } from "../errors.ts";
import { PortcullisError } from "../errors.ts";
import type { PatternMatcher } from "../ports/pattern-matcher.ts";
import type { LintResult } from "./lint-schema.ts";
import { lintSchema } from "./lint-schema.ts";
import type { VettedPattern } from "./link.ts";
import { LinkError } from "./link.ts";
import { linkSchema } from "./link-schema.ts";
import type { SchemaRegistry } from "./schema-document.ts";
import type { SchemaValidator, WorkBudget } from "./schema-validator.ts";
import { canGenerateCode, createSchemaValidator, createWorkBudget } from "./schema-validator.ts";
import { classifyPattern } from "./vet-pattern.ts";

/** How one schema is compiled. */
export interface SchemaOptions {
  /**
   * Who wrote the schema. `trusted` (the policy, the host) may be turned into generated code;
   * `foreign` (an MCP server) is interpreted, all its work is counted, at most 250 000 units for a
   * value, and `unevaluatedItems` and `unevaluatedProperties` are refused. Default `foreign`.
   */
  readonly origin?: "trusted" | "foreign";
  /**
   * Refuses unknown properties of the value itself and of every nested object whose schema names
   * properties, unless the schema says `additionalProperties` or `unevaluatedProperties`. Never
   * makes a schema accept more. Default false.
   */
  readonly closed?: boolean;
}

/** What the schemas of one compiler share. */
export interface SchemaEnvironment {
  /** Runs the patterns that are not of the native class; without it they refuse the schema. */
  readonly matcher?: PatternMatcher;
  /** Schemas that references may name by URI. */
  readonly registry?: SchemaRegistry;
}

const MAX_TRUSTED_UNITS = 1_000_000;
// Interpreted, this many take some tenths of a second, in which nothing else runs.
const MAX_FOREIGN_UNITS = 250_000;

type Linted = Extract<LintResult, { readonly ok: true }>;

/**
 * Checks a JSON Schema (2020-12) strictly and compiles it.
 *
 * `format` is asserted, stricter than the specification's default. A string over 64 KiB fits no
 * pattern and no format. `multipleOf` is decimal arithmetic.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with reason `schema-invalid` and every issue found
 * when the schema breaks a rule of the linter or cannot be enforced.
 *
 * @example
 * ```ts
 * const amount = compileSchema({ type: "object", properties: { amount: { type: "number" } } });
 * amount.validate({ amount: "ten" });
 * // { ok: false, issues: [{ path: "/amount", keyword: "type", message: "…" }] }
 * ```
 */
export function compileSchema(
  schema: unknown,
  options: SchemaOptions & SchemaEnvironment = {},
): SchemaValidator {
  const linted = lintSchema(schema, options);
  if (!linted.ok) throw schemaInvalid(linted.issues);
  return compileLinted(linted, options);
}

/**
 * Compiles a schema that the linter passed.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` when it cannot be enforced.
 */
export function compileLinted(
  { root }: Linted,
  {
    origin = "foreign",
    closed = false,
    matcher,
    registry = new Map(),
  }: SchemaOptions & SchemaEnvironment,
): SchemaValidator {
  const foreign = origin === "foreign";
  const budget: WorkBudget = createWorkBudget(foreign ? MAX_FOREIGN_UNITS : MAX_TRUSTED_UNITS);
  const interpreted = foreign || !canGenerateCode();
  const compilePattern = (source: string): VettedPattern => vetPattern(source, matcher);
  const { count } = budget;
  try {
    const options = { registry, foreign, interpreted, closed, compilePattern, count };
    return createSchemaValidator(linkSchema(root, options), budget, interpreted);
  } catch (cause) {
    const isOurs = cause instanceof LinkError;
    const path = isOurs ? cause.pointer : "";
    const message = isOurs ? `This ${cause.message}.` : "This schema is too large to be compiled.";
    throw schemaInvalid([{ path, message }]);
  }
}

/** The error of a schema that is refused. */
export function schemaInvalid(issues: readonly Issue[]): PortcullisError {
  const [first] = issues;
  const message = `The schema is refused at "${first?.path ?? ""}": ${first?.message ?? ""}`;
  return new PortcullisError("ERR_POLICY_INVALID", message, {
    fields: { reason: "schema-invalid", issues },
  });
}

function vetPattern(source: string, matcher: PatternMatcher | undefined): VettedPattern {
  const verdict = classifyPattern(source);
  if (verdict.kind === "native") {
    const native = new RegExp(source, "u");
    const unitsPerCharacter = verdict.stepsPerCharacter / 100;
    return { isNative: true, unitsPerCharacter, test: (text) => native.test(text) };
  }
  if (verdict.kind === "refused" || matcher === undefined) {
    throw new Error("The linter has let a pattern pass that nobody runs.");
  }
  const linear = matcher.compile(source, "ecma");
  return { isNative: false, unitsPerCharacter: 0.1, test: (text) => linear.test(text) };
}
