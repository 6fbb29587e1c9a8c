import { equal } from "./evaluate/equality.ts";
import { UNKNOWN } from "./evaluation-request.ts";
import type { Json, JsonObject } from "./json.ts";
import type { ArgumentConstraint, Ceiling, Grant } from "./principal.ts";

/**
 * Tells whether a call lies within what was delegated: some grant names its tool and, where it
 * constrains arguments, names exactly the arguments present and accepts each.
 *
 * With `UNKNOWN` arguments only the tool's name counts.
 */
export function withinCeiling(
  ceiling: Ceiling,
  tool: string,
  args: JsonObject | typeof UNKNOWN,
): boolean {
  if (ceiling === "unlimited") return true;
  return ceiling.some((grant) => grant.tool === tool && acceptsArgs(grant, args));
}

function acceptsArgs(grant: Grant, args: JsonObject | typeof UNKNOWN): boolean {
  const constraints = grant.args;
  if (constraints === undefined || args === UNKNOWN) return true;
  const names = Object.keys(constraints);
  if (names.length !== Object.keys(args).length) return false;
  return names.every((name) => {
    const constraint = constraints[name];
    const value = Object.hasOwn(args, name) ? args[name] : undefined;
    return constraint !== undefined && value !== undefined && accepts(constraint, value);
  });
}

function accepts(constraint: ArgumentConstraint, value: Json): boolean {
  if (constraint.type === "wildcard") return true;
  if (constraint.type === "exact") return isSame(constraint.value, value);
  if (constraint.type === "one_of") return constraint.values.some((item) => isSame(item, value));
  if (constraint.type !== "range" || typeof value !== "number") return false;
  const { min, max } = constraint;
  // Written so that a bound that is no number accepts nothing.
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}

function isSame(a: Json, b: Json): boolean {
  return equal(a, b, { work: 0, workLimit: Number.POSITIVE_INFINITY }) === true;
}
