import { expect, test } from "vitest";
import { urlFacts } from "../src/url.ts";
import { permitted, permitWhen } from "./support/policy.ts";

const facts = [urlFacts()];

// Each leads somewhere else, or may, in some client, proxy or server.
const HOSTS: readonly string[] = [
  "https://evil.example/",
  "https://api.example.com.evil.example/",
  "https://evilapi.example.com.example/",
  "https://evil-api.example.org/",
  "https://api.example.com@evil.example/",
  "https://api.example.com:443@evil.example/",
  "https://api.example.com%40evil.example/",
  "https://api.example.com\\@evil.example/",
  "https://evil.example\\@api.example.com/",
  "https://evil.example\\.api.example.com/",
  "https://evil.example;@api.example.com/",
  "https://evil.example#@api.example.com/",
  "https://evil.example?@api.example.com/",
  "https://evil.example/@api.example.com/",
  "https://api.example.com#@evil.example@x/".replace("#", "@"),
  "https:/evil.example/api.example.com",
  "https:evil.example",
  "https:///evil.example/",
  "https:////evil.example/",
  "https:\\\\evil.example\\",
  "//evil.example/",
  "\\\\evil.example\\",
  "https://\tevil.example/",
  "ht\ntps://evil.example/",
  "https://api.example.com\n.evil.example/",
  "https://api.example.com\r\nHost: evil.example/",
  "https://api.example.com\0.evil.example/",
  "https://api.example.com .evil.example/",
  "https://api.example.com\u3002evil.example/",
  "https://api.example.com\uff0eevil.example/",
  "https://api.example.com\uff0fevil.example/",
  "https://api.example.com\u2044evil.example/",
  "https://api.example.com\u2215evil.example/",
  "https://\u0430pi.example.com/",
  "https://api.ex\u0430mple.com/",
  "https://api.exampl\u0435.com/",
  "https://api.examp1e.com/",
  "https://ap\u0131.example.com/",
  "https://api.example.com\u200b.evil.example/",
  "https://xn--api-example-com.evil.example/",
  "https://api.example.com,evil.example/",
  "https://api.example.com&evil.example/",
  "https://api.example.com;evil.example/",
  "https://api.example.com|evil.example/",
  "https://api.example.com%2f.evil.example/",
  "https://api.example.com%00.evil.example/",
  "https://api.example.com%0d.evil.example/",
  "https://[::ffff:7f00:1]/",
  "https://[::7f00:1]/",
  "https://127.0.0.1/",
  "https://127.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0177.0.0.1/",
  "https://169.254.169.254/",
  "https://localhost/",
  "https://api.example.com.localhost/",
  "https://0/",
  "http://api.example.com/api/v1/external/x",
  "HTTPS://api.example.com/api/v1/external/x",
  "wss://api.example.com/",
  "ftp://api.example.com/",
  "file:///etc/passwd",
  "file://api.example.com/etc/passwd",
  "data:text/html,https://api.example.com/",
  "javascript://api.example.com/%0aalert(1)",
  "blob:https://api.example.com/",
  "view-source:https://api.example.com/",
  "https://api.example.com:0/",
  "https://api.example.com:8443/",
  "https://api.example.com:/",
];
const PATHS: readonly string[] = [
  "/api/admin/users",
  "/api/v1/external/../../admin/users",
  "/api/v1/external/%2e%2e/%2e%2e/admin/users",
  "/api/v1/external/.%2e/.%2E/admin/users",
  "/api/v1/external/..%2f..%2fadmin/users",
  "/api/v1/external/..%5c..%5cadmin/users",
  "/api/v1/external/..\\..\\admin\\users",
  "/api/v1/external/%252e%252e/%252e%252e/admin/users",
  "/api/v1/external/%252e%252e%252fadmin",
  "/api/v1/external/..%252f..%252fadmin",
  "/api/v1/external/..;/..;/admin/users",
  "/api/v1/external/;/../../admin/users",
  "/api/v1/external/..%3b/admin/users",
  "/api/v1/external/%c0%ae%c0%ae/admin/users",
  "/api/v1/external/%c0%af../admin",
  "/api/v1/external/%e0%80%ae/admin",
  "/api/v1/external//admin",
  "/api/v1/external/./..//../admin",
  "/api/v1/external/%00/../../admin",
  "/api/v1/external/x%0d%0aHost:evil",
  "/api/v1/external/x%0ax",
  "/api/v1/external/x%09",
  "/api/v1/external/x%7f",
  "/api/v1/external/%zz",
  "/api/v1/external/%",
  "/api/v1/externalx",
  "/api/v1/external",
  "/api/v1/External/x",
  "/API/v1/external/x",
  "/api//v1/external/x",
  "//api/v1/external/x",
  "/x/api/v1/external/x",
  "",
  "?/api/v1/external/x",
  "#/api/v1/external/x",
];
const SMUGGLED = [
  ...HOSTS,
  ...PATHS.map((path) => `https://api.example.com${path}`),
  `https://api.example.com/api/v1/external/${"a".repeat(2048)}`,
];

const HONEST = [
  "https://api.example.com/api/v1/external/orders",
  "https://API.example.com/api/v1/external/orders?id=1&b=%2Fx#top",
  "https://api.example.com:443/api/v1/external/a/../b%20c",
  "https://api.example.com./api/v1/external/%C3%BC",
];

test.for([
  [
    'url(args.x).host == "api.example.com" && url(args.x).port == 443 && url(args.x).path.startsWith("/api/v1/external/")',
  ],
  [
    'url(args.x).hostWithin("api.example.com") && url(args.x).scheme == "https" && url(args.x).port == 443 && url(args.x).path.matches("^/api/v1/external/[^/]+$")',
  ],
  [
    'url(args.x, {"schemes": ["https"]}).isPublic && !url(args.x).mixedScript && url(args.x).host in ["api.example.com"] && url(args.x).port in [443] && url(args.x).path.startsWith("/api/v1/external/")',
  ],
] as const)("nothing slips through %s", async ([when]) => {
  expect(SMUGGLED.length).toBeGreaterThanOrEqual(60);
  const permits = await permitWhen(when, facts);
  expect(await permitted(SMUGGLED, permits)).toEqual([]);
  expect(await permitted(HONEST, permits)).toEqual(HONEST);
});

test("no internal address slips through a rule for public hosts", async () => {
  const permits = await permitWhen('url(args.x, {"schemes": ["http", "https"]}).isPublic', facts);
  const hosts = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "intranet",
    "printer.local",
    "x.internal",
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:0:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2001::1]",
    "[fc00::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fec0::1]",
    "[ff02::1]",
    "[100::1]",
    "[2001:db8::1]",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "lo\u00adcalhost",
    "ｌocalhost",
    "metadata.google.internal",
  ];
  const urls = hosts.flatMap((host) => [`http://${host}/`, `https://${host}:80/latest/meta-data`]);
  expect(await permitted(urls, permits)).toEqual([]);
  expect(await permits("http://example.com/")).toBe(true);
  expect(await permits("https://8.8.8.8/")).toBe(true);
  expect(await permits("https://[2001:4860:4860::8888]/")).toBe(true);
});

test("a forbid applies to what cannot be read", async () => {
  const permits = await permitWhen('!(url(args.x).path.startsWith("/admin"))', facts);
  const hidden = [
    "/admin",
    "/%61dmin",
    "/./admin",
    "/x/../admin",
    "/%2e/admin",
    "//admin",
    "/x/..;/admin",
    "/%2fadmin",
    "/admin;x",
  ];
  expect(
    await permitted(
      hidden.map((path) => `https://a.example${path}`),
      permits,
    ),
  ).toEqual([]);
  expect(await permits("https://a.example/public")).toBe(true);
});
