import { canonicalKey, canonicalKeys } from "./canonical-keys.ts";
import type { Json, JsonObject } from "./json.ts";
import type { ArgumentConstraint } from "./principal.ts";

/**
 * Tells whether delegated constraints cover arguments: they name exactly the arguments that are
 * there, and each accepts its own. Values are equal when their canonical JSON is.
 *
 * @example
 * ```ts
 * acceptsArguments({ amount: { type: "range", min: 0, max: 50 } }, { amount: 20 }); // true
 * acceptsArguments({ amount: { type: "range", min: 0, max: 50 } }, { amount: 20, to: "x" }); // false
 * ```
 */
export function acceptsArguments(
  constraints: Readonly<Record<string, ArgumentConstraint>>,
  args: JsonObject,
): boolean {
  const names = Object.keys(constraints);
  if (names.length !== Object.keys(args).length) return false;
  return names.every((name) => {
    const constraint = constraints[name];
    const value = Object.hasOwn(args, name) ? args[name] : undefined;
    return constraint !== undefined && value !== undefined && accepts(constraint, value);
  });
}

function accepts(constraint: ArgumentConstraint, value: Json): boolean {
  switch (constraint.type) {
    case "wildcard":
      return true;
    case "exact":
      return canonicalKey(constraint.value) === canonicalKey(value);
    case "one_of":
      return keysOf(constraint.values)?.has(canonicalKey(value)) === true;
    case "not_one_of":
      return keysOf(constraint.excluded)?.has(canonicalKey(value)) === false;
    case "range":
      return typeof value === "number" && acceptsNumber(constraint, value);
    case "contains":
      return isList(value) && holdsAll(value, keysOf(constraint.required));
    case "subset": {
      const allowed = keysOf(constraint.allowed);
      return isList(value) && value.every((item) => allowed?.has(canonicalKey(item)) === true);
    }
    case "all": {
      const clauses = toClauses(constraint.constraints);
      return clauses.length > 0 && clauses.every((clause) => accepts(clause, value));
    }
    case "any":
      return toClauses(constraint.constraints).some((clause) => accepts(clause, value));
    default:
      // A type that a host's JavaScript made up accepts nothing.
      return false;
  }
}

function acceptsNumber(
  range: Extract<ArgumentConstraint, { readonly type: "range" }>,
  value: number,
): boolean {
  const { min = -Infinity, max = Infinity, minInclusive, maxInclusive } = range;
  // A bound that is no number, as a host's JavaScript could write, accepts nothing.
  if (typeof min !== "number" || typeof max !== "number") return false;
  const isAboveMin = minInclusive === false ? value > min : value >= min;
  return isAboveMin && (maxInclusive === false ? value < max : value <= max);
}

function holdsAll(value: readonly Json[], required: ReadonlySet<string> | undefined): boolean {
  if (required === undefined) return false;
  const present = new Set(value.map(canonicalKey));
  return [...required].every((key) => present.has(key));
}

// A host's JavaScript may leave a list out.
function keysOf(values: readonly Json[] | undefined): ReadonlySet<string> | undefined {
  return values !== undefined && Array.isArray(values) ? canonicalKeys(values) : undefined;
}

function toClauses(
  clauses: readonly ArgumentConstraint[] | undefined,
): readonly ArgumentConstraint[] {
  return Array.isArray(clauses) ? clauses : [];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
