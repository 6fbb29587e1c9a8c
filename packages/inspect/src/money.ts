import type { FactExtractor, FactProvider, FactResult, Json, JsonObject } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import { CURRENCIES } from "./internal/currencies.ts";
import { flagOption, refuseUnknownOptions, textOption } from "./internal/fact-options.ts";
import { extracted, failed } from "./internal/fact-result.ts";

const MAX_LENGTH = 32;
const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;

interface MoneyRules {
  readonly currency: string | undefined;
  readonly allowNegative: boolean;
}

/**
 * Provider of `money(x)`: an amount that is exact in the currency's smallest unit.
 *
 * Takes `{ "amount": …, "currency": "EUR" }` without further members, or, with the option
 * `currency`, the amount alone; an amount in another currency then fails. Amounts are numbers or
 * texts in plain decimal form (no exponent, sign `+`, separator or leading zero) with no more
 * fraction digits than the currency has, within ±(2^53−1) smallest units. Option `allowNegative`
 * (default false).
 *
 * @example
 * ```ts
 * import { moneyFacts } from "@portcullis/inspect/money";
 *
 * moneyFacts().prepare({})({ amount: "12.50", currency: "EUR" }, { now: 0 });
 * // { ok: true, value: { currency: "EUR", minor: 1250 } }
 * ```
 */
export function moneyFacts(): FactProvider {
  return {
    type: "money",
    version: 1,
    fields: { currency: "string", minor: "int" },
    prepare: prepareMoney,
  };
}

function prepareMoney(options: JsonObject): FactExtractor {
  refuseUnknownOptions("money", options, ["currency", "allowNegative"]);
  const currency = textOption(options, "currency");
  if (currency !== undefined && !CURRENCIES.has(currency)) {
    throw new PortcullisConfigError("currency", "`currency` must be a code of ISO 4217.");
  }
  const rules = { currency, allowNegative: flagOption(options, "allowNegative", false) };
  return (value) => extractMoney(value, rules);
}

function extractMoney(value: Json, rules: MoneyRules): FactResult {
  if (!isObject(value)) {
    return rules.currency === undefined
      ? failed("wrong-type")
      : extractAmount(value, rules.currency, rules);
  }
  const names = Object.keys(value).toSorted().join();
  const currency = Object.hasOwn(value, "currency") ? value["currency"] : undefined;
  const amount = Object.hasOwn(value, "amount") ? value["amount"] : undefined;
  if (names !== "amount,currency" || typeof currency !== "string" || amount === undefined) {
    return failed("wrong-type");
  }
  if (rules.currency !== undefined && currency !== rules.currency) return failed("unsupported");
  return extractAmount(amount, currency, rules);
}

function extractAmount(amount: Json, currency: string, { allowNegative }: MoneyRules): FactResult {
  if (typeof amount !== "string" && typeof amount !== "number") return failed("wrong-type");
  const exponent = CURRENCIES.get(currency);
  if (exponent === undefined) return failed("unsupported");
  const text = String(amount);
  if (text.length > MAX_LENGTH) return failed("too-large");
  const [, sign = "", whole, fraction = ""] = DECIMAL.exec(text) ?? [];
  if (whole === undefined || fraction.length > exponent) return failed("malformed");
  const minor = Number(`${whole}${fraction.padEnd(exponent, "0")}`);
  if (!Number.isSafeInteger(minor)) return failed("too-large");
  if (sign === "-" && (!allowNegative || minor === 0)) return failed("malformed");
  return extracted({ currency, minor: sign === "-" ? -minor : minor });
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
