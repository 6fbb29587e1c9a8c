/** 0001-01-01T00:00:00Z in milliseconds. */
export const MIN_TIMESTAMP = -62_135_596_800_000;
/** 9999-12-31T23:59:59.999Z in milliseconds. */
export const MAX_TIMESTAMP = 253_402_300_799_999;

/** Longest duration of CEL in milliseconds: 2^63−1 nanoseconds. */
export const MAX_DURATION = 9_223_372_036_854.775;

const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;
const DURATION = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const DURATION_PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Reads an RFC 3339 timestamp as milliseconds since the epoch, below them cut off; undefined for
 * anything else, a day that the month does not have, leap seconds, and a `t` or `z` in lower case,
 * which CEL does not read.
 *
 * @example
 * ```ts
 * parseTimestamp("2026-01-01T01:00:00+01:00"); // 1767225600000
 * ```
 */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1, 7).map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offset = readOffset(match[8], match[9], match[10]);
  if (offset === undefined) return undefined;
  const fraction = Number(`${match[7] ?? ""}000`.slice(0, 3));
  const date = new Date(0);
  // Date.UTC reads the years 0 to 99 as 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  const time = date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000 + fraction;
  return time < MIN_TIMESTAMP || time > MAX_TIMESTAMP ? undefined : time;
}

function readOffset(
  sign: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
): number | undefined {
  if (sign === undefined) return 0;
  const hour = Number(hours);
  const minute = Number(minutes);
  if (hour > 23 || minute > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (hour * 60 + minute);
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Writes milliseconds since the epoch as RFC 3339 in UTC, without trailing zeros. */
export function formatTimestamp(ms: number): string | undefined {
  if (!(ms >= MIN_TIMESTAMP && ms <= MAX_TIMESTAMP)) return undefined;
  const text = new Date(ms).toISOString();
  return text.replace(/\.(\d*?)0*Z$/, (_, digits: string) => (digits === "" ? "Z" : `.${digits}Z`));
}

/**
 * Reads a duration as milliseconds: a sign, then decimals with `h`, `m`, `s`, `ms`, `us` or `ns`;
 * undefined for anything else and beyond {@link MAX_DURATION}.
 *
 * @example
 * ```ts
 * parseDuration("1h30m"); // 5400000
 * ```
 */
export function parseDuration(text: string): number | undefined {
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (unsigned === "0") return 0;
  if (unsigned.length > 64 || !DURATION.test(unsigned)) return undefined;
  const parts = [...unsigned.matchAll(DURATION_PART)];
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitOf(unit), 0);
  // Whole nanoseconds, so that 1.005s and 1005ms are the same duration.
  const rounded = Math.round(total * 1e6) / 1e6;
  if (!(rounded <= MAX_DURATION)) return undefined;
  return text.startsWith("-") ? 0 - rounded : rounded;
}

function unitOf(unit: string | undefined): number {
  return UNIT_MS[unit ?? ""] ?? Number.NaN;
}

/** Writes milliseconds as CEL writes a duration: seconds with the suffix `s`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  // The shortest form of a small number has an exponent, which CEL does not write.
  const text = String(seconds);
  return `${text.includes("e") ? seconds.toFixed(9).replace(/0+$/, "") : text}s`;
}
