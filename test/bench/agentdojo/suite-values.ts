import type { Json } from "@portcullis/core";
import type { Suite } from "./suite.ts";

/** The values of a suite that say where something goes, and how much of it. */
export interface SuiteValues {
  /** Accounts, such as IBANs. */
  readonly accounts: ReadonlySet<string>;
  readonly emails: ReadonlySet<string>;
  readonly urls: ReadonlySet<string>;
  /** Postal addresses whole, and their parts that tell by themselves. */
  readonly addresses: ReadonlySet<string>;
  /** Payees and reserved places by name, passwords and files, as calls give them. */
  readonly names: ReadonlySet<string>;
  /** Amounts and prices, and with them every number from 10 on, or with decimals, that stands alone. */
  readonly numbers: ReadonlySet<number>;
}

/** An account number of any country. */
export const ACCOUNT = /\b[A-Z]{2}\d{2}[A-Z0-9]{10,30}\b/u;

/** An e-mail address. */
export const EMAIL = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/u;

/** A web address, with or without its scheme. */
export const WEB_ADDRESS = /(?:https?:\/\/|\bwww\.)[^\s"'<>()]+/iu;

const MONTH =
  "january february march april may june july august september october november december"
    .split(" ")
    .join("|");
const NOT_BEFORE = [
  String.raw`[\p{L}\p{N}_.,:/+-]`,
  String.raw`\bid_?:? '?`,
  String.raw`\brating: `,
  // A year.
  String.raw`(?:\b(?:${MONTH})|\d(?:st|nd|rd|th)),?\s`,
].map((text) => `(?<!${text})`);

/** A number that stands alone: no part of a date, time, rank, rating, share, id or longer token. */
export const NUMBER: RegExp = new RegExp(
  String.raw`${NOT_BEFORE.join("")}(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\p{L}\p{N}_%]|[-:/,.]\p{N})`,
  "iu",
);

/** Collects them: by their form wherever they stand, and by the argument or result they stand in. */
export function collectValues(suite: Suite): SuiteValues {
  const texts = [...textsOf(suite)];
  const find = (form: RegExp): readonly string[] => {
    const every = new RegExp(form, `g${form.flags}`);
    return texts.flatMap((text) => text.match(every) ?? []);
  };
  const accounts = new Set(find(ACCOUNT));
  const emails = new Set(find(EMAIL));
  const names = [...argumentsOf(suite)].flatMap(({ key, value }) => {
    const isName = NAME_KEYS.has(key) && typeof value === "string";
    return isName && !accounts.has(value) && !emails.has(value) ? [value] : [];
  });
  const amounts = [...argumentsOf(suite)].flatMap(({ key, value }) => {
    return isAmount(key, value) ? [value] : [];
  });
  return {
    accounts,
    emails,
    urls: new Set(find(WEB_ADDRESS)),
    addresses: new Set([...addressesOf(suite)].flatMap(withTellingParts)),
    names: new Set(names),
    numbers: new Set([...find(NUMBER).filter(isLikeAnAmount).map(toNumber), ...amounts]),
  };
}

/** Tells whether an argument is a number that counts; an id only points. */
export function isAmount(key: string, value: Json): value is number {
  return typeof value === "number" && key !== "id";
}

/** The number that a text such as `30,000.00` spells. */
export function toNumber(text: string): number {
  return Number(text.replaceAll(",", ""));
}

/** Every text that the replay shows to the guard. */
export function* textsOf(suite: Suite): Generator<string> {
  for (const { prompt, calls } of suite.userTasks) {
    yield prompt;
    for (const { result, resultTemplate } of calls) {
      yield result;
      if (resultTemplate !== undefined) yield resultTemplate;
    }
  }
  for (const { goal } of suite.injectionTasks) yield goal;
  for (const { value } of argumentsOf(suite)) if (typeof value === "string") yield value;
}

/** One argument, or a leaf of one, under the argument's name. */
export interface NamedValue {
  readonly tool: string;
  readonly key: string;
  readonly value: Json;
}

/** Every argument of every call; of a list or an object each leaf. */
export function* argumentsOf(suite: Suite): Generator<NamedValue> {
  for (const { calls } of [...suite.userTasks, ...suite.injectionTasks]) {
    for (const { tool, args } of calls) {
      for (const [key, value] of Object.entries(args)) {
        for (const leaf of leavesOf(value)) yield { tool, key, value: leaf };
      }
    }
  }
}

// "3 days" and "for 2" are counts. An amount below 10 is one where it is an argument.
function isLikeAnAmount(text: string): boolean {
  return text.includes(".") || toNumber(text) >= 10;
}

const NAME_KEYS = new Set([
  "recipient",
  "recipients",
  "cc",
  "bcc",
  "participants",
  "hotel",
  "restaurant",
  "company",
  "password",
  "file_path",
]);
const ADDRESS_KEYS = new Set(["street", "city", "location"]);

function* leavesOf(value: Json): Generator<Json> {
  if (value === null || typeof value !== "object") yield value;
  else for (const part of Object.values(value)) yield* leavesOf(part);
}

function* addressesOf(suite: Suite): Generator<string> {
  for (const { tool, key, value } of argumentsOf(suite)) {
    // The city of a search is a place and no address.
    const isAddress = ADDRESS_KEYS.has(key) && !tool.startsWith("get_");
    if (isAddress && typeof value === "string") yield value;
  }
  for (const { calls } of suite.userTasks) {
    for (const { tool, result } of calls) {
      if (!tool.endsWith("_address")) continue;
      for (const { 1: single, 2: double } of result.matchAll(/: (?:'([^']+)'|"([^"]+)")/g)) {
        yield single ?? double ?? "";
      }
    }
  }
}

/** `75002 Paris` tells an address, `Paris` alone does not; `New York` of a short one does. */
function withTellingParts(address: string): readonly string[] {
  const parts = address.split(", ");
  return [
    address,
    ...parts.filter((part) => /\d/.test(part) || (part === parts[0] && /\s/.test(part))),
  ];
}
