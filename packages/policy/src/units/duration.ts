/** A length of time in whole seconds, or what to write instead. */
export type DurationResult =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly message: string };

/** Longest time that a policy may name, in seconds: 366 days. */
const MAX_DURATION_SECONDS = 31_622_400;

const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ["sec", "s"],
  ["secs", "s"],
  ["second", "s"],
  ["seconds", "s"],
  ["min", "m"],
  ["mins", "m"],
  ["minute", "m"],
  ["minutes", "m"],
  ["hr", "h"],
  ["hrs", "h"],
  ["hour", "h"],
  ["hours", "h"],
  ["day", "d"],
  ["days", "d"],
]);

/** Reads a length of time: a whole number and one of `s`, `m`, `h`, `d`, such as `15m`. */
export function parseDuration(text: string): DurationResult {
  const [, digits, unit] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS.get(unit);
  if (digits === undefined || factor === undefined) {
    const near = nearest(text);
    const hint = near === undefined ? "such as `30s`, `15m`, `24h` or `7d`" : `write \`${near}\``;
    return { ok: false, message: `Not a length of time; ${hint}.` };
  }
  const seconds = Number(digits) * factor;
  if (seconds > MAX_DURATION_SECONDS) {
    return { ok: false, message: "A length of time is at most `366d`." };
  }
  return { ok: true, seconds };
}

function nearest(text: string): string | undefined {
  const [, digits, word] = /^\s*0*([1-9]\d{0,8})\s*([a-z]+)\s*$/i.exec(text) ?? [];
  if (digits === undefined || word === undefined) return undefined;
  const unit = UNITS.has(word.toLowerCase())
    ? word.toLowerCase()
    : SPELLINGS.get(word.toLowerCase());
  return unit === undefined ? undefined : `${digits}${unit}`;
}
