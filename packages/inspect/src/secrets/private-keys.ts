import { decodeBase64Text } from "../internal/decode-text.ts";
import type { SecretRule } from "./rule.ts";
import { atKeyword, URL64 } from "./rule.ts";

/** Longest key in text form that is taken as one. */
const MAX_BLOCK = 16_384;
const HEADER = /-----BEGIN[ ]?(?:[A-Z0-9]{2,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;
const DASHES = "-----";
const FOOTER_REST = /-----END[A-Z0-9 ]{0,60}-----/y;
const BODY = /(?:[A-Za-z0-9+/=\s:,.()-]|\\[nrt\\])*/y;
const MIN_BODY = 24;

/** Keys in PEM (RFC 7468), OpenPGP armor and the forms of SSH programs. */
const privateKey: SecretRule = {
  id: "private-key",
  keywords: ["-----BEGIN"],
  confidence: "high",
  locate(text, { start }) {
    const bodyStart = endOf(HEADER, text, start);
    if (bodyStart === undefined) return undefined;
    const block = text.slice(bodyStart, start + MAX_BLOCK);
    const footer = block.indexOf(DASHES);
    const body = footer < 0 ? block.slice(0, endOf(BODY, block, 0) ?? 0) : block.slice(0, footer);
    // Base64 in one piece; what is left out is written with dots or words.
    if (!/[A-Za-z0-9+/=]{24}/.test(body) || body.length < MIN_BODY) return undefined;
    const bodyEnd = bodyStart + body.length;
    return { start, end: endOf(FOOTER_REST, text, bodyEnd) ?? bodyEnd };
  },
};

const puttyKey = atKeyword("putty-private-key", ["PuTTY-User-Key-File-"], {
  pattern: "PuTTY-User-Key-File-[23]:[^\\0]{20,8192}?Private-MAC: ?[a-f0-9]{40,64}",
});

/** How far before its type a service account's object may begin. */
const MAX_LEAD = 4096;

/** The key file of a service account of Google's: the whole object. */
const serviceAccount: SecretRule = {
  id: "gcp-service-account",
  keywords: ["service_account"],
  confidence: "high",
  locate(text, { start }) {
    const from = Math.max(0, start - MAX_LEAD);
    const open = text.slice(from, start).lastIndexOf("{");
    if (open < 0) return undefined;
    const object = text.slice(from + open, from + open + MAX_BLOCK);
    const close = object.indexOf("}");
    const whole = object.slice(0, close < 0 ? object.length : close + 1);
    const hasKey = /private_key\\?"\s*:\s*\\?"-----BEGIN/.test(whole);
    if (!hasKey) return undefined;
    // A file's last line end belongs to it.
    const end = from + open + whole.length;
    return { start: from + open, end: end + 1 === text.length ? end + 1 : end };
  },
};

const JWT = `eyJ${URL64}{8,2048}\\.(?:eyJ)?${URL64}{2,8192}\\.${URL64}{0,2048}(?:\\.${URL64}{1,8192}\\.${URL64}{1,128})?`;

/** A JSON Web Token (RFC 7519) whose header can be read. */
const jsonWebToken = atKeyword("jwt", ["eyJ"], {
  pattern: `(?<![A-Za-z0-9_-])${JWT}(?![A-Za-z0-9_-])`,
  accept: (value) =>
    /"(?:alg|enc)"/.test(decodeBase64Text(value.slice(0, value.indexOf("."))) ?? ""),
});

/** Codes of the bytes of DER that a text keeps, whatever it was decoded with. */
const DATA_OID = String.fromCodePoint(0x0d, 0x01, 0x07, 0x01);
const BAG_OID = String.fromCodePoint(0x0d, 0x01, 0x0c);
const VERSION_3 = String.fromCodePoint(0x02, 0x01, 0x03);
const INTEGER = 0x02;
const MAX_HEAD = 32;
const SHORTEST = 256;

/** A container with a private key (RFC 7292) that was read as text. */
const pkcs12: SecretRule = {
  id: "pkcs12",
  keywords: [DATA_OID],
  confidence: "medium",
  locate(text, { start }) {
    const head = text.slice(Math.max(0, start - MAX_HEAD), start);
    const sequence = head.lastIndexOf("0", head.indexOf(VERSION_3));
    const from = start - head.length + sequence;
    // A container is the whole text, at most behind a mark of the byte order.
    if (sequence < 0 || from > 1 || text.length < SHORTEST || !hasMac(text)) return undefined;
    return text.includes(BAG_OID, start) ? { start: from, end: text.length } : undefined;
  },
};

/** Whether a container ends with the count of a MAC that a program could compute, below 2²⁰. */
function hasMac(text: string): boolean {
  const isInteger = (length: number): boolean =>
    text.charCodeAt(text.length - length - 2) === INTEGER &&
    text.charCodeAt(text.length - length - 1) === length;
  return isInteger(1) || isInteger(2) || (isInteger(3) && text.charCodeAt(text.length - 3) < 0x10);
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  const matches: boolean = pattern.test(text);
  return matches ? pattern.lastIndex : undefined;
}

/** Keys and tokens with a form of their own that no vendor owns. */
export const privateKeyRules: readonly SecretRule[] = [
  serviceAccount,
  privateKey,
  puttyKey,
  jsonWebToken,
  pkcs12,
];
