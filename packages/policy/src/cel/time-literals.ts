/**
 * Reads an RFC 3339 time as milliseconds since the epoch; `undefined` where it is none, is outside
 * the years 1 to 9999, or is finer than a millisecond.
 */
export function parseCelTimestamp(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|([+-])(\d{2}):(\d{2}))$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    hour === undefined ||
    minute === undefined ||
    second === undefined
  ) {
    return undefined;
  }
  const fraction = (match[7] ?? "").replace(/0+$/, "");
  const zoneHours = Number(match[10] ?? 0);
  const zoneMinutes = Number(match[11] ?? 0);
  if (year < 1 || hour > 23 || minute > 59 || second > 59 || fraction.length > 3) return undefined;
  if (zoneHours > 23 || zoneMinutes > 59) return undefined;

  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute, second, Number(fraction.padEnd(3, "0")));
  const zone = (zoneHours * 60 + zoneMinutes) * 60_000 * (match[9] === "-" ? -1 : 1);
  const value = date.getTime() - zone;
  return value >= MIN_TIME && value <= MAX_TIME ? value : undefined;
}

const MIN_TIME = Date.UTC(1970, 0, 1) - 62_135_596_800_000;
const MAX_TIME = 253_402_300_799_999;

/**
 * Reads a CEL duration (`1h30m`, `1.5s`, `-20ms`) as milliseconds; `undefined` where it is none,
 * is longer than 292 years, or is finer than a millisecond.
 */
export function parseCelDuration(text: string): number | undefined {
  const [, sign, body] =
    /^([+-]?)((?:\d{1,12}(?:\.\d{1,9})?(?:ms|us|µs|ns|h|m|s))+)$/.exec(text) ?? [];
  if (body === undefined) return text === "0" ? 0 : undefined;
  let nanoseconds = 0n;
  for (const [, whole, fraction = "", unit] of body.matchAll(
    /(\d+)(?:\.(\d+))?(ms|us|µs|ns|h|m|s)/g,
  )) {
    const scale = UNITS.get(unit ?? "") ?? 0n;
    const scaled = BigInt(fraction.padEnd(9, "0")) * scale;
    if (scaled % 1_000_000_000n !== 0n) return undefined;
    nanoseconds += BigInt(whole ?? 0) * scale + scaled / 1_000_000_000n;
  }
  if (nanoseconds % 1_000_000n !== 0n || nanoseconds > MAX_DURATION) return undefined;
  const milliseconds = Number(nanoseconds / 1_000_000n);
  return sign === "-" && milliseconds !== 0 ? -milliseconds : milliseconds;
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["h", 3_600_000_000_000n],
  ["m", 60_000_000_000n],
  ["s", 1_000_000_000n],
  ["ms", 1_000_000n],
  ["us", 1000n],
  ["µs", 1000n],
  ["ns", 1n],
]);

// The range of CEL durations: 64 bits of nanoseconds.
const MAX_DURATION = 2n ** 63n - 1n;
