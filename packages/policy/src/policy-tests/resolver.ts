import type { IssueList } from "../source/issue-list.ts";
import { placeOf, locate } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import type { CallSource, PrincipalSource, TestFileSource } from "./test-shape.ts";

/** Looks up what a test file names, and reports what it cannot find. */
export interface Resolver {
  /** The principal, in place or by its name. */
  principal(
    given: string | PrincipalSource | undefined,
    path: readonly PropertyKey[],
  ): PrincipalSource | undefined;
  /** The call, in place or by its name. */
  call(given: string | CallSource, path: readonly PropertyKey[]): CallSource | undefined;
  /** Reports a name that is none of these. */
  oneOf(name: string, known: readonly string[], what: string, path: readonly PropertyKey[]): void;
  /** Reports names that occur twice. */
  distinct(names: readonly string[], what: string, path: readonly PropertyKey[]): void;
  /** Adds a problem at a path. */
  report(path: readonly PropertyKey[], message: string): void;
  /** The value at a path, or the nearest that holds it. */
  at(path: readonly PropertyKey[]): Located;
}

/** Makes a resolver over the fixtures of one file. */
export function createResolver(
  { fixtures }: TestFileSource,
  { located, issues }: { readonly located: Located; readonly issues: IssueList },
): Resolver {
  const principals = new Map(Object.entries(fixtures?.principals ?? {}));
  const calls = new Map(Object.entries(fixtures?.calls ?? {}));
  const report: Resolver["report"] = (path, message) =>
    issues.add(placeOf(located, path), path, message);
  const find = <T>(
    known: ReadonlyMap<string, T>,
    { name, what }: { readonly name: string; readonly what: string },
    path: readonly PropertyKey[],
  ): T | undefined => {
    const found = known.get(name);
    if (found === undefined) report(path, notFound(name, known.keys(), what));
    return found;
  };
  return {
    principal(given, path) {
      if (given === undefined) {
        report(path, "`principal` is missing, here and in `defaults`; name who calls.");
        return undefined;
      }
      if (typeof given !== "string") return given;
      const at =
        locate(located, [...path, "principal"]) === undefined ? path : [...path, "principal"];
      return find(principals, { name: given, what: "principal in `fixtures`" }, at);
    },
    call(given, path) {
      return typeof given === "string"
        ? find(calls, { name: given, what: "call in `fixtures`" }, path)
        : given;
    },
    oneOf(name, known, what, path) {
      if (!known.includes(name)) report(path, notFound(name, known, what));
    },
    distinct(names, what, path) {
      for (const [index, name] of names.entries()) {
        if (names.indexOf(name) === index) continue;
        report([...path, index], `This ${what} is listed twice; remove one.`);
      }
    },
    report,
    at(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const found = locate(located, path.slice(0, length));
        if (found !== undefined) return found;
      }
      return located;
    },
  };
}

/** What is said about a name that is not known. */
export function notFound(name: string, known: Iterable<string>, what: string): string {
  const all = [...known];
  const near = didYouMean(name, all);
  if (near !== "") return `There is no ${what} ${quoted(name)}${near}`;
  return all.length === 0
    ? `There is no ${what} ${quoted(name)}; there is none at all.`
    : `There is no ${what} ${quoted(name)}; there are ${listed(all)}.`;
}
