import { describe, expect, test } from "vitest";
import { compileRules } from "../src/internal/rule-set.ts";
import { secretScanner } from "../src/secrets.ts";
import { SECRET_RULES } from "../src/secrets/pack.ts";
import type { SecretRule } from "../src/secrets/rule.ts";
import { fillTemplate, SECRET_SAMPLES, shortenTemplate } from "./support/secret-samples.ts";

const LIMITS = { maxLength: 1_048_576 };
const scanner = secretScanner();

/** What one rule alone finds. */
function foundBy(rule: SecretRule, text: string): readonly string[] {
  const found: string[] = [];
  compileRules([rule]).find(text, { left: 10_000 }, (_, { start, end }) => {
    found.push(text.slice(start, end));
  });
  return found;
}

function ruleOf(id: string): SecretRule {
  const rule = SECRET_RULES.find((each) => each.id === id);
  if (rule === undefined) throw new TypeError(`no rule ${id}`);
  return rule;
}

/** Rules whose samples are not templates, below. */
const OWN_TESTS = ["pkcs12", "basic-credentials", "docker-auth"];
/** Rules for which a value that is shorter is still one: a password has no length. */
const ANY_LENGTH = new Set([
  "curl-credentials",
  "netrc-password",
  "sshpass-password",
  "url-credentials",
  "odbc-password",
  "private-key",
  "putty-private-key",
  "gcp-service-account",
  "jwt",
  "slack-webhook",
]);

test("has a sample for every rule, and every rule once", () => {
  const ids = SECRET_RULES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...SECRET_SAMPLES.map(([id]) => id), ...OWN_TESTS].toSorted()).toEqual(ids.toSorted());
  expect(ids.length).toBeGreaterThanOrEqual(221);
});

describe("finds what has the form, and only that", () => {
  test.for(SECRET_SAMPLES)("%s", ([id, template]) => {
    const rule = ruleOf(id);
    const secret = fillTemplate(template);
    const text = `see ${secret} for it`;
    const [found] = foundBy(rule, text);
    expect(found).toBeDefined();
    expect(secret).toContain(found);
    const covered = scanner.scan(text, LIMITS).findings;
    const start = text.indexOf(found ?? "");
    expect(
      covered.some((one) => one.start <= start && one.end >= start + (found?.length ?? 0)),
    ).toBe(true);
    const isAnyLength = ANY_LENGTH.has(id) || id.endsWith("connection-string");
    const shortened = isAnyLength ? "" : fillTemplate(shortenTemplate(template));
    expect(foundBy(rule, `see ${shortened} for it`)).toEqual([]);
    expect(foundBy(rule, "see nothing here; the quick brown fox, 12345 times")).toEqual([]);
  });
});
