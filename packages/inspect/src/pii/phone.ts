import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import type { PiiRule } from "./pii-rule.ts";
import { hasContext, spanOf } from "./pii-rule.ts";

const GAP = "(?:[ .\\u00a0/]|-|\\u2011|\\) ?[-.]?| ?\\(| - )?";
const EXTENSION = "(?:[ ,;]{0,2}(?:x|ext\\.?|extension|#)[ .:]{0,2}\\d{1,6})?";
const PATTERN = new RegExp(
  `(?<![\\w.,/#$€£%+-]|\\d:)(?:\\+[ ]?|\\(\\+?|00)?\\d(?:${GAP}\\d){5,16}${EXTENSION}(?![\\w%]|[.,:/-]\\d|[$€£])`,
  "gi",
);

// What people write before a number of theirs, in the languages of most users.
const CONTEXT = new RegExp(
  `(?:^|[^\\p{L}])(?:(?:tele?)?phone|tel(?:efon(?:o|e|nummer)?|éfono|éphone)?|mobile?|móvil|mobil|handy|cell(?:phone)?|fax|call(?:ing|ed|s)?|dial|ring|text(?:ing)?|sms|whats ?app|messages?|contact|registered|reach|landline|hotline|pager|rückruf|rufnummer|portable|numéro|número|gsm|(?:my|your|his|her|their|our|new|following|this|that|home|work|office|personal|emergency) number)(?![\\p{L}])[^\\d]{0,28}$`,
  "iu",
);
const DATE =
  /^\(?(?:(?:19|20)\d{2}[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)\d{2})(?!\d)/;
const YEARS = /^(?:19|20)\d{2}\s?[-–/]\s?(?:19|20)\d{2}$/;
/** North America: area and exchange begin with 2 to 9 (NANP). */
const NORTH_AMERICA =
  /^(?:(?:\+|00)?1[-. ]?)?(?:\([2-9]\d{2}\)[-. ]?|[2-9]\d{2}([-. ]))[2-9]\d{2}[-. ]\d{4}(?:\D.*)?$/;
/** A trunk prefix and groups, or an area code in brackets. */
const GROUPED =
  /^(?:0\d{1,4}(?:[ .\-/]\d{2,4}){2,5}|\(0\d{1,5}\)[ -]?\d{2,8}(?:[ .-]\d{2,4}){0,3}|\([1-9]\d{1,2}\) ?\d{3,5}[- ]\d{4})$/;

/**
 * Telephone numbers: international ones of a plan that there is, national ones by their grouping,
 * and every other form where words say that it is one.
 */
export const phoneRule: PiiRule = {
  id: "phone",
  pattern: PATTERN,
  confidence: "medium",
  cost: 8,
  *find(text, match) {
    const [written] = match;
    const digits = written.replaceAll(/\D/g, "");
    if (digits.length > 17 || DATE.test(written) || YEARS.test(written)) return;
    if (isPhone(written, () => hasContext(text, match.index, CONTEXT))) yield spanOf(match);
  },
};

function isPhone(written: string, isNamed: () => boolean): boolean {
  if (/^(?:\+|\(\+|00)/.test(written)) {
    const number = parsePhoneNumberFromString(written.replace(/^\(?00/, "+"));
    return number?.isPossible() === true;
  }
  if (NORTH_AMERICA.test(written)) return true;
  const digits = written.replaceAll(/\D/g, "").length;
  if (GROUPED.test(written) && digits >= 9 && digits <= 12) return true;
  return digits <= 15 && isNamed();
}
