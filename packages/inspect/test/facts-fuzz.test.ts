import { isIP } from "node:net";
import { posix } from "node:path";
import type { FactProvider, FactResult, Json, StaticType } from "@portcullis/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ipFacts, pathFacts, sqlFacts, typedFacts, urlFacts } from "../src/index.ts";
import { extractWith, fieldsOf, RUNS } from "./support/facts.ts";

// Pieces of which strings are made that come close to what each parser accepts.
const PIECES: Readonly<Record<string, readonly string[]>> = {
  url: [
    "https://",
    "http:",
    "/",
    "//",
    "..",
    ".",
    "%2e",
    "%2F",
    "%",
    "@",
    ":",
    ":443",
    "\\",
    "\t",
    "\n",
    "?",
    "#",
    "example.com",
    "evil.example",
    "127.0.0.1",
    "0x7f.1",
    "[::1]",
    "[",
    "]",
    "xn--",
    "ü",
    "。",
    "\u00ad",
    ";",
    "\0",
    "a",
  ],
  ip: [
    "1",
    "0",
    "10",
    "127",
    "255",
    "256",
    "010",
    "0x7f",
    ".",
    ":",
    "::",
    "ffff",
    "::ffff:",
    "fe80",
    "%eth0",
    "/8",
    " ",
    "[",
    "]",
    "g",
    "١",
  ],
  path: [
    "/",
    "//",
    "..",
    ".",
    "...",
    "~",
    "\\",
    "C:",
    "a",
    ".git",
    "\0",
    "\n",
    "%2e",
    "é",
    "e\u0301",
    "\u200d",
    "con",
    " ",
    ":",
    "workspace",
  ],
  shell: [
    "ls",
    "rm",
    " ",
    " ",
    ";",
    "&&",
    "||",
    "|",
    "&",
    "\n",
    "$(",
    ")",
    "`",
    '"',
    "'",
    "\\",
    "$x",
    "${",
    "}",
    "<",
    ">",
    "<<E\n",
    "\nE\n",
    "<(",
    "((",
    "))",
    "[[ ",
    " ]]",
    "if ",
    "; then ",
    "; fi",
    "case x in ",
    "esac",
    "{ ",
    "; }",
    "sh -c ",
    "sudo ",
    "env ",
    "A=1 ",
    "#",
    "*",
    "~",
    "$'",
    "eval ",
    "\0",
  ],
  email: [
    "a",
    "ann",
    "@",
    "example.com",
    ".",
    "+",
    ",",
    ";",
    " ",
    "<",
    ">",
    '"',
    "(",
    ")",
    "[127.0.0.1]",
    "ü",
    "\n",
    "\0",
    "。",
  ],
  money: ["1", "0", "10", ".", ",", "-", "+", "e", "E5", " ", "00", "99999999", "x", "∞", "١"],
  sql: [
    "SELECT ",
    "* ",
    "FROM ",
    "t ",
    "s.t ",
    "WHERE ",
    "a = 1 ",
    "; ",
    "-- ",
    "/* ",
    "*/ ",
    "'",
    '"',
    "$$",
    "\\",
    "\0",
    "(",
    ")",
    ", ",
    "WITH x AS (",
    "DELETE FROM t ",
    "INSERT INTO t ",
    "VALUES (1) ",
    "UNION ",
    "LIMIT 1 ",
    "f(1) ",
    "OPERATOR(s.+) ",
    "INTO u ",
    "FOR UPDATE ",
    "DROP TABLE t ",
    "COPY t TO STDOUT ",
    "1 ",
    "1+",
    "NOT ",
    "EXPLAIN ",
  ],
};

function textFor(type: string): fc.Arbitrary<string> {
  const pieces = fc.array(fc.constantFrom(...(PIECES[type] ?? ["a"])), { maxLength: 24 });
  return fc.oneof(
    { weight: 6, arbitrary: pieces.map((parts) => parts.join("")) },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  );
}

function valueFor(type: string): fc.Arbitrary<Json> {
  const text = textFor(type);
  const money = fc.record({
    amount: fc.oneof(text, fc.double()),
    currency: fc.constantFrom("EUR", "JPY", "BHD", "xxx", ""),
  });
  const other = fc.jsonValue({ maxDepth: 2 }).map((value) => value as Json);
  return fc.oneof(
    { weight: 8, arbitrary: type === "money" ? fc.oneof(text, money) : text },
    { weight: 1, arbitrary: other },
  );
}

const TIMEOUT = 600_000;
const CODES = new Set([
  "wrong-type",
  "too-large",
  "malformed",
  "unsupported",
  "dynamic",
  "escapes",
]);

function hasType(value: Json | undefined, type: StaticType): boolean {
  if (type === "string") return typeof value === "string";
  if (type === "bool") return typeof value === "boolean";
  if (type === "int") return Number.isSafeInteger(value);
  if (type === "dyn") return value !== undefined;
  if (typeof type === "string") return false;
  if ("list" in type) {
    return Array.isArray(value) && value.every((item: Json) => hasType(item, type.list));
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((item: Json) => hasType(item, type.map));
}

/** What every result must be: a known code, or fields of the declared types and no others. */
function isSound(result: FactResult, { fields }: FactProvider): boolean {
  if (!result.ok) return CODES.has(result.code);
  return Object.entries(result.value).every(([name, value]) => {
    const type = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return type !== undefined && hasType(value, type);
  });
}

const options: Readonly<Record<string, Record<string, Json>>> = {
  path: { base: "/workspace" },
  money: { currency: "EUR" },
};
const providers = [...typedFacts(), await sqlFacts()];

test.for(providers.map((provider) => [provider.type, provider] as const))(
  "%s never throws and says the same twice",
  { timeout: TIMEOUT },
  ([type, provider]) => {
    const read = extractWith(provider, options[type]);
    fc.assert(
      fc.property(valueFor(type), (value) => {
        const first = read(value);
        expect(isSound(first, provider)).toBe(true);
        expect(read(value)).toEqual(first);
      }),
      { numRuns: RUNS },
    );
  },
);

test(
  "a URL that is read is what the platform reads, on the way it takes",
  { timeout: TIMEOUT },
  () => {
    const read = extractWith(urlFacts(), { schemes: ["https", "http"] });
    fc.assert(
      fc.property(
        fc.oneof(
          textFor("url").map((text) => `https://${text}`),
          fc.webUrl({ withQueryParameters: true }),
        ),
        (text) => {
          const result = read(text);
          if (!result.ok) return;
          const { host, port, path, scheme } = fieldsOf(result);
          const url = new URL(text);
          expect(url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "")).toBe(host);
          expect(`${scheme as string}:`).toBe(url.protocol);
          expect(url.port === "" ? [80, 443] : [Number(url.port)]).toContain(port);
          expect(decodeURIComponent(path as string)).toBe(decodeURIComponent(url.pathname));
          expect(url.username + url.password).toBe("");
        },
      ),
      { numRuns: RUNS },
    );
  },
);

test("a path that is read is where the platform resolves it to", { timeout: TIMEOUT }, () => {
  const read = extractWith(pathFacts(), { base: "/workspace" });
  fc.assert(
    fc.property(textFor("path"), (text) => {
      const result = read(text);
      if (!result.ok) return;
      const { value } = fieldsOf(result);
      expect(posix.resolve("/workspace", text).normalize("NFC")).toBe(value);
      expect(`${value as string}/`.startsWith("/workspace/")).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

test("an address that is read is one to the platform", { timeout: TIMEOUT }, () => {
  const read = extractWith(ipFacts());
  fc.assert(
    fc.property(fc.oneof(textFor("ip"), fc.ipV4(), fc.ipV6()), (text) => {
      const result = read(text);
      if (!result.ok) return;
      expect(isIP(text)).not.toBe(0);
      const { version, text: canonical } = fieldsOf(result);
      expect(isIP(canonical as string)).toBe(version);
      // IPv4 in IPv6 counts as IPv4; all else means the same to the platform.
      const plain = new URL(`http://${isIP(text) === 6 ? `[${text}]` : text}/`).hostname;
      const mapped = version === 4 && isIP(text) === 6;
      const written = version === 6 ? `[${canonical as string}]` : (canonical as string);
      expect(mapped ? plain.startsWith("[::ffff:") : plain === written).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

test(
  "every address of the platform's kind is read, but for leading zeros",
  { timeout: TIMEOUT },
  () => {
    const read = extractWith(ipFacts());
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        expect(read(text).ok).toBe(true);
      }),
      { numRuns: RUNS },
    );
  },
);
