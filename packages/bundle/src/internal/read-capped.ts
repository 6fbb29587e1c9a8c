import { refuseBundle } from "../bundle-refusal.ts";

/**
 * Reads a body up to a size and not a byte further; it counts what comes out of decompression.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `too-large`.
 */
export async function readCapped(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (next === undefined || next.done) break;
    const chunk: Uint8Array = next.value;
    length += chunk.length;
    if (length > maxBytes) {
      await reader?.cancel().catch(() => undefined);
      throw refuseBundle("too-large", "The document is larger than it may be.");
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
