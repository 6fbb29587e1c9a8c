import type { Issue } from "./errors.ts";
import { toPointer } from "./internal/json-pointer.ts";

/** A schema of any library that follows Standard Schema v1, as zod, valibot or arktype. */
export interface StandardSchema {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    /** Checks a value, and may transform it. */
    readonly validate: (value: unknown) => StandardResult | PromiseLike<StandardResult>;
    readonly types?: { readonly input: unknown; readonly output: unknown } | undefined;
  };
}

/** What a Standard Schema answers: `issues` are there exactly when the value is invalid. */
type StandardResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One issue of a Standard Schema. */
interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What validation by a Standard Schema found; `value` is what the schema made of the input. */
export type StandardOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Tells a Standard Schema v1 from anything else; libraries make them objects or functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  if (!("~standard" in value)) return false;
  const standard = value["~standard"];
  if (typeof standard !== "object" || standard === null) return false;
  if (!("version" in standard) || !("validate" in standard)) return false;
  return standard.version === 1 && typeof standard.validate === "function";
}

/**
 * Runs the author's own schema on a value.
 *
 * A throw, a rejection and an answer of the wrong form are invalid. What the schema transformed is
 * not JSON yet: the caller canonicalises `value` again and decides on that. Issues keep the path,
 * never the library's message, which may hold values.
 */
export async function validateStandard(
  schema: StandardSchema,
  value: unknown,
): Promise<StandardOutcome> {
  try {
    const result: unknown = await schema["~standard"].validate(value);
    if (typeof result !== "object" || result === null) return failed([]);
    const issues = "issues" in result ? result.issues : undefined;
    if (issues !== undefined) return failed(Array.isArray(issues) ? issues : []);
    return "value" in result ? { ok: true, value: result.value } : failed([]);
  } catch {
    return failed([]);
  }
}

function failed(found: readonly unknown[]): StandardOutcome {
  const issues = found.map((issue) => ({
    path: toPath(issue),
    message: "Does not fit the schema.",
  }));
  return {
    ok: false,
    issues: issues.length > 0 ? issues : [{ path: "", message: "Does not fit the schema." }],
  };
}

function toPath(issue: unknown): string {
  if (typeof issue !== "object" || issue === null || !("path" in issue)) return "";
  return Array.isArray(issue.path)
    ? toPointer(issue.path.map((segment) => toSegment(segment)))
    : "";
}

function toSegment(segment: unknown): string {
  const isWrapped = typeof segment === "object" && segment !== null && "key" in segment;
  return String(isWrapped ? segment.key : segment);
}
