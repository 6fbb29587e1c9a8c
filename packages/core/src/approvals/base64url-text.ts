const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/**
 * Writes the UTF-8 bytes of a text as base64url without padding (RFC 4648 §5), on any runtime.
 *
 * @throws {URIError} when the text holds half a surrogate pair.
 */
export function toBase64UrlText(text: string): string {
  let encoded = "";
  let bits = 0;
  let width = 0;
  for (const byte of toUtf8(text)) {
    bits = ((bits << 8) | byte) & 0xffff;
    width += 8;
    while (width >= 6) {
      width -= 6;
      encoded += ALPHABET.charAt((bits >> width) & 63);
    }
  }
  return width === 0 ? encoded : encoded + ALPHABET.charAt((bits << (6 - width)) & 63);
}

function toUtf8(text: string): readonly number[] {
  const escaped = encodeURIComponent(text).match(/%[0-9A-F]{2}|[^%]/g) ?? [];
  return escaped.map((part) =>
    part.length === 1 ? part.charCodeAt(0) : Number.parseInt(part.slice(1), 16),
  );
}
