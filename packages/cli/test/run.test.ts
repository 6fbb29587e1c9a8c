import { expect, test } from "vitest";
import { VERBS } from "../src/verbs.ts";
import { runCli } from "./support/fake-io.ts";

test("without a verb it says how it is used, on standard error", async () => {
  const { code, stdout, stderr } = await runCli([]);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  for (const { name } of VERBS) expect(stderr).toContain(name);
});

test.for([["--help"], ["-h"], ["help"]])("%s lists every verb on standard output", async (argv) => {
  const { code, stdout, stderr } = await runCli(argv);
  expect(code).toBe(0);
  expect(stderr).toBe("");
  for (const { name, summary } of VERBS) expect(stdout).toMatch(new RegExp(`${name} +${summary}`));
});

test.for(VERBS.map(({ name }) => name))("%s --help lists its flags", async (name) => {
  for (const argv of [
    [name, "--help"],
    [name, "-h"],
    ["help", name],
    [name, "--json", "--help"],
  ]) {
    const { code, stdout, stderr } = await runCli(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`portcullis ${name}`);
    expect(stdout).toContain("--json");
    expect(stdout).toContain("Exit codes");
    expect(stdout).not.toContain("\u001B");
  }
});

test("--version prints the version of the package", async () => {
  const { code, stdout } = await runCli(["--version"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.for([
  ["an unknown verb", ["evl"], "unknown verb evl. Did you mean eval?"],
  ["an unknown verb like none", ["zzzz"], "unknown verb zzzz.\n"],
  ["help for an unknown verb", ["help", "inti"], "Did you mean init?"],
  ["an unknown flag", ["eval", "--polcy", "x"], "Unknown flag --polcy. Did you mean --policy?"],
  ["an unknown short flag", ["eval", "-p", "x"], "Unknown flag -p."],
  ["an abbreviated flag", ["eval", "--prod"], "Unknown flag --prod."],
  ["a negated flag", ["eval", "--no-production"], "Unknown flag --no-production."],
  ["a flag twice", ["eval", "--tool", "a", "--tool=b"], "--tool is given twice"],
  ["a flag without its value", ["eval", "--tool"], "--tool needs a value"],
  ["a flag before a flag", ["eval", "--tool", "--json"], "--tool needs a value"],
  ["a value that looks like a flag", ["eval", "--prompt", "--no-x"], "--prompt needs a value"],
  ["a value for a switch", ["eval", "--json=false"], "--json takes no value"],
  ["one argument too many", ["eval", "rm"], "one argument too many"],
  ["two folders", ["init", "a", "b"], "one argument too many"],
  ["an unknown format", ["eval", "--format", "xml"], "--format"],
  ["two formats", ["eval", "--json", "--format", "jsonl"], "--json contradicts --format"],
] as const)("%s is a usage error", async ([, argv, text]) => {
  const { code, stdout, stderr } = await runCli(argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(text);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test("what a terminal would act on is shown, not done", async () => {
  const { stderr } = await runCli(["e\u001B[31mval"]);
  expect(stderr).toContain(String.raw`e\u{1b}[31mval`);
  expect(stderr).not.toContain("\u001B");
});
