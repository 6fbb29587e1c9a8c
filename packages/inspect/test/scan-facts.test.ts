import { expect, test } from "vitest";
import { scanFacts } from "../src/scan-facts.ts";
import { fillTemplate } from "./support/secret-samples.ts";

const providers = scanFacts();
const context = { now: 0 };
const TOKEN = fillTemplate("ghp_{a36}");

function extract(type: string, value: unknown, options = {}): object {
  const provider = providers.find((each) => each.type === type);
  if (provider === undefined) throw new TypeError(type);
  return provider.prepare(options)(JSON.parse(JSON.stringify(value)), context);
}

test.for([
  ["secrets", `x ${TOKEN}`, { count: 1, kinds: ["secret"], rules: ["github-token"] }],
  ["secrets", "nothing", { count: 0, kinds: [], rules: [] }],
  ["secrets", "ann@example.com", { count: 0, kinds: [], rules: [] }],
  ["pii", { to: ["ann@example.com"] }, { count: 1, kinds: ["pii"], rules: ["email"] }],
  [
    "secrets",
    { password: "k7Wq2-pX9" },
    { count: 1, kinds: ["secret"], rules: ["generic-password"] },
  ],
  ["secrets", { [TOKEN]: 1 }, { count: 1, kinds: ["secret"], rules: ["github-token"] }],
  ["pii", { card: 4111111111111111 }, { count: 1, kinds: ["pii"], rules: ["card"] }],
  [
    "scan",
    [TOKEN, "ann@example.com"],
    { count: 2, kinds: ["pii", "secret"], rules: ["email", "github-token"] },
  ],
  ["secrets", null, { count: 0, kinds: [], rules: [] }],
] as const)("%s of %j", ([type, value, expected]) => {
  expect(extract(type, value)).toEqual({ ok: true, value: expected });
});

test("scan takes kinds and refuses others", () => {
  expect(extract("scan", [TOKEN, "ann@example.com"], { kinds: ["pii"] })).toMatchObject({
    value: { count: 1 },
  });
  for (const options of [{ kinds: ["injection"] }, { kinds: [] }, { kind: ["pii"] }]) {
    expect(() => extract("scan", "", options)).toThrow("kind");
  }
});

test.for([
  ["one text that is too long", "a ".repeat(600_000)],
  ["many texts", Array.from({ length: 1100 }, () => "a".repeat(1000))],
  ["too much work", "token ".repeat(170_000)],
  ["a value that is nested too deeply", JSON.parse(`${"[".repeat(70)}1${"]".repeat(70)}`)],
] as const)("%s fails the fact", ([, value]) => {
  expect(extract("secrets", value)).toEqual({ ok: false, code: "too-large" });
});
