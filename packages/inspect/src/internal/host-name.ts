import { decodePunycode } from "./punycode.ts";

const MAX_HOST = 253;
// Letters, digits, hyphen and the underscore of service names; what else `URL` lets through
// (`;`, `&`, `!`, …) other parsers read as the end of the host.
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/;

/**
 * Tells whether a text is a host name in canonical form: lower-case A-labels, no dot at the end, at
 * most 253 characters, and not something that a resolver could read as an IPv4 address.
 */
export function isHostName(text: string): boolean {
  if (text.length === 0 || text.length > MAX_HOST) return false;
  const labels = text.split(".");
  if (NUMERIC_LABEL.test(labels.at(-1) ?? "")) return false;
  return labels.every((label) => LABEL.test(label));
}

/**
 * Tells whether `canonical` is nothing but the encoding of what was written, so that a program
 * which does not map names (full-width letters, soft hyphens, other dots) reaches the same host.
 */
export function isFaithful(written: string, canonical: string): boolean {
  const decoded = canonical.split(".").map((label) => {
    return label.startsWith("xn--") ? decodePunycode(label.slice(4)) : label;
  });
  const plain = written.normalize("NFC").toLowerCase();
  return plain === canonical || decoded.join(".") === plain;
}

/**
 * Converts a written name to its canonical form; `undefined` where it is none. One dot at the end
 * is removed.
 */
export function toHostName(written: string): string | undefined {
  const name = written.endsWith(".") ? written.slice(0, -1) : written;
  if (name === "" || /[\p{Cc}\p{Z}/?#@:\\%[\]<>^|]/u.test(name)) return undefined;
  const parsed = URL.canParse(`https://${name}/`) ? new URL(`https://${name}/`).hostname : "";
  return isHostName(parsed) && isFaithful(name, parsed) ? parsed : undefined;
}

/**
 * Tells whether a host is a domain or one below it; an address only if it is the same.
 *
 * @throws {TypeError} when the domain is not in canonical form: a rule with such a domain would
 * never match, and a forbid must not be without effect.
 */
export function isHostWithin(host: string, domain: string): boolean {
  if (host === domain) return true;
  if (isHostName(domain)) return isHostName(host) && host.endsWith(`.${domain}`);
  if (/^[0-9.]+$|^[0-9a-f:.]+:[0-9a-f:.]*$/.test(domain)) return false;
  throw new TypeError("A domain is written in lower case and without a dot at either end.");
}
