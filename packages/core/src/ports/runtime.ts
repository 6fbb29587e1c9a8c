/** A value, now or later. */
export type Awaitable<T> = T | Promise<T>;

/** Hashing. Web Crypto's is asynchronous, Node's is not; both fit. */
export interface Digest {
  /** SHA-256 of the text's UTF-8 bytes, base64url without padding. */
  sha256(text: string): Awaitable<string>;
  /** HMAC-SHA-256 of the text's UTF-8 bytes under the key's UTF-8 bytes, base64url. */
  hmacSha256(key: string, text: string): Awaitable<string>;
}

/** Unpredictable bytes. */
export interface Random {
  /** Unpredictable text of at least 128 bits, base64url, 22 characters. */
  id(): string;
}

/** Time, all in milliseconds. */
export interface Clock {
  /** Wall clock since the Unix epoch. */
  now(): number;
  /** A clock that never goes back, with an arbitrary start and sub-millisecond parts. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs`; the returned function cancels it. Keeps no process alive. */
  schedule(delayMs: number, callback: () => void): () => void;
}
