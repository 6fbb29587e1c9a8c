import { isList, isObject } from "../evaluate/frame.ts";
import { escapeSegment } from "../internal/json-pointer.ts";
import type { Json, JsonObject } from "../json.ts";
import type { IssueReport } from "./issue-report.ts";

/** Checks one value that is present and reports what is wrong with it. */
export type Check = (report: IssueReport, value: Json, path: string) => void;

/** Members of an object with the check of each. */
export interface Members {
  readonly required?: Readonly<Record<string, Check>>;
  readonly optional?: Readonly<Record<string, Check>>;
}

/** An object with exactly these members; gives it back when it is an object at all. */
export function checkMembers(
  report: IssueReport,
  value: Json,
  path: string,
  members: Members,
): JsonObject | undefined {
  if (!isObject(value)) {
    report.add(path, "This must be an object.");
    return undefined;
  }
  const required = members.required ?? {};
  const checks = { ...required, ...members.optional };
  for (const name of Object.keys(required)) {
    if (!Object.hasOwn(value, name)) report.add(path, `The member \`${name}\` is missing; add it.`);
  }
  for (const [name, member] of Object.entries(value)) {
    const place = `${path}/${escapeSegment(name)}`;
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      report.add(place, `Unknown member; known here are ${Object.keys(checks).join(", ")}.`);
    } else {
      check(report, member, place);
    }
  }
  return value;
}

/** {@link checkMembers} as a check. */
export function object(members: Members): Check {
  return (report, value, path) => void checkMembers(report, value, path, members);
}

/** Any JSON object. */
export const anyObject: Check = (report, value, path) => {
  if (!isObject(value)) report.add(path, "This must be an object.");
};

/** A list whose elements all pass the check. */
export function list(
  element: Check,
  { min = 0, isUnique = false }: { readonly min?: number; readonly isUnique?: boolean } = {},
): Check {
  return (report, value, path) => {
    if (!isList(value)) {
      report.add(path, "This must be a list.");
      return;
    }
    if (value.length < min) {
      report.add(path, "This list must not be empty; leave the member out instead.");
    }
    value.forEach((item, index) => element(report, item, `${path}/${index}`));
    if (isUnique && new Set(value).size < value.length) {
      report.add(path, "This list names something twice; write each once.");
    }
  };
}

/** An object used as a dictionary; the name of each entry is checked too. */
export function dictionary(name: Check, entry: Check): Check {
  return (report, value, path) => {
    if (!isObject(value)) {
      report.add(path, "This must be an object.");
      return;
    }
    for (const [key, member] of Object.entries(value)) {
      const place = `${path}/${escapeSegment(key)}`;
      name(report, key, place);
      entry(report, member, place);
    }
  };
}

/** One of the given values. */
export function choice(values: readonly (string | number)[]): Check {
  return (report, value, path) => {
    const isKnown = values.some((known) => known === value);
    if (!isKnown) report.add(path, `This must be one of ${values.join(", ")}.`);
  };
}

/** A boolean. */
export const flag: Check = (report, value, path) => {
  if (typeof value !== "boolean") report.add(path, "This must be true or false.");
};

/** A number within bounds; whole unless `isWhole` is false. */
export function number({
  min,
  max = Number.MAX_SAFE_INTEGER,
  isWhole = true,
}: {
  readonly min: number;
  readonly max?: number;
  readonly isWhole?: boolean;
}): Check {
  const kind = isWhole ? "whole number" : "number";
  return (report, value, path) => {
    const isNumber = typeof value === "number" && (!isWhole || Number.isSafeInteger(value));
    if (isNumber && value >= min && value <= max) return;
    report.add(path, `This must be a ${kind} from ${min} to ${max}.`);
  };
}

/** A text of at most so many characters. */
export function text(maxLength: number): Check {
  return (report, value, path) => {
    if (typeof value !== "string") report.add(path, "This must be a text.");
    else if (value.length === 0) report.add(path, "This text must not be empty.");
    else if (value.length > maxLength) report.add(path, `This is over ${maxLength} characters.`);
  };
}
