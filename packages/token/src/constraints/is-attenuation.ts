import type { ArgumentConstraint } from "@portcullis/core";
import { acceptsArguments, canonicalKeys } from "@portcullis/core";
import type { ArgumentConstraints, ToolConstraints } from "./tool-constraints.ts";

/** In what way a delegation grants more than its parent. */
export type AttenuationIssue = "tool-added" | "argument-keys" | "constraint-widened";

/**
 * Tells how a child's tools go beyond its parent's; undefined when they do not.
 *
 * The child has no tool that the parent has not. Where the parent leaves a tool's arguments free,
 * the child may say anything about them; otherwise it constrains the same arguments, each at least
 * as tightly. Pairs of constraints that the rules do not name are refused, also sound ones, so that
 * all verifiers agree.
 *
 * @example
 * ```ts
 * const parent = parseToolConstraints({ search: {} });
 * isAttenuation(parseToolConstraints({ search: {}, pay: {} }), parent); // "tool-added"
 * ```
 */
export function isAttenuation(
  child: ToolConstraints,
  parent: ToolConstraints,
): AttenuationIssue | undefined {
  for (const [tool, args] of child) {
    const above = parent.get(tool);
    if (above === undefined) return "tool-added";
    const issue = compareArguments(args, above);
    if (issue !== undefined) return issue;
  }
  return undefined;
}

function compareArguments(
  child: ArgumentConstraints,
  parent: ArgumentConstraints,
): AttenuationIssue | undefined {
  if (parent === "any") return undefined;
  if (child === "any") return "argument-keys";
  const names = Object.keys(parent);
  if (names.length !== Object.keys(child).length) return "argument-keys";
  for (const name of names) {
    const narrow = Object.hasOwn(child, name) ? child[name] : undefined;
    const wide = parent[name];
    if (narrow === undefined || wide === undefined) return "argument-keys";
    if (!isNarrower(narrow, wide)) return "constraint-widened";
  }
  return undefined;
}

/** Whether a constraint is at least as tight as another, by the rules for their types. */
function isNarrower(child: ArgumentConstraint, parent: ArgumentConstraint): boolean {
  if (parent.type === "wildcard") return true;
  if (child.type === "exact" && (parent.type === "one_of" || parent.type === "range")) {
    return acceptsArguments({ value: parent }, { value: child.value });
  }
  switch (child.type) {
    case "exact":
      return parent.type === "exact" && acceptsArguments({ value: parent }, { value: child.value });
    case "range":
      return parent.type === "range" && isRangeWithin(child, parent);
    case "one_of":
      return parent.type === "one_of" && isPart(child.values, parent.values);
    case "not_one_of":
      return parent.type === "not_one_of" && isPart(parent.excluded, child.excluded);
    case "contains":
      return parent.type === "contains" && isPart(parent.required, child.required);
    case "subset":
      return parent.type === "subset" && isPart(child.allowed, parent.allowed);
    case "all":
      return parent.type === "all" && hasMatching(child.constraints, parent.constraints);
    case "any":
      return (
        parent.type === "any" &&
        child.constraints.every((clause) =>
          parent.constraints.some((above) => isNarrower(clause, above)),
        )
      );
    case "wildcard":
    default:
      // A wildcard below anything else.
      return false;
  }
}

type Range = Extract<ArgumentConstraint, { readonly type: "range" }>;

function isRangeWithin(child: Range, parent: Range): boolean {
  const { min, max, minInclusive = true, maxInclusive = true } = parent;
  if (min !== undefined) {
    const { min: own, minInclusive: isOwnIncluded = true } = child;
    if (own === undefined || own < min) return false;
    if (own === min && isOwnIncluded && !minInclusive) return false;
  }
  if (max !== undefined) {
    const { max: own, maxInclusive: isOwnIncluded = true } = child;
    if (own === undefined || own > max) return false;
    if (own === max && isOwnIncluded && !maxInclusive) return false;
  }
  return true;
}

type Values = Parameters<typeof canonicalKeys>[0];

function isPart(part: Values, whole: Values): boolean {
  const keys = canonicalKeys(whole);
  return [...canonicalKeys(part)].every((key) => keys.has(key));
}

/**
 * Whether each parent clause can have a child clause of its own that is narrower: a matching by
 * augmenting paths (Kuhn) over a table made once. Backtracking would take exponential time on what
 * a holder can craft.
 */
function hasMatching(
  children: readonly ArgumentConstraint[],
  parents: readonly ArgumentConstraint[],
): boolean {
  if (children.length < parents.length) return false;
  const fits = parents.map((parent) => children.map((child) => isNarrower(child, parent)));
  const parentOf = new Map<number, number>();
  const augment = (parent: number, seen: Set<number>): boolean =>
    children.some((_, child) => {
      if (fits[parent]?.[child] !== true || seen.has(child)) return false;
      seen.add(child);
      const holder = parentOf.get(child);
      if (holder !== undefined && !augment(holder, seen)) return false;
      parentOf.set(child, parent);
      return true;
    });
  return parents.every((_, parent) => augment(parent, new Set()));
}
