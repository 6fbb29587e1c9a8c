import type { Span, TextView } from "./text-view.ts";
import { createViewBuilder, plainView, throughView } from "./text-view.ts";

/** What a text says in other notations. */
export interface DecodedViews {
  /** Every view; spans are those of the text that was handed in. */
  readonly views: readonly TextView[];
  /** False when there was more to decode than the limits allow. */
  readonly complete: boolean;
}

/** How much is decoded. */
export interface DecodeLimits {
  /** Decodings of decodings. Default 2. */
  readonly depth?: number;
  /** UTF-16 code units of all views together. Default 1 048 576. */
  readonly maxLength?: number;
}

const DEFAULT_DEPTH = 2;
const DEFAULT_MAX_LENGTH = 1_048_576;
/** Most tokens that are decoded in one text; more are not looked at. */
const MAX_TOKENS = 4096;

/**
 * Decodes what a text hides in plain sight: percent encoding, `\u`, `\x` and JSON escapes, HTML
 * character references, and tokens of base64 (either alphabet) or hexadecimal that are text.
 *
 * A decoded token is a view of its own, all of which stands for the whole token; escapes are decoded
 * in place, so that text around them stays in the same view.
 */
export function decodeText(
  text: string,
  { depth = DEFAULT_DEPTH, maxLength = DEFAULT_MAX_LENGTH }: DecodeLimits = {},
): DecodedViews {
  const views: TextView[] = [];
  let length = 0;
  let tokens = 0;
  let pending: readonly TextView[] = [plainView(text)];
  for (let level = 0; level < depth && pending.length > 0; level += 1) {
    const next: TextView[] = [];
    for (const outer of pending) {
      for (const inner of decodeOnce(outer.text)) {
        length += inner.text.length;
        tokens += 1;
        if (length > maxLength || tokens > MAX_TOKENS) return { views, complete: false };
        next.push(level === 0 ? inner : throughView(inner, outer));
      }
    }
    views.push(...next);
    pending = next;
  }
  return { views, complete: true };
}

function* decodeOnce(text: string): Generator<TextView> {
  const unescaped = unescapeText(text);
  if (unescaped !== undefined) yield unescaped;
  for (const token of longTokens(text)) {
    const decoded = decodeToken(text.slice(token.start, token.end));
    if (decoded !== undefined) yield { text: decoded, span: () => token };
    else yield* decodeSegments(text, token);
  }
}

/** A slash is part of base64 and of paths: where the whole is no text, its segments may be. */
function* decodeSegments(text: string, token: Span): Generator<TextView> {
  let start = token.start;
  while (start < token.end) {
    const slash = text.indexOf("/", start);
    const end = slash < 0 || slash > token.end ? token.end : slash;
    const isPart = end - start >= MIN_TOKEN && end - start < token.end - token.start;
    const decoded = isPart ? decodeToken(text.slice(start, end)) : undefined;
    const span = { start, end };
    if (decoded !== undefined) yield { text: decoded, span: () => span };
    start = end + 1;
  }
}

// A run of percent signs is decoded whole, because a character may be several bytes.
const ESCAPE =
  /(?:%[\da-f]{2}){1,4096}|\\(?:u\{[\da-f]{1,6}\}|u[\da-f]{4}|x[\da-f]{2}|[nrt"'\\/])|&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,6});/gi;

/** In-place escapes, or `undefined` where the text has none. */
function unescapeText(text: string): TextView | undefined {
  if (!text.includes("%") && !text.includes("\\") && !text.includes("&")) return undefined;
  const builder = createViewBuilder();
  let from = 0;
  for (const { index, 0: escape } of text.matchAll(ESCAPE)) {
    const meant = readEscape(escape);
    if (meant === undefined) continue;
    builder.copy(text.slice(from, index), from);
    from = index + escape.length;
    builder.put(meant, { start: index, end: from });
  }
  if (from === 0) return undefined;
  builder.copy(text.slice(from), from);
  return builder.build();
}

const CONTROLS: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

const REFERENCES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["apos", "'"],
  ["colon", ":"],
  ["commat", "@"],
  ["equals", "="],
  ["gt", ">"],
  ["hyphen", "-"],
  ["lowbar", "_"],
  ["lt", "<"],
  ["nbsp", " "],
  ["period", "."],
  ["plus", "+"],
  ["quot", '"'],
  ["sol", "/"],
]);

function readEscape(escape: string): string | undefined {
  if (escape.startsWith("%")) {
    const bytes = Uint8Array.from(escape.slice(1).split("%"), (pair) => Number.parseInt(pair, 16));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }
  if (escape.startsWith("\\")) {
    const kind = escape.charAt(1).toLowerCase();
    if (escape.length === 2) return CONTROLS.get(escape.charAt(1)) ?? escape.charAt(1);
    return fromPoint(escape.slice(kind === "u" && escape.charAt(2) === "{" ? 3 : 2), 16);
  }
  const name = escape.slice(1, -1);
  if (/^#x/i.test(name)) return fromPoint(name.slice(2), 16);
  if (name.startsWith("#")) return fromPoint(name.slice(1), 10);
  return REFERENCES.get(name.toLowerCase());
}

function fromPoint(digits: string, radix: number): string | undefined {
  const point = Number.parseInt(digits, radix);
  return point <= 0x10_ff_ff ? String.fromCodePoint(point) : undefined;
}

/** Shortest token that is looked at: twelve bytes in base64. */
const MIN_TOKEN = 16;
const MIN_HEX = 24;
const IS_TOKEN: Uint8Array = tokenClass();

/**
 * Finds runs of the characters of base64 and hexadecimal, joined over line ends where all lines but
 * the last are as long as MIME's and PEM's are.
 *
 * It looks at every 16th character and at more only where that one may be in a run.
 */
function* longTokens(text: string): Generator<Span> {
  let index = MIN_TOKEN - 1;
  while (index < text.length) {
    const first = index - MIN_TOKEN + 1;
    let start = index;
    while (start >= first && isToken(text, start)) start -= 1;
    if (start >= first) {
      index = start + MIN_TOKEN;
      continue;
    }
    let end = index + 1;
    while (end < text.length && isToken(text, end)) end += 1;
    const token = joinLines(text, { start: first, end });
    yield token;
    index = token.end + MIN_TOKEN;
  }
}

function joinLines(text: string, { start, end }: Span): Span {
  let last = end;
  let lineStart = start;
  while (last - lineStart === 64 || last - lineStart === 76) {
    const next = text.startsWith("\r\n", last) ? last + 2 : last + 1;
    if (next === last + 1 && text.charAt(last) !== "\n") break;
    let lineEnd = next;
    while (lineEnd < text.length && lineEnd - next <= 76 && isToken(text, lineEnd)) lineEnd += 1;
    if (lineEnd === next) break;
    lineStart = next;
    last = lineEnd;
  }
  if (text.startsWith("==", last)) return { start, end: last + 2 };
  return { start, end: text.startsWith("=", last) ? last + 1 : last };
}

function isToken(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit < 128 && IS_TOKEN[unit] === 1;
}

function tokenClass(): Uint8Array {
  const members = new Uint8Array(128);
  for (const unit of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") {
    members[unit.charCodeAt(0)] = 1;
  }
  return members;
}

const HEX = /^(?:0x)?((?:[\da-f]{2})+)$/i;
const BREAKS = /[\r\n]/g;

/** The text that a token stands for, or `undefined` where it stands for none. */
function decodeToken(token: string): string | undefined {
  const joined = token.replace(BREAKS, "");
  const [, digits] = joined.length >= MIN_HEX ? (HEX.exec(joined) ?? []) : [];
  const asHex = digits === undefined ? undefined : toText(fromHex(digits));
  return asHex ?? toText(fromBase64(joined));
}

/** The text that a value in base64 stands for, or `undefined` where it stands for none. */
export function decodeBase64Text(value: string): string | undefined {
  const isWhole = value.length >= 8 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value);
  return isWhole ? toText(fromBase64(value)) : undefined;
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

const ALPHABET: Uint8Array = base64Alphabet();

function base64Alphabet(): Uint8Array {
  const values = new Uint8Array(128);
  const order = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let value = 0; value < order.length; value += 1) values[order.charCodeAt(value)] = value;
  values["-".charCodeAt(0)] = 62;
  values["_".charCodeAt(0)] = 63;
  return values;
}

/** Decodes what whole bytes there are; bits behind the last one are dropped (RFC 4648 §4, §5). */
function fromBase64(token: string): Uint8Array {
  const length = token.indexOf("=") < 0 ? token.length : token.indexOf("=");
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (let index = 0; index < length; index += 1) {
    bits = ((bits << 6) | (ALPHABET[token.charCodeAt(index)] ?? 0)) & 0xff_ff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[at] = (bits >> count) & 0xff;
      at += 1;
      // Most tokens are no text, and that shows in their first bytes.
      if (at === 8 && !bytes.subarray(0, 8).every(isTextByte)) return new Uint8Array(0);
    }
  }
  return bytes;
}

function isTextByte(byte: number): boolean {
  return byte >= 0x20 ? byte !== 0x7f : byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

const UNSHOWN = /[\p{Cc}\p{Co}\p{Cn}]/u;
const LAYOUT = /[\t\n\r]/g;

function toText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  return UNSHOWN.test(text.replace(LAYOUT, "")) ? undefined : text;
}
