import { parseDuration } from "../units/duration.ts";

/** A time as a test writes it, in milliseconds, or what to write instead. */
export type TimeResult =
  | { readonly ok: true; readonly milliseconds: number }
  | { readonly ok: false; readonly message: string };

/** Reads a length of time as policies write it, and `ms` besides. */
export function readLength(text: string): TimeResult {
  const [, digits] = /^([1-9]\d{0,8})ms$/.exec(text) ?? [];
  if (digits !== undefined) return { ok: true, milliseconds: Number(digits) };
  const result = parseDuration(text);
  return result.ok ? { ok: true, milliseconds: result.seconds * 1000 } : result;
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Reads a date with time and zone (ISO 8601). */
export function readDate(text: string): TimeResult {
  const milliseconds = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds)
    ? { ok: false, message: 'Write a date such as `"2026-11-20T09:00:00Z"`.' }
    : { ok: true, milliseconds };
}
