/**
 * The known name that a mistyped one most likely means, or `undefined` when none is near.
 *
 * Near is at most a third of the longer name in insertions, deletions, changes and swaps of
 * neighbours (optimal string alignment). Names longer than 64 characters have no suggestion.
 *
 * @example
 * ```ts
 * suggestName("--polcy", ["--policy", "--tool"]); // "--policy"
 * ```
 */
export function suggestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const ranked = known
    .map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }))
    .filter(({ candidate, distance }) => distance * 3 <= Math.max(name.length, candidate.length))
    .toSorted((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

function distanceOf(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = swaps ? at(i - 2, j - 2) + 1 : Infinity;
      row.push(Math.min(changed, swapped, at(i - 1, j) + 1, at(i, j - 1) + 1));
    }
  }
  return at(a.length, b.length);
}
