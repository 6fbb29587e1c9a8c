import {
  isDay,
  modulo97,
  passesLuhn,
  passesMod11And10,
  passesVerhoeff,
  weightedSum,
} from "./check-digits.ts";
import type { PiiRule } from "./pii-rule.ts";
import { hasContext, spanOf } from "./pii-rule.ts";

/** A number that a state gives to a person. */
interface NationalNumber {
  readonly id: string;
  /** Its forms, without what may stand around it. */
  readonly form: string;
  /** Checks it, without separators and in upper case. */
  readonly check: (number: string) => boolean;
  /** Words that must stand before it, where its form is that of many other numbers. */
  readonly context?: RegExp;
  /** Forms that need no context. */
  readonly plain?: RegExp;
}

function rule({ id, form, check, context, plain }: NationalNumber): PiiRule {
  return {
    id,
    pattern: new RegExp(`(?<![A-Za-z0-9_.-])(?:${form})(?![A-Za-z0-9_]|[-.][0-9])`, "gi"),
    confidence: context === undefined ? "high" : "medium",
    *find(text, match) {
      const number = match[0].replaceAll(/[^A-Za-z0-9]/g, "").toUpperCase();
      if (/^(\d)\1*$/.test(number) || !check(number)) return;
      const needsContext = context !== undefined && plain?.test(match[0]) !== true;
      if (!needsContext || hasContext(text, match.index, context)) yield spanOf(match);
    },
  };
}

/** Words before a number, with whatever stands between. */
function words(source: string): RegExp {
  return new RegExp(`(?:^|[^\\p{L}])(?:${source})(?![\\p{L}])[^\\n\\d]{0,32}$`, "iu");
}

const digitAt = (number: string, place: number): number => Number(number.charAt(place));

/** United States: the rules of the Social Security Administration for area, group and serial. */
function isSsn(number: string): boolean {
  return /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/.test(number);
}

function isNhs(number: string): boolean {
  const check = 11 - (weightedSum(number, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11);
  return check !== 10 && check % 11 === digitAt(number, 9);
}

function isGermanTaxId(number: string): boolean {
  const counts = new Map<string, number>();
  for (const digit of number.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const most = Math.max(...counts.values());
  // One digit stands there twice or three times, and so one or two not at all.
  const hasForm = !number.startsWith("0") && (most === 2 || most === 3) && counts.size >= 8;
  return hasForm && passesMod11And10(number);
}

function isNir(number: string): boolean {
  // Corsica's departments have letters.
  const body = number.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return /^\d{13}$/.test(body) && 97 - modulo97(body) === Number(number.slice(13));
}

const DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";

function isDni(number: string): boolean {
  const digits = number.slice(0, -1).replace(/^[XYZ]/, (first) => String("XYZ".indexOf(first)));
  return DNI_LETTERS.charAt(Number(digits) % 23) === number.at(-1);
}

const ODD_VALUES = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

function isCodiceFiscale(number: string): boolean {
  let sum = 0;
  for (let place = 0; place < 15; place += 1) {
    const code = number.charCodeAt(place);
    const value = code >= 65 ? code - 65 : code - 48;
    sum += place % 2 === 0 ? (ODD_VALUES[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === number.at(-1);
}

function isBsn(number: string): boolean {
  return weightedSum(number, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;
}

function isPesel(number: string): boolean {
  const month = Number(number.slice(2, 4));
  const century = [1900, 2000, 2100, 2200, 1800][Math.floor(month / 20)] ?? 1900;
  const day = Number(number.slice(4, 6));
  const check = (10 - (weightedSum(number, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10;
  return (
    isDay(century + Number(number.slice(0, 2)), month % 20, day) && check === digitAt(number, 10)
  );
}

function isCpf(number: string): boolean {
  const check = (length: number): number => {
    const weights = Array.from({ length }, (_, place) => length + 1 - place);
    return ((weightedSum(number, weights) * 10) % 11) % 10;
  };
  return check(9) === digitAt(number, 9) && check(10) === digitAt(number, 10);
}

function isCnpj(number: string): boolean {
  const weights = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
  const check = (from: number): number => {
    const rest = weightedSum(number, weights.slice(from)) % 11;
    return rest < 2 ? 0 : 11 - rest;
  };
  return check(1) === digitAt(number, 12) && check(0) === digitAt(number, 13);
}

function isTfn(number: string): boolean {
  return weightedSum(number, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0;
}

function isMedicare(number: string): boolean {
  return weightedSum(number, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digitAt(number, 8);
}

function isPersonnummer(number: string): boolean {
  const short = number.slice(-10);
  // A coordination number adds 60 to the day.
  const day = Number(short.slice(4, 6)) % 60;
  return (
    isDay(2000 + Number(short.slice(0, 2)), Number(short.slice(2, 4)), day) && passesLuhn(short)
  );
}

function isHetu(number: string): boolean {
  const digits = `${number.slice(0, 6)}${number.slice(-4, -1)}`;
  const letter = "0123456789ABCDEFHJKLMNPRSTUVWXY".charAt(Number(digits) % 31);
  return (
    letter === number.at(-1) && isDay(2000, Number(number.slice(2, 4)), Number(number.slice(0, 2)))
  );
}

function isFodselsnummer(number: string): boolean {
  const first = (11 - (weightedSum(number, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11)) % 11;
  const second = (11 - (weightedSum(number, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  const isBorn = isDay(2000, Number(number.slice(2, 4)) % 40, Number(number.slice(0, 2)) % 40);
  return isBorn && first === digitAt(number, 9) && second === digitAt(number, 10);
}

function isAhv(number: string): boolean {
  const sum = weightedSum(number, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
  return (10 - (sum % 10)) % 10 === digitAt(number, 12);
}

function isRijksregister(number: string): boolean {
  const body = number.slice(0, 9);
  const check = Number(number.slice(9));
  return check === 97 - modulo97(body) || check === 97 - modulo97(`2${body}`);
}

function isNric(number: string): boolean {
  const first = number.charAt(0);
  const offset = "TG".includes(first) ? 4 : first === "M" ? 3 : 0;
  const rest = (weightedSum(number.slice(1), [2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
  const letters = "ST".includes(first)
    ? "JZIHGFEDCBA"
    : first === "M"
      ? "KLJNPQRTUWX"
      : "XWUTRQPNMLK";
  const place = first === "M" ? 10 - rest : rest;
  return letters.charAt(place) === number.at(-1);
}

function isResidentId(number: string): boolean {
  const sum = weightedSum(number, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
  const born = isDay(
    Number(number.slice(6, 10)),
    Number(number.slice(10, 12)),
    Number(number.slice(12, 14)),
  );
  return born && "10X98765432".charAt(sum % 11) === number.at(-1);
}

function isSouthAfrican(number: string): boolean {
  const day = Number(number.slice(4, 6));
  return (
    isDay(2000 + Number(number.slice(0, 2)), Number(number.slice(2, 4)), day) && passesLuhn(number)
  );
}

function isKoreanResident(number: string): boolean {
  const check = (11 - (weightedSum(number, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10;
  const born = isDay(
    2000 + Number(number.slice(0, 2)),
    Number(number.slice(2, 4)),
    Number(number.slice(4, 6)),
  );
  return born && check === digitAt(number, 12);
}

function isTurkish(number: string): boolean {
  const odd = weightedSum(number, [1, 0, 1, 0, 1, 0, 1, 0, 1]);
  const even = weightedSum(number, [0, 1, 0, 1, 0, 1, 0, 1]);
  const tenth = (((odd * 7 - even) % 10) + 10) % 10;
  const all = weightedSum(number, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  return tenth === digitAt(number, 9) && all % 10 === digitAt(number, 10);
}

const CURP_UNITS = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ";

function isCurp(number: string): boolean {
  let sum = 0;
  for (let place = 0; place < 17; place += 1) {
    sum += CURP_UNITS.indexOf(number.charAt(place)) * (18 - place);
  }
  return (10 - (sum % 10)) % 10 === digitAt(number, 17);
}

function isRoutingNumber(number: string): boolean {
  const isBank = /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(number);
  return isBank && weightedSum(number, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0;
}

const any = (): boolean => true;

/** National numbers of persons; those without a form of their own only where words name them. */
export const nationalRules: readonly PiiRule[] = [
  rule({
    id: "us-ssn",
    form: "\\d{3}-\\d{2}-\\d{4}|\\d{3} \\d{2} \\d{4}|\\d{3}\\.\\d{2}\\.\\d{4}|\\d{9}",
    check: isSsn,
    context: words("ssns?|social(?: security)?(?: (?:number|no|nr|num))?|social insurance"),
    plain: /\D/,
  }),
  rule({ id: "us-itin", form: "9\\d{2}-(?:5\\d|6[0-5]|7\\d|8[0-8]|9[0-24-9])-\\d{4}", check: any }),
  rule({
    id: "us-driver-license",
    form: "[A-Z]{0,2}\\d{5,14}[A-Z]?|\\d{3,4}-\\d{2,3}-\\d{3,4}|[A-Z]\\d{3}-\\d{3,4}-\\d{3,4}(?:-\\d{2,3}(?:-\\d)?)?|[A-Z]{1,2}-\\d{3}-\\d{3}-\\d{3}-\\d{3}",
    check: any,
    context: words(
      "driv(?:er'?s?|er’s|ing) licen[cs]e|driver'?s? lic|licen[cs]e (?:number|no)|permit number|dl ?(?:number|no|#)",
    ),
  }),
  rule({
    id: "us-passport",
    form: "[A-Z]?\\d{8,9}",
    check: any,
    context: words("passports?(?: (?:number|no|nr|book))?|travel document"),
  }),
  rule({
    id: "us-bank-routing",
    form: "\\d{9}",
    check: isRoutingNumber,
    context: words("routing(?: transit)?(?: (?:number|no))?|aba(?: (?:number|no))?|rtn"),
  }),
  rule({
    id: "uk-nhs",
    form: "\\d{3}[ -]?\\d{3}[ -]?\\d{4}",
    check: isNhs,
    context: words("nhs(?: (?:number|no))?|national health(?: service)?(?: number)?"),
  }),
  rule({
    id: "uk-nino",
    form: "(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]",
    check: any,
  }),
  rule({
    id: "de-tax-id",
    form: "\\d{2}[ ]?\\d{3}[ ]?\\d{3}[ ]?\\d{3}",
    check: isGermanTaxId,
    context: words(
      "steuer[- ]?(?:id|identifikationsnummer|nummer)|steuerliche identifikationsnummer|idnr|tin|tax[- ]?(?:id|number|identification(?: number)?)",
    ),
  }),
  rule({
    id: "fr-nir",
    form: "[12378] ?\\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}",
    check: isNir,
  }),
  rule({ id: "es-dni", form: "\\d{8}-?[A-Z]|[XYZ]-?\\d{7}-?[A-Z]", check: isDni }),
  rule({
    id: "it-fiscal-code",
    form: "[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]",
    check: isCodiceFiscale,
  }),
  rule({
    id: "nl-bsn",
    form: "\\d{9}|\\d{3}[. ]\\d{3}[. ]\\d{3}|\\d{4}\\.\\d{2}\\.\\d{3}",
    check: isBsn,
    context: words(
      "bsn(?:[- ]?nummer)?|burgerservicenummer|sofi[- ]?nummer|citizen service number",
    ),
  }),
  rule({
    id: "pl-pesel",
    form: "\\d{11}",
    check: isPesel,
    context: words("pesel"),
  }),
  rule({
    id: "br-cpf",
    form: "\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}|\\d{11}",
    check: isCpf,
    context: words("cpf"),
    plain: /-/,
  }),
  rule({
    id: "br-cnpj",
    form: "\\d{2}\\.\\d{3}\\.\\d{3}/\\d{4}-\\d{2}|\\d{14}",
    check: isCnpj,
    context: words("cnpj"),
    plain: /-/,
  }),
  rule({
    id: "in-aadhaar",
    form: "[2-9]\\d{3}([ -]?)\\d{4}\\1\\d{4}",
    check: passesVerhoeff,
    context: words("aadhaa?r(?: (?:number|no|card))?|uidai|uid"),
    plain: /^\d{4}[ -]/,
  }),
  rule({
    id: "in-pan",
    form: "[A-Z]{3}[ABCFGHJLPT][A-Z]\\d{4}[A-Z]",
    check: any,
  }),
  rule({
    id: "ca-sin",
    form: "[1-79]\\d{2}([ -]?)\\d{3}\\1\\d{3}",
    check: passesLuhn,
    context: words("sin|social insurance(?: (?:number|no))?|nas|assurance sociale"),
  }),
  rule({
    id: "au-tfn",
    form: "\\d{3} ?\\d{3} ?\\d{3}",
    check: isTfn,
    context: words("tfn|tax file(?: (?:number|no))?"),
  }),
  rule({
    id: "au-medicare",
    form: "[2-6]\\d{3} ?\\d{5} ?\\d",
    check: isMedicare,
    context: words("medicare(?: (?:number|no|card))?"),
  }),
  rule({ id: "se-personnummer", form: "(?:19|20)?\\d{6}[-+]\\d{4}", check: isPersonnummer }),
  rule({ id: "fi-hetu", form: "\\d{6}[-+A-FU-Y]\\d{3}[0-9A-FHJ-NPR-Y]", check: isHetu }),
  rule({
    id: "no-fodselsnummer",
    form: "\\d{6} ?\\d{5}",
    check: isFodselsnummer,
  }),
  rule({
    id: "dk-cpr",
    form: "\\d{6}-?\\d{4}",
    check: (number) => isDay(2000, Number(number.slice(2, 4)), Number(number.slice(0, 2))),
    context: words("cpr(?:[- ]?(?:nummer|nr|number))?|personnummer"),
  }),
  rule({ id: "ch-ahv", form: "756\\.\\d{4}\\.\\d{4}\\.\\d{2}|756\\d{10}", check: isAhv }),
  rule({
    id: "be-rijksregister",
    form: "\\d{2}\\.\\d{2}\\.\\d{2}-\\d{3}\\.\\d{2}|\\d{11}",
    check: isRijksregister,
    context: words("rijksregister(?:nummer)?|registre national|nrn|niss|insz"),
    plain: /-/,
  }),
  rule({ id: "sg-nric", form: "[STFGM]\\d{7}[A-Z]", check: isNric }),
  rule({ id: "cn-resident-id", form: "[1-8]\\d{5}(?:19|20)\\d{9}[\\dX]", check: isResidentId }),
  rule({
    id: "za-id",
    form: "\\d{13}",
    check: isSouthAfrican,
    context: words("(?:sa |south african )?id(?:entity)?(?: (?:number|no))?|rsa id"),
  }),
  rule({ id: "kr-resident", form: "\\d{6}-[1-8]\\d{6}", check: isKoreanResident }),
  rule({
    id: "tr-identity",
    form: "[1-9]\\d{10}",
    check: isTurkish,
    context: words("t\\.?c\\.?(?: kimlik)?(?: no)?|kimlik(?: (?:numarası|no))?|tckn"),
  }),
  rule({
    id: "mx-curp",
    form: "[A-Z][AEIOUX][A-Z]{2}\\d{6}[HMX][A-Z]{5}[A-Z\\d]\\d",
    check: isCurp,
  }),
];
