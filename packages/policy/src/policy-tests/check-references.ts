import { DENIALS, isDenialCode } from "@portcullis/core";
import type { PolicyDocument } from "@portcullis/core";
import type { IssueList } from "../source/issue-list.ts";
import { placeOf } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { readLength } from "./read-times.ts";
import { notFound } from "./resolver.ts";
import type { ExpectationSource, TestFileSource } from "./test-shape.ts";

/** What the expectations of a file are held against. */
interface ReferenceContext {
  readonly located: Located;
  readonly policy: PolicyDocument;
  readonly issues: IssueList;
}

/** Reports tests of one name, and codes, rules and limits that there are not. */
export function checkReferences(source: TestFileSource, context: ReferenceContext): void {
  const { located, policy, issues } = context;
  const rules = [
    ...policy.rules.map(({ id }) => id),
    ...policy.limits.map(({ id }) => `limit:${id}`),
  ];
  const names = source.tests.map(({ name }) => name);
  for (const [index, { name, expect = [] }] of source.tests.entries()) {
    const path = ["tests", index];
    if (names.indexOf(name) < index) {
      const at = [...path, "name"];
      issues.add(placeOf(located, at), at, "Another test of this file has this name.");
    }
    const list = toList(expect);
    for (const [place, expectation] of list.entries()) {
      const at = [...path, "expect", ...(Array.isArray(expect) ? [place] : [])];
      checkExpectation(expectation, { ...context, rules, path: at });
    }
  }
}

function toList(
  expect: ExpectationSource | readonly ExpectationSource[],
): readonly ExpectationSource[] {
  return "outcome" in expect ? [expect] : expect;
}

function checkExpectation(
  { code, rules = [], obligations = [] }: ExpectationSource,
  {
    located,
    issues,
    path,
    rules: known,
  }: ReferenceContext & {
    readonly path: readonly PropertyKey[];
    readonly rules: readonly string[];
  },
): void {
  const report = (member: readonly PropertyKey[], message: string): void => {
    const at = [...path, ...member];
    issues.add(placeOf(located, at), at, message);
  };
  if (code !== undefined && !isDenialCode(code)) {
    report(["code"], notFound(code, Object.keys(DENIALS), "denial code"));
  }
  for (const [index, id] of rules.entries()) {
    if (!known.includes(id)) report(["rules", index], notFound(id, known, "rule or limit"));
    else if (rules.indexOf(id) < index) report(["rules", index], "This rule is listed twice.");
  }
  for (const [index, obligation] of obligations.entries()) {
    const expires = typeof obligation === "string" ? undefined : obligation.approval?.expires;
    const length = expires === undefined ? undefined : readLength(expires);
    if (length?.ok === false) {
      report(["obligations", index, "approval", "expires"], length.message);
    }
  }
}
