import type { PiiRule } from "./pii-rule.ts";

const DOMAIN =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}(?:\p{L}{2,63}|xn--[a-z0-9-]{2,59})(?![\p{L}\p{N}-])/uy;
// Of what RFC 5321 allows, what addresses of people have; the rest more often stands around one.
const LOCAL = /[\p{L}\p{N}%'+._-]/u;
const MAX_LOCAL = 64;
/** Ends of file names that stand behind an at sign, as in `logo@2x.png`. */
const FILE = /\.(?:png|jpe?g|gif|svg|webp|ico|css|js|mjs|ts|tsx|map|json|woff2?)$/i;
const OPENING = /^[%'+.-]+/;
const URL_BEFORE = /:\/\/[^\s/?#]*$/;
const MAX_USERINFO = 128;

/** E-mail addresses: dot-string and domain (RFC 5321 §4.1.2), not the userinfo of a URL. */
export const emailRule: PiiRule = {
  id: "email",
  pattern: /@(?=[\p{L}\p{N}])/gu,
  confidence: "high",
  *find(text, { index: at }) {
    let start = at;
    while (start > 0 && at - start < MAX_LOCAL && LOCAL.test(text.charAt(start - 1))) start -= 1;
    const written = text.slice(start, at);
    start += OPENING.exec(written)?.[0].length ?? 0;
    const local = text.slice(start, at);
    if (local === "" || local.endsWith(".") || local.includes("..")) return;
    DOMAIN.lastIndex = at + 1;
    const [domain] = DOMAIN.exec(text) ?? [];
    if (domain === undefined || FILE.test(domain)) return;
    const end = at + 1 + domain.length;
    const isClone = local === "git" && text.charAt(end) === ":";
    if (isClone || URL_BEFORE.test(text.slice(Math.max(0, start - MAX_USERINFO), start))) return;
    yield { start, end };
  },
};
