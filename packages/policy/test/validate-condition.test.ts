import { expect, test } from "vitest";
import { toCel, validateCondition } from "../src/index.ts";
import { compileText, policyText, urlProvider } from "./support/compile.ts";

test.for([
  ["args.n > 3"],
  ['"support" in principal.user.roles'],
  ['tool.class == "write" && args.tags.exists(t, t == "x")'],
] as const)("compiles %s", async ([text]) => {
  const policy = await compileText(policyText("args.n > 1"));
  const result = validateCondition(text, { policy, tool: "act" });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  expect(toCel(result.condition).replaceAll(/[()]/g, "")).toBe(text.replaceAll(/[()]/g, ""));
});

test("uses the fact providers that it is given", async () => {
  const policy = await compileText(policyText("args.n > 1"));
  const text = 'url(args.url).host == "a"';
  expect(validateCondition(text, { policy, tool: "act" }).ok).toBe(false);
  expect(validateCondition(text, { policy, tool: "act", facts: [urlProvider()] }).ok).toBe(true);
});

test.for([
  ["args.amuont > 1", "act", /amuont/],
  ['args.n == "x"', "act", /./],
  ["args.n", "act", /./],
  ["args.n >", "act", /./],
  ["true", "nothing", /not in the catalogue/],
] as const)("refuses %s for %s", async ([text, tool, message]) => {
  const policy = await compileText(policyText("args.n > 1"));
  const result = validateCondition(text, { policy, tool });
  if (result.ok) throw new Error("It is accepted.");
  expect(result.issues[0]?.message).toMatch(message);
  expect(result.issues[0]).toMatchObject({ file: "condition", line: 1 });
});
