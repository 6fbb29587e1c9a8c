import { SHINGLE_LENGTH } from "./comparable-text.ts";

const LENGTH = SHINGLE_LENGTH;

/** Hashes every run of 8 characters. */
export type ShingleHash = (text: string) => Float64Array;

/**
 * Creates the hash of shingles under a secret: HalfSipHash-2-4 with 52 bits of its result, never 0.
 *
 * A keyed hash that needs no call into the platform: a result has as many shingles as characters.
 */
export function createShingleHash(secret: string): ShingleHash {
  const [first, second] = toKey(secret);
  return (text) => {
    const hashes = new Float64Array(Math.max(0, text.length - LENGTH + 1));
    for (let at = 0; at < hashes.length; at += 1) hashes[at] = hashAt(text, at, [first, second]);
    return hashes;
  };
}

/** Joins the hashes of several texts. */
export function joinRuns(runs: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(runs.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const run of runs) {
    all.set(run, at);
    at += run.length;
  }
  return all;
}

// The secret is base64url of an HMAC: 6 random bits in each character, mixed to twice 32.
function toKey(secret: string): readonly [number, number] {
  let first = 0;
  let second = 0;
  for (let index = 0; index < secret.length; index += 1) {
    const unit = secret.charCodeAt(index);
    if (index % 2 === 0) first = (Math.imul(first, 0x01000193) ^ unit) | 0;
    else second = (Math.imul(second, 0x01000193) ^ unit) | 0;
  }
  return [first, second];
}

/** HalfSipHash with a message of four words, two characters in each; the state stays in locals. */
function hashAt(text: string, at: number, key: readonly [number, number]): number {
  const [first, second] = key;
  let a = first;
  let b = second ^ 0xee;
  let c = first ^ 0x6c796765;
  let d = second ^ 0x74656462;
  let high = 0;
  // Four words of two rounds, then twice four rounds for the two halves of the result.
  for (let round = 0; round < LENGTH + 8; round += 1) {
    const isWord = round < LENGTH && (round & 1) === 0;
    const word = isWord ? text.charCodeAt(at + round) | (text.charCodeAt(at + round + 1) << 16) : 0;
    if (isWord) d ^= word;
    else if (round === LENGTH) c ^= 0xee;
    else if (round === LENGTH + 4) {
      high = b ^ d;
      b ^= 0xdd;
    }
    a = (a + b) | 0;
    b = ((b << 5) | (b >>> 27)) ^ a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = ((d << 8) | (d >>> 24)) ^ c;
    a = (a + d) | 0;
    d = ((d << 7) | (d >>> 25)) ^ a;
    c = (c + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ c;
    c = (c << 16) | (c >>> 16);
    if (round < LENGTH && (round & 1) === 1) {
      const size = round - 1;
      a ^= text.charCodeAt(at + size) | (text.charCodeAt(at + size + 1) << 16);
    }
  }
  return (high >>> 12) * 0x1_0000_0000 + ((b ^ d) >>> 0) || 1;
}
