/** A count in a window, or what to write instead. */
export type RateResult =
  | { readonly ok: true; readonly count: number; readonly windowSeconds: number }
  | { readonly ok: false; readonly message: string };

const WINDOWS: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["min", 60],
  ["h", 3600],
  ["d", 86_400],
]);

const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ["sec", "s"],
  ["second", "s"],
  ["seconds", "s"],
  ["m", "min"],
  ["mins", "min"],
  ["minute", "min"],
  ["minutes", "min"],
  ["hr", "h"],
  ["hour", "h"],
  ["hours", "h"],
  ["day", "d"],
  ["days", "d"],
]);

const NUMBER_WORDS: ReadonlyMap<string, number> = new Map(
  ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"].map(
    (word, index) => [word, index + 1] as const,
  ),
);

/** Reads a rate: a whole number, `/`, and one of `s`, `min`, `h`, `d`, such as `100/min`. */
export function parseRate(text: string): RateResult {
  const [, digits, unit] = /^([1-9]\d{0,8})\/(s|min|h|d)$/.exec(text) ?? [];
  const windowSeconds = unit === undefined ? undefined : WINDOWS.get(unit);
  if (digits === undefined || windowSeconds === undefined) {
    const near = nearest(text);
    const hint = near === undefined ? "such as `10/s`, `100/min` or `5000/h`" : `write \`${near}\``;
    return { ok: false, message: `Not a rate; ${hint}.` };
  }
  return { ok: true, count: Number(digits), windowSeconds };
}

function nearest(text: string): string | undefined {
  const [, amount, word] =
    /^\s*([a-z]+|\d{1,9})\s*(?:\/|per)\s*(?:1\s*)?([a-z]+)\s*$/i.exec(text) ?? [];
  if (amount === undefined || word === undefined) return undefined;
  const count = /^\d+$/.test(amount) ? Number(amount) : NUMBER_WORDS.get(amount.toLowerCase());
  const lower = word.toLowerCase();
  const unit = WINDOWS.has(lower) ? lower : SPELLINGS.get(lower);
  return count === undefined || count === 0 || unit === undefined ? undefined : `${count}/${unit}`;
}
