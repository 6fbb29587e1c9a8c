import type { z } from "zod";
import { locate, placeOf, placeOfKey, toPlain } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { MAX_ISSUES } from "../source/issue-list.ts";
import type { IssueList } from "../source/issue-list.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import { readClosedMapping } from "./closed.ts";
import { notYet } from "./not-yet.ts";

type ShapeIssue = z.core.$ZodIssue;

/** Where a value stands, for issues. */
export interface ShapeContext {
  /** Path of the value within its file. */
  readonly path: readonly PropertyKey[];
  /** Takes the problems. */
  readonly issues: IssueList;
}

/** Checks a located value against a shape; `undefined` where it does not fit, with every problem reported. */
export function readShape<Value>(
  shape: z.ZodType<Value>,
  located: Located,
  { path, issues }: ShapeContext,
): Value | undefined {
  const result = shape.safeParse(toPlain(located));
  if (result.success) return result.data;
  for (const issue of result.error.issues) report(issue, { located, path, issues });
  return undefined;
}

/** As {@link readShape}, where the problems were reported before. */
export function matchShape<Value>(shape: z.ZodType<Value>, located: Located): Value | undefined {
  const result = shape.safeParse(toPlain(located));
  return result.success ? result.data : undefined;
}

interface Report extends ShapeContext {
  readonly located: Located;
}

function report(issue: ShapeIssue, context: Report): void {
  const { located, path, issues } = context;
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys.slice(0, MAX_ISSUES)) reportUnknownKey(key, issue, context);
    return;
  }
  if (issue.code === "invalid_union") {
    const branch = branchOf(issue, context);
    if (branch !== undefined) {
      for (const inner of branch)
        report({ ...inner, path: [...issue.path, ...inner.path] }, context);
      return;
    }
  }
  issues.add(placeOf(located, issue.path), [...path, ...issue.path], sentenceOf(issue, context));
}

function reportUnknownKey(key: string, issue: ShapeIssue, { located, path, issues }: Report): void {
  const { what, keys } = readClosedMapping(issue.message);
  const holder = locate(located, issue.path);
  const place = holder?.kind === "map" ? placeOfKey(holder, key) : placeOf(located, issue.path);
  const later = notYet(what, key);
  const moved =
    what === "included file" && MAIN_ONLY.has(key)
      ? `\`${key}\` belongs in the policy's main file; an included file has ${listed(keys)}.`
      : undefined;
  const message =
    later ??
    moved ??
    `Unknown key ${quoted(key)}${didYouMean(key, keys) || "."} A ${what} has ${listed(keys)}.`;
  issues.add(place, [...path, ...issue.path, key], message);
}

const MAIN_ONLY: ReadonlySet<string> = new Set([
  "name",
  "identity",
  "mode",
  "context",
  "risk",
  "approval",
  "audit",
  "flow",
  "alerts",
]);

/** The branch of a union that the author meant: the only one whose outer form fits. */
function branchOf(
  issue: Extract<ShapeIssue, { code: "invalid_union" }>,
  { located }: Report,
): readonly ShapeIssue[] | undefined {
  if (locate(located, issue.path) === undefined) return undefined;
  const fitting = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.path.length === 0 && inner.code === "invalid_type"),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function sentenceOf(issue: ShapeIssue, { located }: Report): string {
  const last = issue.path.at(-1);
  const value = locate(located, issue.path);
  const subject = typeof last === "string" ? quoted(last) : "This entry";
  if (value === undefined && typeof last === "string") {
    const expected = expectation(issue);
    return `${subject} is missing${expected === undefined ? "." : `; write ${expected}.`}`;
  }
  if (issue.code === "custom" || issue.code === "invalid_format") return issue.message;
  if (
    issue.code === "invalid_value" &&
    issue.message !== "" &&
    !issue.message.startsWith("Invalid ")
  ) {
    return issue.message;
  }
  const shown =
    value?.kind === "scalar" && typeof value.value === "string" ? value.value : undefined;
  if (issue.code === "invalid_value") {
    const names = issue.values.map(String);
    const near = shown === undefined ? "" : didYouMean(shown, names);
    return `${subject} must be ${oneOf(names)}${near === "" ? "." : near}`;
  }
  const expected = expectation(issue);
  return `${subject} ${expected === undefined ? "is not valid" : `must be ${expected}`}${
    issue.code === "invalid_type" || issue.code === "invalid_union" ? `, not ${kindOf(value)}` : ""
  }.`;
}

function expectation(issue: ShapeIssue): string | undefined {
  if (issue.code === "invalid_type") return TYPE_WORDS.get(issue.expected) ?? issue.expected;
  if (issue.code === "invalid_value") return oneOf(issue.values.map(String));
  if (issue.code === "invalid_union") {
    const words = issue.errors.flatMap((branch) =>
      branch.slice(0, 1).map((inner) => expectation(inner) ?? "something else"),
    );
    return [...new Set(words)].join(" or ");
  }
  if (issue.code === "too_small") return bound(issue.origin, "least", issue);
  if (issue.code === "too_big") return bound(issue.origin, "most", issue);
  return undefined;
}

function bound(
  origin: string,
  direction: "least" | "most",
  issue: {
    readonly minimum?: unknown;
    readonly maximum?: unknown;
    readonly inclusive?: boolean | undefined;
  },
): string {
  const amount = String(direction === "least" ? issue.minimum : issue.maximum);
  const strict = issue.inclusive === false;
  if (origin === "array" || origin === "set") {
    return direction === "least" && amount === "1"
      ? "a list with at least one entry"
      : `a list of at ${direction} ${amount} entries`;
  }
  if (origin === "string") {
    return direction === "least" && amount === "1"
      ? "a text that is not empty"
      : `a text of at ${direction} ${amount} characters`;
  }
  if (strict) return `${direction === "least" ? "more" : "less"} than ${amount}`;
  return `at ${direction} ${amount}`;
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? quoted(names[0] ?? "") : `one of ${listed(names)}`;
}

const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ["string", "a text"],
  ["number", "a number"],
  ["int", "a whole number"],
  ["boolean", "`true` or `false`"],
  ["array", "a list"],
  ["object", "a mapping"],
  ["record", "a mapping"],
]);

function kindOf(value: Located | undefined): string {
  if (value === undefined) return "absent";
  if (value.kind === "list") return "a list";
  if (value.kind === "map") return "a mapping";
  if (value.value === null) return "empty";
  if (typeof value.value === "string") return "a text";
  if (typeof value.value === "number") {
    return Number.isInteger(value.value) ? "a number" : "a fraction";
  }
  return "`true` or `false`";
}
