import type { Clock, Random } from "@portcullis/core";
import { fromBase64Url, toBytes } from "./base64url.ts";

/** A UUID of version 7: milliseconds first, then random bits (RFC 9562 §5.7). */
export function uuidV7(clock: Clock, random: Random): string {
  const bytes = toBytes(fromBase64Url(random.id()));
  const time = Math.trunc(clock.now());
  for (let index = 0; index < 6; index += 1) {
    bytes[index] = Math.floor(time / 2 ** (8 * (5 - index))) % 256;
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `${parts.join("-")}-${hex.slice(20)}`;
}
