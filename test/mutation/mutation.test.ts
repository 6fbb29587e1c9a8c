import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findMutants } from "./find-mutants.ts";
import { instrument } from "./instrument.ts";
import { judge } from "./judge.ts";
import type { Result } from "./run-mutants.ts";

const ROOT = join(import.meta.dirname, "../..");
const isLong = process.env["PORTCULLIS_LONG"] === "1";

/** What decides about a token, and who has to notice. */
const TOKEN_FILES = [
  "constraints/is-attenuation",
  "constraints/tool-constraints",
  "constraints/validate-arguments",
  "internal/base64url",
  "internal/check-state",
  "internal/prefix-cache",
  "internal/read-call",
  "internal/read-claims",
  "internal/read-jws",
  "internal/split-chain",
  "internal/to-caller",
  "internal/verify-links",
  "create-task-token-verifier",
  "memory-revocation-view",
  "public-jwk",
];
const TOKEN_TESTS = [
  "verify-bounds",
  "verify-claims",
  "verify-form",
  "verify-state",
  "constraints",
  "guard",
];

describe("what is mutated", () => {
  test.for([
    ["if (a) throw b;", ["if-never › a"]],
    ["if (a) { b(); throw c; }", ["if-never › a", "throw › throw c;"]],
    ["throw a;", ["throw › throw a;"]],
    ["if (a) b = c;", []],
    ["if (a) b = true;", ["if-never › a"]],
    [
      "function f() { if (a) return b; throw c; }",
      ["if-never › a", "if-always › a", "throw › throw c;"],
    ],
    ["function f() { if (a) return undefined; return b; }", ["if-never › a"]],
    ["function f() { if (a) return b; else return denied(c); }", ["if-never › a", "if-always › a"]],
    [
      "for (const a of b) { if (c) continue; report.add(d); }",
      ["if-never › c", "report › report.add(d);"],
    ],
    ["if (a) b(); else throw c;", ["if-always › a", "throw › throw c;"]],
    ["x = a && b && c;", ["operand › a", "operand › b", "operand › c"]],
    ["x = a || (b && c);", ["operand › a", "operand › b && c", "operand › b", "operand › c"]],
    ["x = a ?? b;", []],
    ["x = a < b;", ["bound › a < b"]],
    ["for (let a = 0; a < b; a += 1) c();", []],
    ["x = a < b ? -1 : 1;", []],
    ["x = Object.hasOwn(a, b);", ["own › Object.hasOwn(a, b)"]],
    ["x = a ? b : undefined;", ["arm › a"]],
    ["x = a ? refused(b) : c;", ["arm › a"]],
    ["x = a ? b : c;", []],
    ["function f(a): boolean { return a === 1; }", ["predicate › a === 1"]],
    ["function f(a): a is string { return g(a); }", ["predicate › g(a)"]],
    ["function f(a): boolean { if (a) return false; return true; }", ["if-never › a"]],
    ["const f = (a): boolean => a === 1;", ["predicate › a === 1"]],
    ["x = a.every(b);", ["every › a.every(b)"]],
    ["x = a.some(b);", ["some › a.some(b)"]],
    ["x = a.filter(b);", ["filter › a.filter(b)"]],
    ["await checkAll(a);", ["report › await checkAll(a);"]],
    ["issues.push(a);", ["report › issues.push(a);"]],
    ["values.push(a);", []],
  ] as const)("%s", ([source, expected]) => {
    const mutants = findMutants("a.ts", source);
    expect(mutants.map(({ key }) => key.split(" › ").slice(2).join(" › "))).toEqual(expected);
  });

  test("a mutant is named by its place and text, and equal ones are counted", () => {
    const source = "function f() {\n  if (a) throw b;\n  if (a) throw c;\n}";
    expect(findMutants("dir/a.ts", source).map(({ key }) => key)).toEqual([
      "dir/a.ts › f › if-never › a",
      "dir/a.ts › f › if-never › a (2)",
    ]);
  });
});

describe("what does the same as a part", () => {
  test.for([
    ["if (a || b) throw c;", { a: ["a || b"], b: ["a || b"] }],
    ["if (a && b) throw c;", {}],
    ["if (a || (b && c)) throw d;", { a: ["a || (b && c)"], "b && c": ["a || (b && c)"] }],
    ["if (f(a) || b) throw c;", { "f(a)": ["f(a) || b"], b: ["f(a) || b"] }],
    ["if (f(a || b)) throw c;", {}],
    ["if (!(a || b)) throw c;", {}],
    ["if (x.find((y) => y || a)) throw c;", {}],
    ["function f(): boolean { return a && b; }", { a: ["a && b"], b: ["a && b"] }],
  ] as const)("%s", ([source, expected]) => {
    const parts = findMutants("a.ts", source).filter(({ partOf }) => partOf.length > 0);
    expect(
      Object.fromEntries(parts.map(({ key, partOf }) => [codeOf(key), partOf.map(codeOf)])),
    ).toEqual(expected);
  });
});

describe("what a mutant does", () => {
  test.for([
    ["export function f() { if (1) return 2; return 3; }", 1, 3],
    ["export function f() { if (0) return 2; return undefined; }", 2, 2],
    ["export function f() { return Object.hasOwn({}, 'toString'); }", 1, true],
    ["export function f() { return 1 < 1; }", 1, true],
    ["export function f() { return 0 && 1 && 2; }", 1, 2],
    ["export function f() { return [1, 2].filter((x) => x > 1).length; }", 1, 2],
    [
      "export function f() { if (1) expectIt(); else return 1; return 2; function expectIt() { throw 3; } }",
      2,
      2,
    ],
    ["export function f() { return [1].every((x) => x > 1); }", 1, true],
  ] as const)("%s, mutant %i", async ([source, on, expected]) => {
    expect((await load(source, on)).f()).toBe(expected);
  });

  test.for([
    ["export function f() { if (0) report.add(1); else return 2; }", 2],
    ["export function f() { return 1 && [1].some((x) => !(x < 2 || x > 3)); }", false],
  ] as const)("none leaves the code as it was: %s", async ([source, expected]) => {
    expect((await load(source, 0)).f()).toBe(expected);
  });
});

describe("what is complained about", () => {
  test.for([
    ["a survivor without a reason", [result("a", "survived")], {}, true],
    ["a mutant that no test reaches", [result("a", "not reached")], {}, true],
    ["a survivor with a reason", [result("a", "survived")], { why: ["a"] }, false],
    ["a survivor with an empty reason", [result("a", "survived")], { " ": ["a"] }, true],
    ["a reason for what is noticed", [result("a", "killed")], { why: ["a"] }, true],
    ["a reason for what is not there", [result("a", "killed")], { why: ["b"] }, true],
    [
      "a part of a survivor with a reason",
      [result("a", "survived"), result("b", "survived", ["a"])],
      { why: ["a"] },
      false,
    ],
    [
      "a part of what has a reason but is noticed",
      [result("a", "killed"), result("b", "survived", ["a"])],
      { why: ["a"] },
      true,
    ],
    ["a mutant that is noticed", [result("a", "killed")], {}, false],
    ["a mutant that never ends", [result("a", "timed out")], {}, false],
  ] as const)("%s", ([, results, explained, isWrong]) => {
    expect(judge(results, explained, { isWhole: true }).complaints.length > 0).toBe(isWrong);
  });
});

describe("runs", () => {
  test(
    "a planted check that no test covers is found, and nothing else",
    { timeout: 120_000 },
    () => {
      const fixture = "test/mutation/fixture/withdraw";
      const { status, stdout } = mutate(
        "--source",
        `${fixture}.ts`,
        "--test",
        `${fixture}.test.ts`,
      );
      expect(stdout.split("\n").filter((line) => line.includes(" › "))).toEqual([
        `  ${fixture}.ts › withdraw › if-never › !(amount > 0)`,
        `  ${fixture}.ts › withdraw › bound › amount > 0`,
      ]);
      expect(stdout).toContain("1 never ended");
      expect(status).toBe(1);
    },
  );

  test.runIf(isLong)("every check of the token verifier", { timeout: 3_600_000 }, () => {
    const sources = TOKEN_FILES.flatMap((file) => ["--source", `packages/token/src/${file}.ts`]);
    const tests = TOKEN_TESTS.flatMap((file) => ["--test", `packages/token/test/${file}.test.ts`]);
    const { status, stdout } = mutate("--survivors", "survivors-token.json", ...sources, ...tests);
    expect([status, stdout]).toEqual([0, expect.any(String)]);
  });

  test("a sample of the checks of a policy is noticed", { timeout: 600_000 }, () => {
    const { status, stdout } = mutate(
      "--sample",
      "30",
      "--files",
      "src/policy/",
      "--tests",
      "test/(parse-policy|policy-edges|compile-policy|history-arguments|misplaced-values).test",
    );
    expect([status, stdout]).toEqual([0, expect.stringContaining("30 mutants")]);
  });

  test.runIf(isLong)("every check of core", { timeout: 3_600_000 }, () => {
    const { status, stdout } = mutate("--write");
    expect([status, stdout]).toEqual([0, expect.any(String)]);
  });
});

function codeOf(key: string): string {
  return key.split(" › ").at(-1) ?? "";
}

function mutate(...args: readonly string[]): { status: number | null; stdout: string } {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$|^NODE_ENV$/.test(name)),
  );
  const main = join(import.meta.dirname, "main.ts");
  return spawnSync(process.execPath, [main, ...args], { cwd: ROOT, env, encoding: "utf8" });
}

/** Imports what the mutator made of a module, with one mutant switched on. */
function load(source: string, on: number): Promise<{ readonly f: () => unknown }> {
  const mutants = findMutants("a.js", source).map((mutant, index) => ({
    ...mutant,
    id: index + 1,
  }));
  const code = instrument(source, mutants).replace("globalThis.__mutant", `(n) => n === ${on}`);
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

function result(key: string, outcome: Result["outcome"], partOf: readonly string[] = []): Result {
  const [found] = findMutants("a.ts", "if (a) throw b;");
  if (found === undefined) throw new Error("There is no mutant.");
  return { mutant: { ...found, key, partOf, id: 1 }, outcome };
}
