const LONG_NEEDLE = 64;

/**
 * Finds the places of a text in another, in order, until `accept` takes one.
 *
 * Linear in both lengths whatever they hold, also where the engine's own search is not.
 */
export function findText(
  haystack: string,
  needle: string,
  accept: (index: number) => boolean,
): boolean {
  if (needle === "") return accept(0);
  const fallback = failureTable(needle);
  let matched = 0;
  for (let index = 0; index < haystack.length; index += 1) {
    const unit = haystack.charCodeAt(index);
    while (matched > 0 && needle.charCodeAt(matched) !== unit) matched = fallback[matched - 1] ?? 0;
    if (needle.charCodeAt(matched) === unit) matched += 1;
    if (matched === needle.length) {
      if (accept(index - matched + 1)) return true;
      matched = fallback[matched - 1] ?? 0;
    }
  }
  return false;
}

/** Tells whether a text holds another, in time linear in both lengths. */
export function includesText(haystack: string, needle: string): boolean {
  // Short needles bound the engine's search as well, and it is faster.
  if (needle.length <= LONG_NEEDLE) return haystack.includes(needle);
  return needle.length <= haystack.length && findText(haystack, needle, () => true);
}

// Knuth, Morris, Pratt: length of the longest border of each prefix.
function failureTable(needle: string): Int32Array {
  const table = new Int32Array(needle.length);
  let border = 0;
  for (let index = 1; index < needle.length; index += 1) {
    const unit = needle.charCodeAt(index);
    while (border > 0 && needle.charCodeAt(border) !== unit) border = table[border - 1] ?? 0;
    if (needle.charCodeAt(border) === unit) border += 1;
    table[index] = border;
  }
  return table;
}
