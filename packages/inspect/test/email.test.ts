import { expect, test } from "vitest";
import { emailFacts } from "../src/email.ts";
import { codeOf, extractWith, fieldsOf } from "./support/facts.ts";

const read = extractWith(emailFacts());

test.for([
  ["ann@example.com", { local: "ann", tag: "", domain: "example.com" }],
  ["Ann.Lee+News@Example.COM", { local: "ann.lee+news", tag: "news", domain: "example.com" }],
  ["a+b+c@a.b.example", { local: "a+b+c", tag: "b+c", domain: "a.b.example" }],
  ["a+@example.com", { local: "a+", tag: "", domain: "example.com" }],
  [
    "!#$%&'*/=?^_`{|}~-@example.com",
    { local: "!#$%&'*/=?^_`{|}~-", tag: "", domain: "example.com" },
  ],
  ["root@localhost", { local: "root", tag: "", domain: "localhost" }],
  ["ann@münchen.example", { local: "ann", tag: "", domain: "xn--mnchen-3ya.example" }],
  ["ann@xn--mnchen-3ya.example", { local: "ann", tag: "", domain: "xn--mnchen-3ya.example" }],
] as const)("reads %s", ([text, fields]) => {
  expect(fieldsOf(read(text))).toEqual(fields);
});

test.for<readonly [name: string, text: string, code: string]>([
  ["empty", "", "malformed"],
  ["no @", "example.com", "malformed"],
  ["no local part", "@example.com", "malformed"],
  ["no domain", "ann@", "malformed"],
  ["two @", "ann@evil.example@example.com", "malformed"],
  ["display name", "Ann <ann@example.com>", "malformed"],
  ["angle brackets", "<ann@example.com>", "malformed"],
  ["comment", "ann(x)@example.com", "malformed"],
  ["comment in the domain", "ann@example.com(evil.example)", "malformed"],
  ["quoted local part", '"ann"@example.com', "malformed"],
  ["quoted @", '"a@evil.example"@example.com', "malformed"],
  ["group", "team:ann@example.com;", "malformed"],
  ["list with a comma", "ann@example.com,bob@evil.example", "malformed"],
  ["list with a semicolon", "ann@example.com;bob@evil.example", "malformed"],
  ["list with a space", "ann@example.com bob@evil.example", "malformed"],
  ["line feed and a header", "ann@example.com\nBcc: bob@evil.example", "malformed"],
  ["carriage return", "ann@example.com\r", "malformed"],
  ["NUL", "ann@example.com\0.evil.example", "malformed"],
  ["space in front", " ann@example.com", "malformed"],
  ["dot at the start", ".ann@example.com", "malformed"],
  ["dot before @", "ann.@example.com", "malformed"],
  ["two dots", "an..n@example.com", "malformed"],
  ["address literal", "ann@[127.0.0.1]", "malformed"],
  ["address", "ann@127.0.0.1", "malformed"],
  ["number", "ann@2130706433", "malformed"],
  ["dot at the end", "ann@example.com.", "malformed"],
  ["empty label", "ann@example..com", "malformed"],
  ["hyphen at the end", "ann@example-.com", "malformed"],
  ["percent in the domain", "ann@example%2ecom", "malformed"],
  ["port", "ann@example.com:25", "malformed"],
  ["slash", "ann@example.com/x", "malformed"],
  ["full-width letters", "ann@ｅxample.com", "malformed"],
  ["other dot", "ann@example。com", "malformed"],
  ["soft hyphen", "ann@exa\u00admple.com", "malformed"],
  ["letters outside of ASCII in the local part", "änn@example.com", "malformed"],
  ["mailto", "mailto:ann@example.com", "malformed"],
  ["local part of 65", `${"a".repeat(65)}@example.com`, "too-large"],
  ["255 in all", `a@${"b.".repeat(126)}c`, "too-large"],
])("refuses %s", ([, text, code]) => {
  expect(codeOf(read(text))).toBe(code);
});

test("takes one text, no list and no options", () => {
  expect(codeOf(read(["ann@example.com"]))).toBe("wrong-type");
  expect(() => emailFacts().prepare({ domain: "example.com" })).toThrow("option");
});

test("domainWithin is the domain or below it", () => {
  const within = emailFacts().predicates?.domainWithin?.test ?? (() => false);
  expect(within("mail.example.com", "example.com")).toBe(true);
  expect(within("notexample.com", "example.com")).toBe(false);
  expect(() => within("example.com", "@example.com")).toThrow(TypeError);
});
