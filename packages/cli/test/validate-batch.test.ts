import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { validateBatch } from "../src/validate-batch.ts";
import { collectAll } from "./support/collect-all.ts";
import { linesOf, runCli, toStream } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const SCHEMA = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] };

async function validate(lines: readonly (object | string)[]): Promise<readonly object[]> {
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  return await collectAll(validateBatch(toStream(text.join("\n"))));
}

test("answers with exactly the documented members", async () => {
  const answers = await validate([
    { id: "1", schema: SCHEMA, args: { amount: 1 } },
    { id: 2, schema: SCHEMA, args: { amount: "1" } },
  ]);
  expect(JSON.stringify(answers[0])).toBe('{"id":"1","valid":true,"issues":[]}');
  expect(answers[1]).toEqual({
    id: 2,
    valid: false,
    issues: [{ path: "/amount", message: expect.any(String) }],
  });
});

test("members that no schema names are let pass, as JSON Schema says", async () => {
  const answers = await validate([{ id: 1, schema: SCHEMA, args: { amount: 1, more: 2 } }]);
  expect(answers).toEqual([{ id: 1, valid: true, issues: [] }]);
});

test.for([
  ["an unknown keyword's draft", { $schema: "http://json-schema.org/draft-03/schema#" }],
  ["a reference to elsewhere", { $ref: "https://schemas.example/x.json" }],
  ["a type that is none", { type: "text" }],
  ["a schema that is a number", 3],
  ["a schema that is null", null],
] as const)("%s is answered with an error", async ([, schema]) => {
  const lines = [
    { id: 1, schema, args: {} },
    { id: 2, schema: true, args: {} },
  ];
  expect(await validate(lines)).toEqual([
    { line: 1, error: { code: "schema-unsupported", message: expect.any(String) } },
    { id: 2, valid: true, issues: [] },
  ]);
});

test.for([
  ["an unknown key", { id: 1, schema: {}, args: {}, x: 1 }, "unknown-key"],
  ["no schema", { id: 1, args: {} }, "invalid-member"],
  ["no args", { id: 1, schema: {} }, "invalid-member"],
  ["no id", { schema: {}, args: {} }, "invalid-member"],
  [
    "a duplicate key",
    '{"id":1,"schema":{"type":"null","type":"object"},"args":{}}',
    "duplicate-key",
  ],
  ["half a line", '{"id":1', "not-json"],
] as const)("%s is answered with an error", async ([, line, code]) => {
  expect(await validate([line])).toEqual([
    { line: 1, error: { code, message: expect.any(String) } },
  ]);
});

test("property: one answer for each line", async () => {
  const json = fc.jsonValue();
  const line = fc.oneof(fc.string(), fc.record({ id: json, schema: json, args: json }));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
      const texts = lines.map((item) =>
        (typeof item === "string" ? item : JSON.stringify(item)).replaceAll("\n", " "),
      );
      expect(await validate([...texts, "{}"])).toHaveLength(lines.length + 1);
    }),
  );
});

const flagsFor = (value: object): readonly string[] => [
  "--schema",
  "schema.json",
  "--args",
  JSON.stringify(value),
];
const start = (): Promise<string> =>
  temporaryFolder({ "schema.json": JSON.stringify(SCHEMA), "bad.json": "{" });

describe("the command", () => {
  test.for([
    ["valid", { amount: 1 }, 0, "VALID\n"],
    ["not valid", { amount: "1" }, 1, "NOT VALID\n  /amount  "],
  ] as const)("%s arguments", async ([, value, code, text]) => {
    const printed = await runCli(["validate", ...flagsFor(value)], { cwd: await start() });
    expect(printed).toMatchObject({ code, stderr: "", stdout: expect.stringContaining(text) });
    const asJson = await runCli(["validate", "--json", ...flagsFor(value)], { cwd: await start() });
    expect(asJson.code).toBe(code);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ valid: code === 0 });
  });

  test("schema or arguments come from standard input", async () => {
    const cwd = await start();
    const one = await runCli(["validate", "--schema", "-", "--args", "{}"], {
      cwd,
      stdin: "false",
    });
    expect(one.code).toBe(1);
    const two = await runCli(["validate", "--schema", "schema.json", "--args", "-"], {
      cwd,
      stdin: '{"amount":1}',
    });
    expect(two.code).toBe(0);
  });

  test.for([
    ["no schema", ["--args", "{}"]],
    ["no args", ["--schema", "schema.json"]],
    ["a schema file that is not there", ["--schema", "none.json", "--args", "{}"]],
    ["a schema that is not JSON", ["--schema", "bad.json", "--args", "{}"]],
    ["args that are not JSON", ["--schema", "schema.json", "--args", "{"]],
    ["both from standard input", ["--schema", "-", "--args", "-"]],
    ["a flag of the other form", ["--format", "jsonl", "--schema", "schema.json"]],
  ] as const)("%s is a usage error", async ([, argv]) => {
    const { code, stdout } = await runCli(["validate", ...argv], { cwd: await start() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("JSON Lines: 0 when every line was answered", async () => {
    const stdin = `${JSON.stringify({ id: 1, schema: SCHEMA, args: {} })}\n{\n`;
    const { code, stdout } = await runCli(["validate", "--format", "jsonl"], { stdin });
    expect(code).toBe(0);
    expect(linesOf(stdout)).toMatchObject([{ id: 1, valid: false }, { line: 2 }]);
  });
});

const data = process.env["PORTCULLIS_DATA"] ?? join(import.meta.dirname, "../../../../shared/data");
const suite = join(data, "json-schema/draft2020-12");

interface SuiteGroup {
  readonly schema: unknown;
  readonly tests: readonly { readonly data: unknown; readonly valid: boolean }[];
}

async function readSuite(): Promise<readonly SuiteGroup[] | undefined> {
  const names = await readdir(suite).catch(() => undefined);
  if (names === undefined) return undefined;
  // There `format` is a mere remark; the guard asserts it.
  const files = names.filter((name) => name.endsWith(".json") && name !== "format.json");
  const texts = await Promise.all(files.map((name) => readFile(join(suite, name), "utf8")));
  return texts.flatMap((text) => JSON.parse(text) as SuiteGroup[]);
}

test("the draft 2020-12 suite: no wrong answer, whatever is refused", async ({ skip }) => {
  const groups = await readSuite();
  if (groups === undefined && process.env["CI"] !== "true") {
    skip("the JSON Schema test suite is not on this machine");
  }
  expect(groups?.length).toBeGreaterThan(100);
  const cases = (groups ?? []).flatMap(({ schema, tests }) =>
    tests.map(({ data: args, valid }) => ({ schema, args, valid })),
  );
  const lines = cases.map(({ schema, args }, id) => ({ id, schema, args }));
  const answers = await validate(lines);
  const wrong = answers.filter(
    (answer, index) => "valid" in answer && answer.valid !== cases[index]?.valid,
  );
  expect(wrong).toEqual([]);
});
