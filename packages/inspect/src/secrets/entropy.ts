/** Characters that are enough to tell how mixed a text is. */
const SAMPLE = 64;
const UNITS = 128;

/** Shannon's entropy of a text's first 64 characters, in bits for each of them. */
export function entropyOf(text: string): number {
  const length = Math.min(text.length, SAMPLE);
  const counts = new Uint8Array(UNITS);
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index) % UNITS;
    counts[unit] = (counts[unit] ?? 0) + 1;
  }
  let bits = 0;
  for (const count of counts) {
    if (count > 0) bits -= (count / length) * Math.log2(count / length);
  }
  return bits;
}

/** Whether a text is at least as mixed as that. */
export function hasEntropy(text: string, bits: number): boolean {
  return entropyOf(text) >= bits;
}
