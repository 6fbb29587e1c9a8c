import { parseAddress } from "../internal/address.ts";
import type { PiiRule } from "./pii-rule.ts";
import { hasContext, spanOf } from "./pii-rule.ts";

const VERSION = /(?:\bv|version|release|build|chrome|firefox|safari|edg)[\s:=/]{0,3}$/i;
const OWN = new Set(["127.0.0.1", "0.0.0.0", "255.255.255.255"]);

/** Addresses of the Internet Protocol, but for those that every machine has. */
export const ipv4Rule: PiiRule = {
  id: "ip-address",
  pattern: /(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)/g,
  confidence: "medium",
  *find(text, match) {
    const address = parseAddress(match[0]);
    if (address === undefined || OWN.has(address.text)) return;
    if (!hasContext(text, match.index, VERSION)) yield spanOf(match);
  },
};

/** The same of version 6 (RFC 4291 §2.2). */
export const ipv6Rule: PiiRule = {
  id: "ip-address",
  pattern: /(?<![\w:.])(?=[\da-f.]{0,15}:[\da-f.]{0,15}:)[\da-f:.]{2,45}(?![\w:])/gi,
  confidence: "medium",
  *find(_, match) {
    const written = match[0].replace(/[.:]$/, (end) => (match[0].endsWith("::") ? end : ""));
    const groups = written.split(":").filter((group) => group !== "");
    if (groups.length < 2 || !/\d/.test(written)) return;
    if (parseAddress(written) !== undefined) {
      yield { start: match.index, end: match.index + written.length };
    }
  },
};
