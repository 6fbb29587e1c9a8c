import { describe, expect, test } from "vitest";
import { urlFacts } from "../src/url.ts";
import { codeOf, extractWith, fieldsOf } from "./support/facts.ts";

const read = extractWith(urlFacts());
const readAny = extractWith(urlFacts(), { schemes: ["http", "https", "ws", "wss", "ftp"] });
const DNS = { hostKind: "dns", mixedScript: false, hasQuery: false, hasFragment: false };
const IP = { mixedScript: false, hasQuery: false, hasFragment: false, path: "/" };

test.for([
  [
    "https://example.com",
    { scheme: "https", host: "example.com", port: 443, path: "/", isPublic: true, ...DNS },
  ],
  [
    "https://API.Example.COM./v1/../v2?q#f",
    {
      scheme: "https",
      host: "api.example.com",
      port: 443,
      path: "/v2",
      isPublic: true,
      ...DNS,
      hasQuery: true,
      hasFragment: true,
    },
  ],
  [
    "http://a.example:8080/x",
    { scheme: "http", host: "a.example", port: 8080, path: "/x", isPublic: true, ...DNS },
  ],
  [
    "https://a.example/%2e%2E/./b",
    { scheme: "https", host: "a.example", port: 443, path: "/b", isPublic: true, ...DNS },
  ],
  [
    "https://a.example/%61dmin/%e2%82%AC%20",
    {
      scheme: "https",
      host: "a.example",
      port: 443,
      path: "/admin/%E2%82%AC%20",
      isPublic: true,
      ...DNS,
    },
  ],
  [
    "https://münchen.example/ü",
    {
      scheme: "https",
      host: "xn--mnchen-3ya.example",
      port: 443,
      path: "/%C3%BC",
      isPublic: true,
      ...DNS,
    },
  ],
  [
    "https://аррle.example/",
    {
      scheme: "https",
      host: "xn--le-6kc8da.example",
      port: 443,
      path: "/",
      isPublic: true,
      ...DNS,
      mixedScript: true,
    },
  ],
  [
    "https://xn--e1aybc.example/",
    { scheme: "https", host: "xn--e1aybc.example", port: 443, path: "/", isPublic: true, ...DNS },
  ],
  [
    "https://日本語テスト.example/",
    {
      scheme: "https",
      host: "xn--zckzah9945czlbtz6h.example",
      port: 443,
      path: "/",
      isPublic: true,
      ...DNS,
    },
  ],
  [
    "ws://a.example/?",
    {
      scheme: "ws",
      host: "a.example",
      port: 80,
      path: "/",
      isPublic: true,
      ...DNS,
      hasQuery: true,
    },
  ],
  [
    "wss://a.example#",
    {
      scheme: "wss",
      host: "a.example",
      port: 443,
      path: "/",
      isPublic: true,
      ...DNS,
      hasFragment: true,
    },
  ],
  [
    "ftp://a_b.example/f",
    { scheme: "ftp", host: "a_b.example", port: 21, path: "/f", isPublic: true, ...DNS },
  ],
  [
    "https://8.8.8.8/",
    {
      scheme: "https",
      host: "8.8.8.8",
      hostKind: "ipv4",
      range: "unicast",
      isPublic: true,
      port: 443,
      ...IP,
    },
  ],
  [
    "https://127.0.0.1/",
    {
      scheme: "https",
      host: "127.0.0.1",
      hostKind: "ipv4",
      range: "loopback",
      isPublic: false,
      port: 443,
      ...IP,
    },
  ],
  [
    "http://169.254.169.254/",
    {
      scheme: "http",
      host: "169.254.169.254",
      hostKind: "ipv4",
      range: "linkLocal",
      isPublic: false,
      port: 80,
      ...IP,
    },
  ],
  [
    "https://[2001:4860:4860::8888]/",
    {
      scheme: "https",
      host: "2001:4860:4860::8888",
      hostKind: "ipv6",
      range: "unicast",
      isPublic: true,
      port: 443,
      ...IP,
    },
  ],
  [
    "https://[::ffff:169.254.169.254]/",
    {
      scheme: "https",
      host: "::ffff:a9fe:a9fe",
      hostKind: "ipv6",
      range: "linkLocal",
      isPublic: false,
      port: 443,
      ...IP,
    },
  ],
] as const)("reads %s", ([text, fields]) => {
  expect(fieldsOf(readAny(text))).toEqual(fields);
});

test.for([
  ["localhost", false],
  ["a.localhost", false],
  ["printer.local", false],
  ["metadata.google.internal", false],
  ["intranet", false],
  ["router.home.arpa", false],
  ["mylocal", false],
  ["mylocal.example", true],
  ["localhost.example", true],
  ["internal.example", true],
] as const)("says whether %s may be public: %s", ([host, isPublic]) => {
  expect(fieldsOf(read(`https://${host}/`))["isPublic"]).toBe(isPublic);
});

test.for([
  ["100.64.0.1"],
  ["10.0.0.1"],
  ["192.168.1.1"],
  ["172.16.0.1"],
  ["0.0.0.0"],
  ["224.0.0.1"],
  ["240.0.0.1"],
  ["255.255.255.255"],
  ["198.18.0.1"],
  ["203.0.113.1"],
  ["[::]"],
  ["[::1]"],
  ["[::7f00:1]"],
  ["[::808:808]"],
  ["[fc00::1]"],
  ["[fe80::1]"],
  ["[fec0::1]"],
  ["[ff02::1]"],
  ["[2002:7f00:1::]"],
  ["[2001::1]"],
  ["[64:ff9b::7f00:1]"],
  ["[64:ff9b:1::1]"],
  ["[2001:db8::1]"],
  ["[::ffff:0:7f00:1]"],
  ["[::ffff:10.0.0.1]"],
  ["[100::1]"],
] as const)("never calls %s public", ([host]) => {
  expect(fieldsOf(read(`https://${host}/`))["isPublic"]).toBe(false);
});

test.for<readonly [name: string, text: string, code: string]>([
  ["tab, which URL removes", "https://exa\tmple.com/", "malformed"],
  ["line feed, which URL removes", "https://example.com\n.evil.example/", "malformed"],
  ["space at the start, which URL removes", " https://example.com/", "malformed"],
  ["control character at the end", "https://example.com/\u0001", "malformed"],
  ["DEL", "https://example.com/\u007f", "malformed"],
  ["NUL", "https://example.com/\0", "malformed"],
  ["backslash, which URL turns around", "https://evil.example\\@example.com/", "malformed"],
  ["backslashes after the scheme", "https:\\\\example.com/", "malformed"],
  ["one slash, which URL accepts", "https:/evil.example", "malformed"],
  ["no slash, which URL accepts", "https:evil.example", "malformed"],
  ["three slashes, which URL accepts", "https:///evil.example", "malformed"],
  ["upper-case scheme", "HTTPS://example.com/", "malformed"],
  ["no scheme", "//example.com/", "malformed"],
  ["relative", "/v1/x", "malformed"],
  ["empty", "", "malformed"],
  ["no host", "https://", "malformed"],
  ["other scheme", "http://example.com/", "unsupported"],
  ["file", "file:///etc/passwd", "malformed"],
  ["javascript", "javascript:alert(1)", "malformed"],
  ["user information", "https://api.example.com:x@evil.example/", "malformed"],
  ["user without password", "https://api.example.com@evil.example/", "malformed"],
  ["empty user information", "https://@evil.example/", "malformed"],
  ["percent in the host", "https://api.example.com%2eevil.example/", "malformed"],
  ["percent-encoded letter in the host", "https://%65xample.com/", "malformed"],
  ["port 0", "https://example.com:0/", "malformed"],
  ["empty port", "https://example.com:/", "malformed"],
  ["port out of range", "https://example.com:65536/", "malformed"],
  ["port with a sign", "https://example.com:+443/", "malformed"],
  ["empty label", "https://example..com/", "malformed"],
  ["two dots at the end", "https://example.com../", "malformed"],
  ["dot alone", "https://./", "malformed"],
  ["dot at the start", "https://.example.com/", "malformed"],
  ["label of 64", `https://${"a".repeat(64)}.example/`, "malformed"],
  ["host of 254", `https://${"a.".repeat(126)}aa/`, "malformed"],
  ["hyphen at the end of a label", "https://a-.example/", "malformed"],
  ["semicolon in the host", "https://example.com;evil.example/", "malformed"],
  ["ampersand in the host", "https://example.com&evil.example/", "malformed"],
  ["full-width letters", "https://ｅxample.com/", "malformed"],
  ["ideographic full stop", "https://example。com/", "malformed"],
  ["soft hyphen", "https://exa\u00admple.com/", "malformed"],
  ["zero-width joiner", "https://exam\u200dple.com/", "malformed"],
  ["lone surrogate", "https://example.com/\ud800", "malformed"],
  ["hexadecimal address", "https://0x7f.1/", "malformed"],
  ["decimal address", "https://2130706433/", "malformed"],
  ["octal address", "https://0177.0.0.1/", "malformed"],
  ["short address", "https://1.1/", "malformed"],
  ["address with a dot at the end", "https://127.0.0.1./", "malformed"],
  ["address with a numeric label too many", "https://1.2.3.4.5/", "malformed"],
  ["zone", "https://[fe80::1%25eth0]/", "malformed"],
  ["address that is none", "https://[::g]/", "malformed"],
  ["encoded slash", "https://example.com/a%2Fb", "malformed"],
  ["encoded backslash", "https://example.com/a%5cb", "malformed"],
  ["encoded NUL", "https://example.com/a%00", "malformed"],
  ["encoded line feed", "https://example.com/a%0d%0aHost:x", "malformed"],
  ["bad escape", "https://example.com/%zz", "malformed"],
  ["escape that ends early", "https://example.com/%2", "malformed"],
  ["empty segment", "https://example.com//admin", "malformed"],
  ["empty segment after dots", "https://example.com/a/..//admin", "malformed"],
  ["twice encoded dot", "https://example.com/%252e%252e/admin", "malformed"],
  ["twice encoded slash", "https://example.com/a%252fb", "malformed"],
  ["overlong slash", "https://example.com/a%c0%afb", "malformed"],
  ["path parameter", "https://example.com/a/..;/admin", "malformed"],
  ["encoded path parameter", "https://example.com/a%3bx", "malformed"],
  ["too long", `https://example.com/${"a".repeat(2030)}`, "too-large"],
])("refuses %s", ([, text, code]) => {
  expect(codeOf(read(text))).toBe(code);
});

test.for([[1], [true], [null], [["https://example.com"]], [{}]] as const)(
  "takes only texts, not %j",
  ([value]) => {
    expect(codeOf(read(value))).toBe("wrong-type");
  },
);

test.for<readonly [Parameters<typeof extractWith>[1]]>([
  [{ scheme: ["https"] }],
  [{ schemes: [] }],
  [{ schemes: "https" }],
  [{ schemes: ["gopher"] }],
  [{ schemes: ["file"] }],
  [{ schemes: ["https", "https"] }],
  [{ schemes: [1] }],
])("refuses the options %j", ([options]) => {
  expect(() => urlFacts().prepare(options ?? {})).toThrow(/`.*must|option/);
});

test("hostWithin is the domain or below it, never a part of a label", () => {
  const within = urlFacts().predicates?.hostWithin?.test ?? (() => false);
  expect(within("example.com", "example.com")).toBe(true);
  expect(within("a.b.example.com", "example.com")).toBe(true);
  expect(within("evilexample.com", "example.com")).toBe(false);
  expect(within("example.com.evil.example", "example.com")).toBe(false);
  expect(within("com", "example.com")).toBe(false);
  expect(within("1.2.3.4", "1.2.3.4")).toBe(true);
  expect(within("1.2.3.4", "2.3.4")).toBe(false);
  expect(within("::1", "1")).toBe(false);
  for (const domain of ["Example.com", ".example.com", "example.com.", "", "*.example.com"]) {
    expect(() => within("example.com", domain)).toThrow(TypeError);
  }
});

describe("with a base", () => {
  const extract = urlFacts().prepare({ base: "https://api.example.com" });

  test("reads a path below it", () => {
    expect(extract("/v1/../v2?x#y", { now: 0 })).toMatchObject({
      ok: true,
      value: { host: "api.example.com", port: 443, path: "/v2", hasQuery: true, hasFragment: true },
    });
  });

  test.for([
    "",
    "v1",
    "//evil.example/v1",
    "/\\evil.example",
    "https://evil.example/",
    ".evil.example/",
    "@evil.example/",
    ":8443/",
    "/a//b",
    5,
  ])("%j is no path", (value) => {
    expect(extract(value, { now: 0 })).toMatchObject({ ok: false });
  });

  test("the whole URL has a length", () => {
    const most = 2048 - "https://api.example.com/".length;
    expect(extract(`/${"a".repeat(most)}`, { now: 0 })).toMatchObject({ ok: true });
    expect(extract(`/${"a".repeat(most + 1)}`, { now: 0 })).toEqual({
      ok: false,
      code: "too-large",
    });
  });

  test.for([
    "api.example.com",
    "https://api.example.com/",
    "https://api.example.com/v1",
    "https://api.example.com?x",
    "https://api.example.com#x",
    "https://user@api.example.com",
    "https://api.example.com:0",
    "https://0x7f.1",
    "file://x",
    "https://",
    "",
  ])("%j is no origin", (base) => {
    expect(() => urlFacts().prepare({ base })).toThrow("origin");
  });

  test("the scheme stands in it", () => {
    expect(() => urlFacts().prepare({ base: "http://a.example", schemes: ["http"] })).toThrow(
      "remove `schemes`",
    );
    const plain = urlFacts().prepare({ base: "http://a.example:8080" });
    expect(plain("/x", { now: 0 })).toMatchObject({ value: { scheme: "http", port: 8080 } });
  });
});
