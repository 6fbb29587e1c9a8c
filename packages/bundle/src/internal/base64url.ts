const ALPHABET = /^[A-Za-z0-9_-]*$/;

/**
 * Reads base64url (RFC 4648 §5) in its one canonical spelling: no padding, no white space, no other
 * alphabet, no stray trailing bits. Undefined for everything else.
 */
export function readBase64Url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1 || !ALPHABET.test(text)) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return hasStrayBits(text, bytes) ? undefined : bytes;
}

/** Writes base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const CHUNK = 8192;

// Only the last character can hold bits that no byte takes up.
function hasStrayBits(text: string, bytes: Uint8Array): boolean {
  const rest = text.length % 4;
  if (rest === 0) return false;
  const tail = toBase64Url(bytes.subarray(bytes.length - (rest - 1)));
  return tail !== text.slice(text.length - rest);
}
