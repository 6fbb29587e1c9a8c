import { expect, test } from "vitest";
import { compileWhen, issuesOf, policyText } from "./support/compile.ts";

const tools = "[act, other]";
const messages = async (cel: string): Promise<string> =>
  (await issuesOf(policyText(cel, { tools }))).map(({ message }) => message).join("\n");

test("checks every tool that the rule names", async () => {
  expect(await messages('args.note == "a"')).toContain("has no member `note`");
  expect(await messages('args.note == "a"')).toContain("(tool `other`)");
});

test("does not check for a tool what stands behind a has() that is false for it", async () => {
  for (const cel of [
    'has(args.note) && args.note == "a"',
    'args.note == "a" && has(args.note)',
    '!has(args.note) || args.note == "a"',
    '!(has(args.note) && args.note == "a")',
    'has(args.note) ? args.note == "a" : args.id == "b"',
    'has(args.note) && args.id == "b" && (args.id == "c" || args.note == "a")',
    'has(args.only) && args.only == "a" || has(args.note) && args.note == "a"',
  ]) {
    expect(`${cel}: ${await messages(cel)}`).toBe(`${cel}: `);
  }
});

test("does not check for a tool what neither of two members is there for", async () => {
  for (const cel of [
    "has(args.note) && args.on",
    "!has(args.note) || args.on",
    "has(args.note) ? args.on : true == false",
    "has(args.note) && (args.on || args.m > 3)",
  ]) {
    expect(`${cel}: ${await messages(cel)}`).toBe(`${cel}: `);
  }
});

test("still checks it for the other tools, and other operands for this one", async () => {
  expect(await messages("has(args.note) && args.note == 3")).toContain("never equal");
  expect(await messages('has(args.note) || args.note == "a"')).toContain("(tool `other`)");
  expect(await messages('has(args.note) == (args.note == "a")')).toContain("(tool `other`)");
});

test("a has() that is false for every tool is a mistake", async () => {
  expect(await messages("has(args.nothing) && args.nothing > 3")).toContain(
    "has no member `nothing`",
  );
  expect(await messages('has(args.nto) || args.id == "a"')).toContain("has no member `nto`");
});

test("what no tool reaches is a mistake", async () => {
  expect(await messages('has(args.note) && has(args.only) && args.id == "a"')).toContain(
    "No tool of this rule reaches",
  );
  expect(await messages('true || args.id == "a"')).toContain("such as a constant");
});

test("stores dyn where tools disagree on a type", async () => {
  expect(await compileWhen("args.n > 3", { tools })).toEqual({
    op: "gt",
    t: "bool",
    a: { op: "var", t: "dyn", name: "args", path: ["n"] },
    b: { op: "lit", t: "int", value: 3 },
  });
  expect(await compileWhen('args.id == "a"', { tools })).toMatchObject({ a: { t: "string" } });
});

test("refuses arithmetic on which tools disagree", async () => {
  expect(await messages("args.n + args.n > 3")).toContain("disagree on int and double");
  expect(await messages("-args.n > 3")).toContain("disagree on int and double");
  expect(await messages("args.n + 1 > 3")).toContain("(So for the tool `other`.)");
  expect(await messages("double(args.n) + 1.0 > 3")).toBe("");
});

test("a text outside of an enum is a mistake only if every tool says so", async () => {
  const extra =
    "  third: { class: read, input: { type: object, properties: { color: { enum: [blue] } } } }\n";
  const issues = await issuesOf(
    policyText('args.color == "blue"', { tools: "[act, third]", extra }),
  );
  expect(issues).toEqual([]);
  expect(
    (await issuesOf(policyText('args.color == "pink"', { tools: "[act, third]", extra }))).length,
  ).toBe(1);
});
