import { expect, test } from "vitest";
import { assertPublicAddress, ipFacts } from "../src/ip.ts";
import { codeOf, extractWith, fieldsOf } from "./support/facts.ts";

const read = extractWith(ipFacts());

test.for([
  ["8.8.8.8", { version: 4, text: "8.8.8.8", range: "unicast", isPublic: true }],
  ["0.0.0.0", { version: 4, text: "0.0.0.0", range: "unspecified", isPublic: false }],
  ["10.0.0.1", { version: 4, text: "10.0.0.1", range: "private", isPublic: false }],
  ["100.64.0.1", { version: 4, text: "100.64.0.1", range: "carrierGradeNat", isPublic: false }],
  ["240.0.0.1", { version: 4, text: "240.0.0.1", range: "reserved", isPublic: false }],
  ["::ffff:10.0.0.1", { version: 4, text: "10.0.0.1", range: "private", isPublic: false }],
  ["::FFFF:808:808", { version: 4, text: "8.8.8.8", range: "unicast", isPublic: true }],
  [
    "2001:4860:4860:0:0:0:0:8888",
    { version: 6, text: "2001:4860:4860::8888", range: "unicast", isPublic: true },
  ],
  ["::1", { version: 6, text: "::1", range: "loopback", isPublic: false }],
  ["::7f00:1", { version: 6, text: "::7f00:1", range: "unicast", isPublic: false }],
  ["::127.0.0.1", { version: 6, text: "::7f00:1", range: "unicast", isPublic: false }],
  ["::8.8.8.8", { version: 6, text: "::808:808", range: "unicast", isPublic: false }],
  ["2002:7f00:1::", { version: 6, text: "2002:7f00:1::", range: "6to4", isPublic: false }],
  ["2001::1", { version: 6, text: "2001::1", range: "teredo", isPublic: false }],
  ["64:ff9b::7f00:1", { version: 6, text: "64:ff9b::7f00:1", range: "rfc6052", isPublic: false }],
  ["FE80::1", { version: 6, text: "fe80::1", range: "linkLocal", isPublic: false }],
] as const)("reads %s", ([text, fields]) => {
  expect(fieldsOf(read(text))).toEqual(fields);
});

test.for([
  [""],
  [" 10.0.0.1"],
  ["10.0.0.1 "],
  ["10.0.0.1\n"],
  ["10.0.0"],
  ["10.0.0.1.2"],
  ["1.1"],
  ["0x7f.1"],
  ["2130706433"],
  ["0177.0.0.1"],
  ["010.0.0.1"],
  ["256.0.0.1"],
  ["1.2.3.-4"],
  ["１.2.3.4"],
  ["10.0.0.1/8"],
  ["::ffff:010.0.0.1"],
  ["::ffff:0x7f.1"],
  ["::0127.0.0.1"],
  ["fe80::1%eth0"],
  ["fe80::1%25eth0"],
  ["[::1]"],
  ["1::2::3"],
  ["::12345"],
  [":::"],
  ["1:2:3:4:5:6:7"],
  ["1:2:3:4:5:6:7:8:9"],
  ["::g"],
  ["localhost"],
] as const)("refuses %j", ([text]) => {
  expect(codeOf(read(text))).toBe("malformed");
});

test("refuses other types and long texts", () => {
  expect(codeOf(read(167_772_161))).toBe("wrong-type");
  expect(codeOf(read(["10.0.0.1"]))).toBe("wrong-type");
  expect(codeOf(read("1".repeat(65)))).toBe("too-large");
  expect(() => ipFacts().prepare({ strict: false })).toThrow("option");
});

const inBlock = ipFacts().predicates?.inCidr?.test ?? (() => false);

test.for([
  ["10.1.2.3", "10.0.0.0/8", true],
  ["11.1.2.3", "10.0.0.0/8", false],
  ["10.0.0.1", "10.0.0.1/32", true],
  ["10.0.0.2", "10.0.0.1/32", false],
  ["10.0.0.127", "10.0.0.0/25", true],
  ["10.0.0.128", "10.0.0.0/25", false],
  ["1.2.3.4", "0.0.0.0/0", true],
  ["2001:db8::1", "2001:db8::/32", true],
  ["2001:db9::1", "2001:db8::/32", false],
  ["2001:db8::1", "10.0.0.0/8", false],
  ["10.0.0.1", "::/0", false],
] as const)("%s lies in %s: %s", ([address, block, expected]) => {
  expect(inBlock(address, block)).toBe(expected);
});

test.for([
  ["10.0.0.1/8"],
  ["10.0.0.0"],
  ["10.0.0.0/33"],
  ["10.0.0.0/-1"],
  ["10.0.0.0/08"],
  ["10.0.0.0/8/8"],
  ["10/8"],
  ["::1/64"],
  ["::/129"],
  ["::ffff:10.0.0.0/104"],
  ["x/8"],
  [""],
  ["10.0.0.0/"],
  ["10.0.0.0/8 "],
] as const)("a block %j is an error, not false", ([block]) => {
  expect(() => inBlock("10.0.0.1", block)).toThrow(TypeError);
});

test("assertPublicAddress lets only public addresses pass", () => {
  expect(() => assertPublicAddress("8.8.8.8")).not.toThrow();
  expect(() => assertPublicAddress("2001:4860:4860::8888")).not.toThrow();
  const refused = [
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "0x7f.1",
    "",
    "example.com",
    "fe80::1%eth0",
  ];
  for (const address of refused) {
    expect(() => assertPublicAddress(address)).toThrow(
      expect.objectContaining({
        code: "ERR_ARGUMENTS_INVALID",
        // The message never holds the address.
        message: "The address is not a public one.",
        fields: { reason: "address-not-public" },
      }),
    );
  }
});
