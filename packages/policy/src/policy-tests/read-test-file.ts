import type { PolicyDocument } from "@portcullis/core";
import type { IssueList } from "../source/issue-list.ts";
import type { Located } from "../source/located.ts";
import { readYaml } from "../source/read-yaml.ts";
import { createSourceText } from "../source/source-text.ts";
import { readShape } from "../shape/read-shape.ts";
import { checkReferences } from "./check-references.ts";
import { readSteps } from "./read-steps.ts";
import { readDate } from "./read-times.ts";
import { createResolver } from "./resolver.ts";
import type { Resolver } from "./resolver.ts";
import type { TestCase } from "./test-case.ts";
import { testFileShape } from "./test-shape.ts";
import type { CellSource, TestFileSource, TestSource } from "./test-shape.ts";

/** A file of policy tests. */
export interface PolicyTestFile {
  /** Name for messages, such as `policy_test.yaml`. */
  readonly file: string;
  /** Its content: YAML 1.2. */
  readonly text: string;
}

/** The clock of a file that does not set one: 2026-01-01T00:00:00Z. */
const DEFAULT_NOW: number = Date.UTC(2026, 0, 1);

/**
 * Reads a file of policy tests; whatever is wrong is in `issues`, and then nothing may be run.
 * Rules and limits that it names must be those of the policy.
 */
export function readTestFile(
  { file, text }: PolicyTestFile,
  { policy, issues }: { readonly policy: PolicyDocument; readonly issues: IssueList },
): readonly TestCase[] {
  const located = readYaml(createSourceText(file, text), issues);
  if (located === undefined) return [];
  if (located.kind !== "map") {
    issues.add(located, [], "A file of policy tests is a mapping; begin with `portcullis: 1`.");
    return [];
  }
  const source = readShape(testFileShape, located, { path: [], issues });
  if (source === undefined) return [];
  checkReferences(source, { located, policy, issues });
  const resolver = createResolver(source, { located, issues });
  const fileNow = readNow(source.now, { resolver, path: ["now"], otherwise: DEFAULT_NOW });
  return source.tests.flatMap((test, index) =>
    readTest(test, { source, resolver, path: ["tests", index], fileNow }),
  );
}

interface TestSurroundings {
  readonly source: TestFileSource;
  readonly resolver: Resolver;
  readonly path: readonly PropertyKey[];
  readonly fileNow: number;
}

function readTest(test: TestSource, around: TestSurroundings): readonly TestCase[] {
  const { resolver, path, fileNow } = around;
  const now = readNow(test.now, { resolver, path: [...path, "now"], otherwise: fileNow });
  return test.matrix === undefined
    ? readSingle(test, now, around)
    : readMatrix(test, { now, matrix: test.matrix }, around);
}

function readNow(
  text: string | undefined,
  {
    resolver,
    path,
    otherwise,
  }: {
    readonly resolver: Resolver;
    readonly path: readonly PropertyKey[];
    readonly otherwise: number;
  },
): number {
  if (text === undefined) return otherwise;
  const date = readDate(text);
  if (date.ok) return date.milliseconds;
  resolver.report(path, date.message);
  return otherwise;
}

function readSingle(
  test: TestSource,
  now: number,
  { source, resolver, path }: TestSurroundings,
): readonly TestCase[] {
  const { name, expect, call } = test;
  const principal = resolver.principal(test.principal ?? source.defaults?.principal, path);
  const resolved = call === undefined ? undefined : resolver.call(call, [...path, "call"]);
  if (principal === undefined || resolved === undefined) return [];
  if (expect === undefined || isCells(expect)) return [];
  const given = readSteps(test, { source, resolver, path, principal });
  return [
    {
      name,
      test: name,
      located: resolver.at([...path, "expect"]),
      now,
      given,
      principal,
      call: resolved,
      ...surroundingsOf(test, source),
      expected: expect,
    },
  ];
}

function readMatrix(
  test: TestSource,
  { now, matrix }: { readonly now: number; readonly matrix: NonNullable<TestSource["matrix"]> },
  { source, resolver, path }: TestSurroundings,
): readonly TestCase[] {
  const cells = expectedCells(test, { matrix, resolver, path });
  return matrix.principals.flatMap((principalName, row) => {
    const principal = resolver.principal(principalName, [...path, "matrix", "principals", row]);
    return matrix.calls.flatMap((callName, column): readonly TestCase[] => {
      const call = resolver.call(callName, [...path, "matrix", "calls", column]);
      if (principal === undefined || call === undefined) return [];
      const cell = cells.get(cellKey(principalName, callName));
      return [
        {
          name: `${test.name}: ${principalName}, ${callName}`,
          test: test.name,
          principalName,
          callName,
          located: cell?.located ?? resolver.at([...path, "matrix"]),
          now,
          given: readSteps(test, { source, resolver, path, principal }),
          principal,
          call,
          ...surroundingsOf(test, source),
          expected: cell?.cell ?? { outcome: "deny" },
        },
      ];
    });
  });
}

function surroundingsOf(
  test: TestSource,
  { defaults }: TestFileSource,
): Pick<TestCase, "prompt" | "context" | "ceiling"> {
  const context = test.context ?? defaults?.context;
  return {
    ...(test.prompt === undefined ? {} : { prompt: test.prompt }),
    ...(context === undefined ? {} : { context }),
    ceiling: test.ceiling ?? defaults?.ceiling ?? "unlimited",
  };
}

interface Cell {
  readonly cell: CellSource;
  readonly located: Located;
}

/** The expectations by cell; one outside the matrix and a second one for a cell are reported. */
function expectedCells(
  { expect = [] }: TestSource,
  {
    matrix,
    resolver,
    path,
  }: {
    readonly matrix: NonNullable<TestSource["matrix"]>;
    readonly resolver: Resolver;
    readonly path: readonly PropertyKey[];
  },
): ReadonlyMap<string, Cell> {
  const cells = new Map<string, Cell>();
  if (!isCells(expect)) return cells;
  resolver.distinct(matrix.principals, "principal", [...path, "matrix", "principals"]);
  resolver.distinct(matrix.calls, "call", [...path, "matrix", "calls"]);
  for (const [index, cell] of expect.entries()) {
    const at = [...path, "expect", index];
    resolver.oneOf(cell.principal, matrix.principals, "principal of the matrix", [
      ...at,
      "principal",
    ]);
    resolver.oneOf(cell.call, matrix.calls, "call of the matrix", [...at, "call"]);
    const key = cellKey(cell.principal, cell.call);
    if (cells.has(key)) resolver.report(at, "This cell has an expectation already; remove one.");
    else cells.set(key, { cell, located: resolver.at(at) });
  }
  return cells;
}

function cellKey(principal: string, call: string): string {
  return JSON.stringify([principal, call]);
}

function isCells(expect: NonNullable<TestSource["expect"]>): expect is readonly CellSource[] {
  return Array.isArray(expect);
}
