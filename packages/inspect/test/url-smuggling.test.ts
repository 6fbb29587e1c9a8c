import { expect, test } from "vitest";
import { urlFacts } from "../src/url.ts";
import { permitted, permitWhen } from "./support/policy.ts";
import { SMUGGLED_HOSTS as HOSTS, SMUGGLED_URL_PATHS as PATHS } from "./support/smuggled-url.ts";

const facts = [urlFacts()];

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
