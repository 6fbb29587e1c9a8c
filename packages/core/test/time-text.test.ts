import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatDuration,
  formatTimestamp,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  parseDuration,
  parseTimestamp,
} from "../src/evaluate/time-text.ts";

describe("parseTimestamp", () => {
  test.for<readonly [string, number]>([
    ["1970-01-01T00:00:00Z", 0],
    ["2026-01-01T00:00:00Z", 1_767_225_600_000],
    ["2026-01-01T01:00:00+01:00", 1_767_225_600_000],
    ["2025-12-31T18:30:00-05:30", 1_767_225_600_000],
    ["2026-01-01T00:00:00.1Z", 1_767_225_600_100],
    ["2026-01-01T00:00:00.123456789Z", 1_767_225_600_123],
    ["2026-01-01T00:00:00.0009Z", 1_767_225_600_000],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2000-02-29T00:00:00Z", Date.UTC(2000, 1, 29)],
    ["0001-01-01T00:00:00Z", MIN_TIMESTAMP],
    ["0099-01-01T00:00:00Z", Date.parse("0099-01-01T00:00:00Z")],
    ["9999-12-31T23:59:59.999Z", MAX_TIMESTAMP],
  ])("%s", ([text, expected]) => {
    expect(parseTimestamp(text)).toBe(expected);
  });

  test.for([
    "",
    "now",
    "2026-01-01",
    "2026-01-01 00:00:00Z",
    "2026-01-01t00:00:00Z",
    "2026-01-01T00:00:00z",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00Z",
    "2026-1-1T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-32T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:60:00Z",
    "2026-12-31T23:59:60Z",
    "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+00:60",
    "2026-01-01T00:00:00+0100",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00.1234567890Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "+2026-01-01T00:00:00Z",
    " 2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z ",
    "2026-01-01T00:00:00Z\n",
    "１026-01-01T00:00:00Z",
  ])("refuses %j", (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  test("agrees with the platform wherever both read a text", () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date(MIN_TIMESTAMP),
          max: new Date(MAX_TIMESTAMP),
          noInvalidDate: true,
        }),
        (date) => {
          expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
          expect(parseTimestamp(formatTimestamp(date.getTime()) ?? "")).toBe(date.getTime());
        },
      ),
    );
  });
});

test.for<readonly [number, string | undefined]>([
  [0, "1970-01-01T00:00:00Z"],
  [100, "1970-01-01T00:00:00.1Z"],
  [120, "1970-01-01T00:00:00.12Z"],
  [1, "1970-01-01T00:00:00.001Z"],
  [MAX_TIMESTAMP + 1, undefined],
  [MIN_TIMESTAMP - 1, undefined],
  [Number.NaN, undefined],
])("formatTimestamp(%s) is %s", ([ms, expected]) => {
  expect(formatTimestamp(ms)).toBe(expected);
});

describe("parseDuration", () => {
  test.for<readonly [string, number]>([
    ["0", 0],
    ["1s", 1000],
    ["1h30m", 5_400_000],
    ["90m", 5_400_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["1.s", 1000],
    ["-1m", -60_000],
    ["+1m", 60_000],
    ["-0", 0],
    ["1ms", 1],
    ["1us", 0.001],
    ["1µs", 0.001],
    ["1μs", 0.001],
    ["1ns", 0.000_001],
    ["1.005s", 1005],
    ["2h2h", 14_400_000],
    ["2562047h", 9_223_369_200_000],
  ])("%s", ([text, expected]) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.for([
    "",
    "+",
    "-",
    "1",
    "s",
    "1 s",
    "1d",
    "1H",
    "1h 30m",
    "1h30",
    "--1s",
    "1,5s",
    ".s",
    "1.2.3s",
    "1e3s",
    "1s\n",
    "٣s",
    "1h".repeat(40),
    "2562048h",
    "-2562048h",
    `${"9".repeat(400)}h`,
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.for<readonly [number, string]>([
    [0, "0s"],
    [-1500, "-1.5s"],
    [0.000_001, "0.000000001s"],
    [-0.000_25, "-0.00000025s"],
  ])("formatDuration(%s) is %s", ([ms, expected]) => {
    expect(formatDuration(ms)).toBe(expected);
  });

  test("two spellings of one duration are equal", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => {
        expect(parseDuration(`${ms}ms`)).toBe(ms);
        expect(parseDuration(`${ms / 1000}s`)).toBe(ms);
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
