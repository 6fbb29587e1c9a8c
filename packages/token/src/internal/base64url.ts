const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SEGMENT = /^[A-Za-z0-9_-]+$/;
const BEYOND_ASCII = /[\u0080-\u00ff]/;

/**
 * Tells whether a text is the one base64url form of some bytes, without padding (RFC 7515 App. C):
 * it decodes, and encoding the bytes gives it back.
 */
export function isBase64Url(text: string): boolean {
  if (!SEGMENT.test(text)) return false;
  const rest = text.length % 4;
  if (rest === 0) return true;
  if (rest === 1) return false;
  // Bits below the last byte must be zero, else a second spelling has the same bytes.
  const unused = rest === 2 ? 0b1111 : 0b11;
  return (ALPHABET.indexOf(text.charAt(text.length - 1)) & unused) === 0;
}

/** The bytes as text, one character for each; only for what {@link isBase64Url} takes. */
export function fromBase64Url(text: string): string {
  return atob(text.replaceAll("-", "+").replaceAll("_", "/"));
}

/** The bytes of {@link fromBase64Url}. */
export function toBytes(binary: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Writes bytes in base64url without padding. */
function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Writes the UTF-8 bytes of a text in base64url. */
export function encodeText(text: string): string {
  return toBase64Url(new TextEncoder().encode(text));
}

/** The text of UTF-8 bytes, one character for each; undefined where they are none. */
export function decodeUtf8(binary: string): string | undefined {
  // Nearly always all is ASCII, where each byte is its own character.
  if (!BEYOND_ASCII.test(binary)) return binary;
  try {
    // The byte order mark stays, so that a text with one is not the canonical one.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(toBytes(binary));
  } catch {
    return undefined;
  }
}
