import { expect, test } from "vitest";
import { parseCelDuration, parseCelTimestamp } from "../src/cel/time-literals.ts";
import { matchesPattern } from "../src/sections/tool-choice.ts";
import { suggest } from "../src/text/suggest.ts";
import { parseDuration } from "../src/units/duration.ts";
import { parseRate } from "../src/units/rate.ts";

test.for([
  ["1s", 1],
  ["15m", 900],
  ["24h", 86_400],
  ["366d", 31_622_400],
] as const)("reads the length of time %s", ([text, seconds]) => {
  expect(parseDuration(text)).toEqual({ ok: true, seconds });
});

test.for([
  ["15", "such as"],
  ["15 m", "`15m`"],
  ["15min", "`15m`"],
  ["15 minutes", "`15m`"],
  ["015m", "`15m`"],
  ["0m", "such as"],
  ["-1m", "such as"],
  ["1.5h", "such as"],
  ["1h30m", "such as"],
  ["15M", "`15m`"],
  ["1w", "such as"],
  ["367d", "at most `366d`"],
  ["", "such as"],
] as const)("refuses the length of time %s", ([text, message]) => {
  expect(parseDuration(text)).toMatchObject({
    ok: false,
    message: expect.stringContaining(message),
  });
});

test.for([
  ["1/s", 1, 1],
  ["100/min", 100, 60],
  ["5000/h", 5000, 3600],
  ["7/d", 7, 86_400],
] as const)("reads the rate %s", ([text, count, windowSeconds]) => {
  expect(parseRate(text)).toEqual({ ok: true, count, windowSeconds });
});

test.for([
  ["five/min", "`5/min`"],
  ["5/minute", "`5/min`"],
  ["5/m", "`5/min`"],
  ["5/sec", "`5/s`"],
  ["5 per hour", "`5/h`"],
  ["5 / min", "`5/min`"],
  ["5/MIN", "`5/min`"],
  ["5/1min", "`5/min`"],
  ["0/min", "such as"],
  ["-5/min", "such as"],
  ["5/week", "such as"],
  ["5.5/min", "such as"],
  ["5", "such as"],
] as const)("refuses the rate %s", ([text, message]) => {
  expect(parseRate(text)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
});

test.for([
  ["1970-01-01T00:00:00Z", 0],
  ["2026-11-20T09:00:00Z", Date.UTC(2026, 10, 20, 9)],
  ["2026-11-20T09:00:00.5Z", Date.UTC(2026, 10, 20, 9) + 500],
  ["2026-11-20T09:00:00.123000Z", Date.UTC(2026, 10, 20, 9) + 123],
  ["2026-11-20T09:00:00+01:30", Date.UTC(2026, 10, 20, 7, 30)],
  ["0001-01-01T00:00:00Z", -62_135_596_800_000],
  ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
  ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
  ["2026-02-29T00:00:00Z", undefined],
  ["2026-13-01T00:00:00Z", undefined],
  ["2026-11-20T24:00:00Z", undefined],
  ["2026-11-20T09:00:60Z", undefined],
  ["2026-11-20T09:00:00", undefined],
  ["2026-11-20", undefined],
  ["2026-11-20T09:00:00.0001Z", undefined],
  ["0000-01-01T00:00:00Z", undefined],
  ["0001-01-01T00:00:00+00:01", undefined],
  ["2026-11-20T09:00:00+24:00", undefined],
] as const)("reads the time %s as %s", ([text, value]) => {
  expect(parseCelTimestamp(text)).toBe(value);
});

test.for([
  ["1h30m", 5_400_000],
  ["1.5s", 1500],
  ["20ms", 20],
  ["-1m", -60_000],
  ["0", 0],
  ["1000us", 1],
  ["1us", undefined],
  ["1", undefined],
  ["1d", undefined],
  ["1 h", undefined],
  ["", undefined],
  ["999999999999h", undefined],
] as const)("reads the duration %s as %s", ([text, value]) => {
  expect(parseCelDuration(text)).toBe(value);
});

test.for([
  ["amuont", ["amount", "account"], "amount"],
  ["Tools", ["tools"], "tools"],
  ["rul\u0435s", ["rules"], "rules"],
  ["re-fund", ["refund"], "refund"],
  ["sen\u200Bd", ["send"], "send"],
  ["x", ["y"], "y"],
  ["zebra", ["tools", "rules"], undefined],
  ["tools", ["tools"], undefined],
] as const)("%s suggests from %s", ([name, candidates, expected]) => {
  expect(suggest(name, candidates)).toBe(expected);
});

test.for([
  ["crm_read", "crm_*", true],
  ["crm_", "crm_*", true],
  ["crm", "crm_*", false],
  ["xcrm_a", "crm_*", false],
  ["a/b", "*", false],
  ["a:b", "*", false],
  ["mcp:crm/read", "mcp:crm/*", true],
  ["mcp:crm/read", "mcp:*/read", true],
  ["mcp:crm/read", "mcp:*", false],
  ["mcp:crm/read", "*", false],
  ["a.b", "a.b", true],
  ["aXb", "a.b", false],
  ["A", "a", false],
  ["abcabc", "*abc", true],
  ["abcabd", "*abc", false],
  ["aaa", "a*a*a", true],
  ["aa", "a*a*a", false],
] as const)("the name %s under the pattern %s is %s", ([name, pattern, expected]) => {
  expect(matchesPattern(name, pattern)).toBe(expected);
});

test("a pattern of many stars takes no time to speak of", () => {
  expect(matchesPattern("a".repeat(250), `${"*a".repeat(100)}b`)).toBe(false);
});
