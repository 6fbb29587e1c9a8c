import { PortcullisConfigError } from "@portcullis/core";

const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/**
 * Reads a length of time such as `365d`, `1h`, `10m` or `30s`, in seconds.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` for anything else.
 */
export function readDuration(flag: string, text: string): number {
  const found = /^(\d{1,6})([smhd])$/.exec(text);
  const unit = UNITS.get(found?.[2] ?? "");
  const seconds = Number(found?.[1]) * (unit ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new PortcullisConfigError(flag, `${flag} takes a length of time, such as 365d, 1h or 10m.`);
}

/** Reads a whole number that is not negative. */
export function readCount(flag: string, text: string): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw new PortcullisConfigError(flag, `${flag} takes a whole number.`);
}
