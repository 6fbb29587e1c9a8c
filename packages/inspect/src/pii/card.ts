import { passesLuhn } from "./check-digits.ts";
import type { PiiRule } from "./pii-rule.ts";
import { hasContext } from "./pii-rule.ts";

const RUN = /(?<![A-Za-z0-9_.,#-])\d(?:[ -]?\d){11,30}(?![A-Za-z0-9_]|[.,]\d)/g;
const CONTEXT =
  /(?:card|cc|credit|debit|visa|master|amex|maestro|jcb|diners|discover|payment|pan|account|karte|carte|tarjeta|cartão)\b[^\n]{0,32}$/i;

/** Issuers by their ranges, and how long their numbers are (ISO/IEC 7812). */
const ISSUERS: readonly { readonly range: RegExp; readonly lengths: readonly number[] }[] = [
  { range: /^4/, lengths: [13, 16, 19] },
  { range: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { range: /^3[47]/, lengths: [15] },
  { range: /^3(?:0[0-5]|095|[689])/, lengths: [14, 16, 19] },
  { range: /^(?:6011|64[4-9]|65|622)/, lengths: [16, 19] },
  { range: /^35(?:2[89]|[3-8])/, lengths: [16, 19] },
  { range: /^35/, lengths: [16] },
  { range: /^(?:2131|1800)/, lengths: [15] },
  { range: /^(?:62|81)/, lengths: [16, 17, 18, 19] },
  { range: /^220[0-4]/, lengths: [16, 17, 18, 19] },
  { range: /^(?:60|65|81|82|508)/, lengths: [16] },
  { range: /^9792/, lengths: [16] },
];

// Maestro's numbers may have any length from 12; the shorter ones look like many others.
const MAESTRO = /^(?:0604|50(?:18|20|38)|5612|5[78]\d\d|6304|6390|67(?:59|6[1-37-9])|6771)/;
const MAESTRO_RANGE = /^(?:50|5[6-9]|6)/;

/** Payment cards: an issuer's range, its length, and Luhn's check. */
export const cardRule: PiiRule = {
  id: "card",
  pattern: RUN,
  confidence: "high",
  *find(text, match) {
    const groups = [...match[0].matchAll(/\d+/g)];
    for (let first = 0; first < groups.length; first += 1) {
      let digits = "";
      let best: { readonly start: number; readonly end: number } | undefined;
      for (const group of groups.slice(first)) {
        digits += group[0];
        if (digits.length > 19) break;
        const start = match.index + (groups[first]?.index ?? 0);
        const end = match.index + group.index + group[0].length;
        if (isCard(digits, { text, start })) best = { start, end };
      }
      if (best !== undefined) {
        yield best;
        return;
      }
    }
  },
};

function isCard(
  digits: string,
  { text, start }: { readonly text: string; readonly start: number },
): boolean {
  if (digits.length < 12 || /^(\d)\1*$/.test(digits) || !passesLuhn(digits)) return false;
  if (ISSUERS.some(({ range, lengths }) => range.test(digits) && lengths.includes(digits.length))) {
    return true;
  }
  if (MAESTRO.test(digits)) return true;
  return MAESTRO_RANGE.test(digits) && hasContext(text, start, CONTEXT);
}
