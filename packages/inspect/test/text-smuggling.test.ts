import type { Json } from "@portcullis/core";
import { expect, test } from "vitest";
import { emailFacts } from "../src/email.ts";
import { ipFacts } from "../src/ip.ts";
import { moneyFacts } from "../src/money.ts";
import { MONEY_SCHEMA, permitted, permitWhen } from "./support/policy.ts";

const EMAILS: readonly string[] = [
  "ann@evil.example",
  "ann@example.com.evil.example",
  "ann@evilexample.com",
  "ann@xexample.com",
  "ann@evil.example@example.com",
  "ann@evil.example,bob@example.com",
  "bob@example.com,ann@evil.example",
  "bob@example.com;ann@evil.example",
  "bob@example.com ann@evil.example",
  "bob@example.com\nann@evil.example",
  "bob@example.com\r\nBcc: ann@evil.example",
  "bob@example.com%0aBcc:ann@evil.example",
  "ann@evil.example\0@example.com",
  "ann@evil.example(@example.com)",
  "ann@(@example.com)evil.example",
  '"ann@evil.example"@example.com',
  '"ann@evil.example "@example.com',
  "<ann@evil.example>bob@example.com",
  '"bob@example.com" <ann@evil.example>',
  "bob@example.com <ann@evil.example>",
  "Bob <bob@example.com>",
  "@evil.example:bob@example.com",
  "bob%evil.example@example.com:25",
  "evil.example!bob@[example.com]",
  "group:bob@example.com,ann@evil.example;",
  "bob@example.com.",
  "bob@example.com..",
  "bob@.example.com",
  "bob@example..com",
  "bob@[127.0.0.1]",
  "bob@[IPv6:::1]",
  "bob@127.0.0.1",
  "bob@ｅxample.com",
  "bob@ex\u0430mple.com",
  "bob@example。com",
  "bob@example.com\u200b",
  "bob@exa\u00admple.com",
  "bob@example\u2024com",
  "bob@example.com\u3000",
  "bob@example.com,",
  "bob@example.com;",
  " bob@example.com",
  "bob@example.com#evil",
  "bob@example.com?x",
  "bob@example.com/x",
  "bob@example.com:25",
  "mailto:bob@example.com",
  "bob@",
  "@example.com",
  "example.com",
  "",
  ".bob@example.com",
  "bob.@example.com",
  "b..b@example.com",
];

test.for([
  ['email(args.x).domain == "example.com"'],
  ['email(args.x).domainWithin("example.com") && email(args.x).local != "all"'],
  ['email(args.x).domain in ["example.com"] && email(args.x).tag == ""'],
] as const)("no recipient slips through %s", async ([when]) => {
  expect(EMAILS.length).toBeGreaterThanOrEqual(30);
  const permits = await permitWhen(when, [emailFacts()]);
  expect(await permitted(EMAILS, permits)).toEqual([]);
  const honest = ["bob@example.com", "Bob.Lee@EXAMPLE.com"];
  expect(await permitted(honest, permits)).toEqual(honest);
});

const ADDRESSES: readonly string[] = [
  "11.0.0.1",
  "9.255.255.255",
  "8.8.8.8",
  "127.0.0.1",
  "0.0.0.0",
  "010.0.0.1",
  "10.0.0.1 ",
  " 10.0.0.1",
  "10.0.0.1\n",
  "10.0.0.1\0",
  "10.0.0.1,8.8.8.8",
  "10.0.0.1 8.8.8.8",
  "10.0.0.1/8",
  "10.0.0.1:80",
  "10.1",
  "10.0.1",
  "0xa000001",
  "0x0a.0.0.1",
  "012.0.0.1",
  "167772161",
  "10.0.0.256",
  "10.0.0.-1",
  "10.0.0.1.",
  ".10.0.0.1",
  "10..0.1",
  "１０.0.0.1",
  "10.0.0.1%eth0",
  "::1",
  "::",
  "::10.0.0.1",
  "::a00:1",
  "::ffff:0:10.0.0.1",
  "64:ff9b::10.0.0.1",
  "2002:a00:1::",
  "::ffff:11.0.0.1",
  "::ffff:010.0.0.1",
  "[::ffff:10.0.0.1]",
  "::ffff:10.0.0.1%1",
  "fe80::10.0.0.1",
  "10.0.0.1.evil.example",
  "localhost",
  "",
];

test.for([
  ['ip(args.x).inCidr("10.0.0.0/8")'],
  ['ip(args.x).range == "private" && ip(args.x).text.startsWith("10.")'],
  ['ip(args.x).version == 4 && !ip(args.x).isPublic && ip(args.x).inCidr("10.0.0.0/16")'],
] as const)("no address slips through %s", async ([when]) => {
  expect(ADDRESSES.length).toBeGreaterThanOrEqual(30);
  const permits = await permitWhen(when, [ipFacts()]);
  expect(await permitted(ADDRESSES, permits)).toEqual([]);
  const honest = ["10.0.0.1", "10.0.255.255", "::ffff:10.0.0.1"];
  expect(await permitted(honest, permits)).toEqual(honest);
});

const euros = (amount: string | number, currency = "EUR"): Json => ({ amount, currency });
const AMOUNTS: readonly Json[] = [
  euros("100.01"),
  euros(100.01),
  euros("1000"),
  euros("1e3"),
  euros("1E3"),
  euros(1e21),
  euros("1e-3"),
  euros("+1"),
  euros("-1"),
  euros(-1),
  euros("-0"),
  euros("-0.01"),
  euros("01"),
  euros("00"),
  euros("1,00"),
  euros("1,000"),
  euros("1.000"),
  euros("1.005"),
  euros("1_0"),
  euros("1 0"),
  euros(" 1"),
  euros("1 "),
  euros("1\n"),
  euros("1\u0000"),
  euros("0x1"),
  euros("0b1"),
  euros("0o1"),
  euros("١"),
  euros("１"),
  euros("1٫5"),
  euros("∞"),
  euros("Infinity"),
  euros("NaN"),
  euros(""),
  euros("."),
  euros("1."),
  euros(".1"),
  euros("1.1.1"),
  euros("€1"),
  euros("1€"),
  euros("1EUR"),
  euros("1/2"),
  euros("(1)"),
  euros("1'000"),
  euros("99999999999999999"),
  euros("1".repeat(40)),
  euros(0.1 + 0.2),
  euros(1, "eur"),
  euros(1, "USD"),
  euros(1, "JPY"),
  euros(1, "EUR "),
  euros(1, "XXX"),
  euros(1, ""),
  euros(1, "EU"),
  euros(1, "ЕUR"),
  { amount: "1", currency: "EUR", scale: 2 },
];

test.for([
  ['money(args.x).currency == "EUR" && money(args.x).minor <= 10000'],
  ['money(args.x, {"currency": "EUR"}).minor <= 10000'],
  ['money(args.x).currency in ["EUR"] && money(args.x).minor > 0 && money(args.x).minor < 10001'],
] as const)("no amount slips through %s", async ([when]) => {
  expect(AMOUNTS.length).toBeGreaterThanOrEqual(30);
  const permits = await permitWhen(when, [moneyFacts()], MONEY_SCHEMA);
  expect(await permitted(AMOUNTS, permits)).toEqual([]);
  const honest = [euros("100"), euros("100.00"), euros(99.99), euros("0.01")];
  expect(await permitted(honest, permits)).toEqual(honest);
});
