import { expect, test } from "vitest";
import { moneyFacts } from "../src/money.ts";
import { codeOf, extractWith, fieldsOf } from "./support/facts.ts";

const read = extractWith(moneyFacts());
const readEuro = extractWith(moneyFacts(), { currency: "EUR" });
const readSigned = extractWith(moneyFacts(), { currency: "EUR", allowNegative: true });

test.for([
  ["12.50", "EUR", 1250],
  ["12.5", "EUR", 1250],
  [12.5, "EUR", 1250],
  [0.1, "USD", 10],
  ["0", "USD", 0],
  ["0.00", "USD", 0],
  [1e6, "USD", 100_000_000],
  ["1000", "JPY", 1000],
  ["1.234", "BHD", 1234],
  ["1.2345", "CLF", 12_345],
  ["90071992547409.91", "USD", Number.MAX_SAFE_INTEGER],
] as const)("reads %s %s as %s", ([amount, currency, minor]) => {
  expect(fieldsOf(read({ amount, currency }))).toEqual({ currency, minor });
});

test("reads a bare amount where the option names the currency", () => {
  expect(fieldsOf(readEuro("7.05"))).toEqual({ currency: "EUR", minor: 705 });
  expect(fieldsOf(readEuro(7))).toEqual({ currency: "EUR", minor: 700 });
  expect(fieldsOf(readEuro({ amount: 7, currency: "EUR" }))).toEqual({
    currency: "EUR",
    minor: 700,
  });
  expect(fieldsOf(readSigned("-7.05"))).toEqual({ currency: "EUR", minor: -705 });
  expect(codeOf(readEuro({ amount: 7, currency: "USD" }))).toBe("unsupported");
  expect(codeOf(read("7.05"))).toBe("wrong-type");
});

test.for<readonly [name: string, amount: string | number, code: string]>([
  ["too many fraction digits", "1.001", "malformed"],
  ["a sum that is not exact", 0.1 + 0.2, "malformed"],
  ["exponent in a text", "1e3", "malformed"],
  ["exponent in a number", 1e21, "malformed"],
  ["small exponent", 1e-7, "malformed"],
  ["plus", "+1", "malformed"],
  ["minus", "-1", "malformed"],
  ["minus in a number", -1, "malformed"],
  ["leading zero", "01", "malformed"],
  ["thousands comma", "1,000", "malformed"],
  ["decimal comma", "1,50", "malformed"],
  ["underscore", "1_000", "malformed"],
  ["space", "1 000", "malformed"],
  ["space around", " 1", "malformed"],
  ["line feed", "1\n", "malformed"],
  ["no whole part", ".5", "malformed"],
  ["no fraction", "5.", "malformed"],
  ["hexadecimal", "0x10", "malformed"],
  ["other digits", "１２", "malformed"],
  ["Arabic digits", "١٢", "malformed"],
  ["symbol", "€5", "malformed"],
  ["empty", "", "malformed"],
  ["infinity", "Infinity", "malformed"],
  ["not a number", "NaN", "malformed"],
  ["over 2^53", "90071992547409.92", "too-large"],
  ["number over 2^53", 9_007_199_254_740_992, "too-large"],
  ["long", "1".repeat(33), "too-large"],
])("refuses %s", ([, amount, code]) => {
  expect(codeOf(read({ amount, currency: "USD" }))).toBe(code);
});

test("refuses minus zero even where negative amounts are allowed", () => {
  expect(codeOf(readSigned("-0"))).toBe("malformed");
  expect(codeOf(readSigned("-0.00"))).toBe("malformed");
});

test("refuses decimals of a currency that has none", () => {
  expect(codeOf(read({ amount: "1.0", currency: "JPY" }))).toBe("malformed");
});

test.for([
  ["usd"],
  ["US"],
  ["XAU"],
  ["XXX"],
  ["BTC"],
  ["USD "],
  ["toString"],
  ["__proto__"],
] as const)("knows no currency %s", ([currency]) => {
  expect(codeOf(read({ amount: 1, currency }))).toBe("unsupported");
});

test.for([
  [null],
  [true],
  [[]],
  [{}],
  [{ amount: 1 }],
  [{ currency: "USD" }],
  [{ amount: 1, currency: "USD", note: "x" }],
  [{ amount: [1], currency: "USD" }],
  [{ amount: null, currency: "USD" }],
  [{ amount: 1, currency: 1 }],
] as const)("takes no %j", ([value]) => {
  expect(codeOf(read(value))).toBe("wrong-type");
});

test.for<readonly [Parameters<typeof extractWith>[1]]>([
  [{ currency: "usd" }],
  [{ currency: 1 }],
  [{ allowNegative: 1 }],
  [{ unit: "USD" }],
])("refuses the options %j", ([options]) => {
  expect(() => moneyFacts().prepare(options ?? {})).toThrow(/`.*must|option/);
});
