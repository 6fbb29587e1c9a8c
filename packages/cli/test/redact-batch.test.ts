import { createScanner } from "@portcullis/inspect";
import { expect, test } from "vitest";
import { redactBatch, redactLine } from "../src/redact-batch.ts";
import { collectAll } from "./support/collect-all.ts";
import { linesOf, runCli, toStream } from "./support/fake-io.ts";

const scanner = createScanner();

async function redact(lines: readonly (object | string)[]): Promise<readonly object[]> {
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  return await collectAll(redactBatch(toStream(text.join("\n")), { scanner }));
}

test("answers with exactly the documented members", async () => {
  const [answer] = await redact([{ id: "1", text: "Write to ann@example.com." }]);
  expect(JSON.stringify(answer)).toBe(
    '{"id":"1","text":"Write to [REDACTED:email].","findings":[{"type":"email","start":9,"end":24}]}',
  );
});

test("counts offsets in UTF-16 code units of the input", () => {
  const { findings } = redactLine({ id: 1, text: "😀 ann@example.com" }, { scanner });
  expect(findings).toEqual([{ type: "email", start: 3, end: 18 }]);
});

test("gives one value one placeholder and numbers the others", () => {
  const text = "a@example.com, b@example.com, a@example.com";
  expect(redactLine({ id: 1, text }, { scanner }).text).toBe(
    "[REDACTED:email], [REDACTED:email:2], [REDACTED:email]",
  );
});

test("replaces only the kinds that are asked for", () => {
  const text = "ann@example.com redis://:k7Wq2-pX9@cache";
  const { findings } = redactLine({ id: 1, text }, { scanner, kinds: ["pii"] });
  expect(findings.map(({ type }) => type)).toEqual(["email"]);
});

test.for([
  ["an unknown key", { id: 1, text: "", x: 1 }, "unknown-key"],
  ["no text", { id: 1 }, "invalid-member"],
  ["a text that is none", { id: 1, text: 5 }, "invalid-member"],
  ["a text that is too long", { id: 1, text: "a ".repeat(600_000) }, "not-scanned"],
  ["too much work", { id: 1, text: "token=x password=y ".repeat(55_000) }, "not-scanned"],
  ["too much to decode", { id: 1, text: `${btoa("hello, world")} `.repeat(5000) }, "not-scanned"],
  ["half of a surrogate pair", '{"id":1,"text":"\\ud800"}', "lone-surrogate"],
  ["no JSON", "{", "not-json"],
] as const)("%s is answered with an error and nothing else", async ([, line, code]) => {
  const answers = await redact([line, { id: 2, text: "next" }]);
  expect(answers).toEqual([
    { line: 1, error: { code, message: expect.any(String) } },
    { id: 2, text: "next", findings: [] },
  ]);
});

test("the command redacts standard input and JSON Lines", async () => {
  const once = await runCli(["redact"], { stdin: "Write to ann@example.com.\n" });
  expect([once.code, once.stdout]).toEqual([0, "Write to [REDACTED:email].\n"]);
  const many = await runCli(["redact", "--format", "jsonl", "--kinds", "secret"], {
    stdin: '{"id":1,"text":"ann@example.com"}\n',
  });
  expect(linesOf(many.stdout)).toEqual([{ id: 1, text: "ann@example.com", findings: [] }]);
  const json = await runCli(["redact", "--json"], { stdin: "ann@example.com" });
  expect(JSON.parse(json.stdout)).toEqual({
    text: "[REDACTED:email]",
    findings: [{ type: "email", start: 0, end: 15 }],
  });
});

test.for([
  [["redact", "--kinds", "injection"]],
  [["redact", "--format", "jsonl", "notes.txt"]],
  [["redact", "no-such-file.txt"]],
  [["redact", "--gitleaks", "no-such-file.toml"]],
] as const)("%j is a usage error", async ([args]) => {
  expect((await runCli(args, { stdin: "" })).code).toBe(2);
});
