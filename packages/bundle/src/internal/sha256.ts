const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export function toUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** SHA-256 of bytes, or of a text's UTF-8 bytes. */
export async function sha256(data: Uint8Array<ArrayBuffer> | string): Promise<Uint8Array> {
  const bytes = typeof data === "string" ? toUtf8(data) : data;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** A digest as documents write it: `sha256:` and 64 lower-case hex digits. */
export async function toDigest(data: Uint8Array<ArrayBuffer> | string): Promise<string> {
  return `sha256:${toHex(await sha256(data))}`;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
