/** Tells whether a version `x.y.z` is older than another; what follows a hyphen does not count. */
export function isOlderVersion(version: string, than: string): boolean {
  const [left, right] = [toNumbers(version), toNumbers(than)];
  for (const [at, number] of left.entries()) {
    const other = right[at] ?? 0;
    if (number !== other) return number < other;
  }
  return false;
}

function toNumbers(version: string): readonly number[] {
  const numbers = (version.split("-")[0] ?? "").split(".").map(Number);
  // What is not a version is older than every version.
  return numbers.length === 3 && numbers.every((part) => Number.isSafeInteger(part))
    ? numbers
    : [-1, -1, -1];
}
