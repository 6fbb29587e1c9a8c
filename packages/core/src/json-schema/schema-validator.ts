import type { TLocalizedValidationError } from "typebox/error";
import { Check, Compile, Errors } from "typebox/schema";
import { memberPointer } from "../internal/json-pointer.ts";
import type { Json } from "../json.ts";
import type { LinkedSchema } from "./link-schema.ts";
import { isJsonObject } from "./schema-document.ts";

/** One rule of a schema that a value breaks. */
export interface SchemaIssue {
  /** RFC 6901 pointer into the value; may hold property names of the value, never its values. */
  readonly path: string;
  /** The keyword that is broken; `work` when the check was given up, `false` for a schema `false`. */
  readonly keyword: string;
  /** Names the keyword and, for `required`, properties of the schema; no value. */
  readonly message: string;
}

/** What a validation found. */
export type SchemaResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] };

/** A compiled schema. */
export interface SchemaValidator {
  /**
   * Checks a canonical value; nothing is coerced, added or removed.
   *
   * Whatever throws inside, as work beyond the budget, makes the value invalid.
   */
  validate(value: Json): SchemaResult;
}

/** Counts the work of one validation. */
export interface WorkBudget {
  /** Starts a validation. */
  readonly reset: () => void;
  /** Throws when the validation has done too much. */
  readonly count: (units: number) => void;
}

/** Creates a budget; a unit is about what applying one schema to one value costs. */
export function createWorkBudget(maxUnits: number): WorkBudget {
  let left = maxUnits;
  return {
    reset() {
      left = maxUnits;
    },
    count(units) {
      left -= units;
      if (!(left >= 0)) throw new Error("The validation does too much work.");
    },
  };
}

/** Makes a validator of a linked schema; `interpreted` keeps typebox from generating code. */
export function createSchemaValidator(
  { schema, context, generated, namesInherited }: LinkedSchema,
  budget: WorkBudget,
  interpreted: boolean,
): SchemaValidator {
  const source = generated ?? { schema, context };
  const isValid = interpreted ? undefined : Compile(source.context, source.schema);
  return {
    validate(value) {
      try {
        budget.reset();
        const subject = namesInherited ? withoutPrototypes(value) : value;
        const ok = isValid ? isValid.Check(subject) : Check(context, schema, subject);
        if (ok) return { ok: true };
        budget.reset();
        const [, errors] = Errors(context, schema, subject);
        return { ok: false, issues: toIssues(errors) };
      } catch {
        const message = "The check was given up: it takes too much work.";
        return { ok: false, issues: [{ path: "", keyword: "work", message }] };
      }
    },
  };
}

/** Whether typebox may generate code here. */
export function canGenerateCode(): boolean {
  return Compile(true).IsAccelerated();
}

function withoutPrototypes(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withoutPrototypes(item));
  if (!isJsonObject(value)) return value;
  const bare: Record<string, Json> = Object.create(null);
  for (const [name, member] of Object.entries(value)) bare[name] = withoutPrototypes(member);
  return bare;
}

function toIssues(errors: readonly TLocalizedValidationError[]): SchemaIssue[] {
  const found = errors.flatMap((error) => toIssue(error));
  const telling = found.filter(({ keyword }) => keyword !== "false");
  const issues = new Map<string, SchemaIssue>();
  for (const issue of telling.length > 0 ? telling : found) {
    issues.set(`${issue.keyword} ${issue.path}`, issue);
  }
  if (issues.size > 0) return [...issues.values()];
  return [{ path: "", keyword: "schema", message: "Does not fit the schema." }];
}

function toIssue(error: TLocalizedValidationError): SchemaIssue[] {
  const { instancePath: path, keyword } = error;
  if (error.keyword === "boolean") {
    return [{ path, keyword: "false", message: "Is not allowed." }];
  }
  if (error.keyword === "~refine") return [breach(path, error.params.message)];
  if (error.keyword === "required") {
    return error.params.requiredProperties.map((name) => ({
      path: memberPointer(path, name),
      keyword,
      message: "Is required.",
    }));
  }
  if (error.keyword === "additionalProperties") {
    return unknown(path, keyword, error.params.additionalProperties);
  }
  if (error.keyword === "unevaluatedProperties") {
    return unknown(path, keyword, error.params.unevaluatedProperties);
  }
  return [breach(path, keyword)];
}

function breach(path: string, keyword: string): SchemaIssue {
  return { path, keyword, message: `Breaks the rule "${keyword}" of the schema.` };
}

function unknown(path: string, keyword: string, names: readonly PropertyKey[]): SchemaIssue[] {
  return names.map((name) => ({
    path: memberPointer(path, String(name)),
    keyword,
    message: "Is not a property of the schema, or does not fit what the schema says of others.",
  }));
}
