/** Shannon's entropy of a text's own characters, in bits for each character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const unit of text) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return text === "" ? 0 : bits / text.length;
}

/** Whether a text is at least as mixed as that. */
export function hasEntropy(text: string, bits: number): boolean {
  return entropyOf(text) >= bits;
}
