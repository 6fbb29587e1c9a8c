import { createHmac } from "node:crypto";
import { canonicalize } from "@portcullis/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createJoseSignatureBackend } from "../src/jose.ts";
import { createNodeSignatureBackend, generateHolderKey } from "../src/node.ts";
import type { HolderKey } from "../src/index.ts";
import type { Place, World } from "./support/forge.ts";
import {
  capability,
  createWorld,
  encode,
  forge,
  KEYS,
  outcomeOf,
  present,
  set,
  EXPECTED,
  TOOL,
} from "./support/forge.ts";

const PLACES = ["grant", "delegation", "call"] as const;
const INDEX: Readonly<Record<Place, number>> = { grant: 0, delegation: 1, call: 2 };
const BACKENDS = [
  ["node", createNodeSignatureBackend()],
  ["jose", createJoseSignatureBackend()],
] as const;

/** A good chain in which one token is another text. */
async function withToken(
  world: World,
  place: Place,
  change: (token: string) => string | Promise<string>,
): Promise<string> {
  const tokens = [...(await world.build())];
  tokens[INDEX[place]] = await change(tokens[INDEX[place]] ?? "");
  return tokens.join("~");
}

const parts = (token: string): [string, string, string] => {
  const [header = "", payload = "", signature = ""] = token.split(".");
  return [header, payload, signature];
};
const decode = (segment: string): string => Buffer.from(segment, "base64url").toString("utf8");
const signer: Readonly<Record<Place, HolderKey>> = {
  grant: KEYS.issuer,
  delegation: KEYS.planner,
  call: KEYS.refunder,
};

/** Spellings of one text that other readers may take for the same. */
const RESPELLED: readonly (readonly [string, (json: string) => string | Uint8Array])[] = [
  ["a space", (json) => json.replace(":", ": ")],
  ["a line break", (json) => `${json}\n`],
  ["a leading space", (json) => ` ${json}`],
  ["a byte order mark", (json) => `\ufeff${json}`],
  ["a duplicate member", (json) => json.replace(/^\{("[^"]+":)/, "{$1null,$1")],
  ["a duplicate member at the end", (json) => `${json.slice(0, -1)},"typ":"x"}`],
  [
    "other order",
    (json) =>
      `{${json
        .slice(1, -1)
        .split(/,(?=")/)
        .toReversed()
        .join(",")}}`,
  ],
  ["an escaped letter", (json) => json.replace("t", "\\u0074")],
  ["an escaped slash", (json) => json.replace("/", "\\/").replace(/^\{"/, '{"\\u0061')],
  [
    "a number as 1.0",
    (json) => json.replace(/"(iat|exp)":(\d+)/, '"$1":$2.0').replace(/^\{/, "{ "),
  ],
  ["a lone surrogate", (json) => `${json.slice(0, -1)},"z":"\\ud800"}`],
  ["a member __proto__", (json) => `${json.slice(0, -1)},"__proto__":{}}`],
  ["bytes that are no UTF-8", (json) => Buffer.concat([Buffer.from(json), Buffer.from([0xff])])],
  ["an overlong form", (json) => Buffer.concat([Buffer.from(json), Buffer.from([0xc0, 0x80])])],
  ["a comment", (json) => `${json}//`],
  ["a zero byte", (json) => `${json}\0`],
];

describe.for(BACKENDS)("with the %s backend", ([, backend]) => {
  const REFUSED =
    /^ERR_TOKEN_INVALID (malformed|too-large|chain-length|header|wrong-type|claims|algorithm|algorithm-key-mismatch|signature|unknown-key)$/;

  test.for(PLACES)("a %s in another form, its signature right for that form", async (place) => {
    const world = await createWorld(KEYS, backend);
    const verifier = world.verifier();
    const taken: unknown[] = [];
    for (const [name, respell] of RESPELLED) {
      for (const segment of [0, 1] as const) {
        const chain = await withToken(world, place, async (token) => {
          const old = parts(token);
          const respelled = respell(decode(old[segment]));
          const next: [string, string] = [old[0], old[1]];
          next[segment] = encode(respelled);
          const input = next.join(".");
          return `${input}.${await signer[place].sign(input)}`;
        });
        const outcome = await present(verifier, chain);
        if (!REFUSED.test(outcome)) taken.push([name, segment, outcome]);
      }
    }
    expect(taken).toEqual([]);
  });

  test.for(PLACES)("a %s whose segments are spelt otherwise", async (place) => {
    const world = await createWorld(KEYS, backend);
    const verifier = world.verifier();
    const taken: unknown[] = [];
    const spellings: readonly ((token: string) => string)[] = [
      ...[0, 1, 2].flatMap((segment) =>
        [
          (text: string) => `${text}=`,
          (text: string) => `${text}==`,
          (text: string) => ` ${text}`,
          (text: string) => `${text} `,
          (text: string) => `${text}\n`,
          (text: string) => `${text.slice(0, 4)} ${text.slice(4)}`,
          (text: string) => `${text.slice(0, 4)}\r\n${text.slice(4)}`,
          (text: string) => `${text.slice(0, 5)}+${text.slice(6)}`,
          (text: string) => `${text.slice(0, 5)}/${text.slice(6)}`,
          (text: string) => `${text.slice(0, 5)}%${text.slice(6)}`,
          (text: string) => `${text}A`,
          (text: string) => text.slice(0, -1),
          () => "",
          (text: string) => `${text.slice(0, 2)}\u00e9${text.slice(3)}`,
          (text: string) => nextSpelling(text),
        ].map((respell) => (token: string) => {
          const split = parts(token);
          split[segment] = respell(split[segment] ?? "");
          return split.join(".");
        }),
      ),
      (token) => `${token}.`,
      (token) => `.${token}`,
      (token) => `${token}.e30`,
      (token) => token.replaceAll(".", "~"),
      (token) => parts(token).slice(0, 2).join("."),
      () => "",
      () => "...",
      () => "..",
      (token) => JSON.stringify({ payload: parts(token)[1], signatures: [] }),
      (token) => token.toUpperCase(),
    ];
    for (const [index, respell] of spellings.entries()) {
      const outcome = await present(verifier, await withToken(world, place, respell));
      if (!REFUSED.test(outcome)) taken.push([index, outcome]);
    }
    expect(taken).toEqual([]);
  });

  test.for(PLACES)("a %s that is no object", async (place) => {
    const world = await createWorld(KEYS, backend);
    const header = decode(parts((await world.build())[INDEX[place]] ?? "")[0]);
    for (const json of ["[]", "null", "1", "true", '"x"', "{}", "", "x", '{"a"']) {
      const payload = await withToken(world, place, () => forge(header, json, signer[place]));
      expect(await present(world.verifier(), payload)).toMatch(REFUSED);
      const headless = await withToken(world, place, () => forge(json, "{}", signer[place]));
      expect(await present(world.verifier(), headless)).toMatch(REFUSED);
    }
  });

  const HEADERS: readonly (readonly [string, Record<string, unknown>])[] = [
    ["crit", { crit: ["exp"] }],
    ["b64", { b64: false, crit: ["b64"] }],
    ["jwk", { jwk: KEYS.stranger.publicJwk }],
    ["jku", { jku: "https://evil.example/jwks" }],
    ["x5u", { x5u: "https://evil.example" }],
    ["x5c", { x5c: ["AA"] }],
    ["x5t", { x5t: "AA" }],
    ["zip", { zip: "DEF" }],
    ["cty", { cty: "JWT" }],
    ["another member", { x: 1 }],
    ["no alg", { alg: undefined }],
    ["no typ", { typ: undefined }],
    ["alg none", { alg: "none" }],
    ["alg in capitals", { alg: "ED25519" }],
    ["alg EdDSA", { alg: "EdDSA" }],
    ["alg HS256", { alg: "HS256" }],
    ["alg ES256 for another key", { alg: "ES256" }],
    ["alg ML-DSA-65, not configured", { alg: "ML-DSA-65" }],
    ["alg a list", { alg: ["Ed25519"] }],
    ["alg null", { alg: null }],
    ["typ JWT", { typ: "JWT" }],
    ["typ of a security event token", { typ: "secevent+jwt" }],
    ["typ with its prefix", { typ: "application/task-grant+jwt" }],
    ["typ in capitals", { typ: "TASK-GRANT+JWT" }],
  ];
  test.for(PLACES.flatMap((place) => HEADERS.map((header) => [place, ...header] as const)))(
    "a %s with the header %s",
    async ([place, , change]) => {
      const world = await createWorld(KEYS, backend);
      const merge = (header: Record<string, unknown>) => {
        const merged = { ...header, ...change };
        return Object.fromEntries(
          Object.entries(merged).filter(([, value]) => value !== undefined),
        );
      };
      const chain = await world.chain({ headers: { [place]: merge } });
      expect(await present(world.verifier(), chain)).toMatch(REFUSED);
    },
  );

  test.for(["delegation", "call"] as const)("a %s with a kid", async (place) => {
    const world = await createWorld(KEYS, backend);
    const chain = await world.chain({ headers: { [place]: set("kid", "x") } });
    expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID header");
  });

  test.for<readonly [string, unknown, string]>([
    ["no kid", undefined, "header"],
    ["an unknown kid", "unknown", "unknown-key"],
    ["a kid of a prototype", "__proto__", "unknown-key"],
    ["an empty kid", "", "header"],
    ["a long kid", "k".repeat(257), "header"],
    ["a kid that is a number", 1, "header"],
  ])("a grant with %s", async ([, kid, reason]) => {
    const world = await createWorld(KEYS, backend);
    const chain = await world.chain({ headers: { grant: set("kid", kid) } });
    expect(await present(world.verifier(), chain)).toBe(`ERR_TOKEN_INVALID ${reason}`);
  });

  test("an HMAC under the public key is no signature", async () => {
    const world = await createWorld(KEYS, backend);
    const secrets = [
      Buffer.from(JSON.stringify(KEYS.issuer.publicJwk)),
      Buffer.from(Reflect.get(KEYS.issuer.publicJwk, "x"), "base64url"),
    ];
    for (const secret of secrets) {
      const sign = (input: string) =>
        createHmac("sha256", secret).update(input).digest("base64url");
      const chain = await withToken(world, "grant", (token) => {
        const payload = decode(parts(token)[1]);
        const header = { ...JSON.parse(decode(parts(token)[0])), alg: "HS256" };
        return forge(header, payload, { sign });
      });
      expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID algorithm");
    }
  });

  test("tokens out of their place", async () => {
    const world = await createWorld(KEYS, backend);
    const [grant = "", delegation = "", call = ""] = await world.build();
    const verifier = world.verifier();
    const orders: readonly (readonly string[])[] = [
      [],
      [grant],
      [call],
      [grant, delegation],
      [delegation, call],
      [grant, call],
      [call, grant],
      [delegation, grant, call],
      [grant, call, delegation],
      [grant, grant, delegation, call],
      [grant, delegation, delegation, call],
      [grant, delegation, call, call],
      [grant, delegation, call, ""],
      ["", grant, delegation, call],
      [grant, delegation, call, delegation, call],
      [grant, delegation, grant],
      Array.from({ length: 11 }, () => delegation),
    ];
    for (const order of orders) {
      for (const chain of [order.join("~"), order]) {
        expect(await present(verifier, chain)).toMatch(/^ERR_(TOKEN_INVALID|DELEGATION)/);
      }
    }
  });

  test("a chain of every form that a caller may hand in", async () => {
    const world = await createWorld(KEYS, backend);
    const verifier = world.verifier();
    const tokens = await world.build();
    const given: readonly unknown[] = [
      undefined,
      null,
      1,
      true,
      "",
      "~",
      {},
      { token: undefined },
      { token: 1 },
      { token: tokens.map((token) => [token]) },
      [tokens.join("~")],
      [...tokens, 1],
      [tokens],
      new Proxy([], {}),
      Object.create({ token: tokens.join("~") }),
      Object.freeze({}),
      () => tokens,
      Symbol("x"),
    ];
    for (const credential of given) {
      const outcome = await outcomeOf(() => verifier.verify(credential as string, EXPECTED));
      expect(outcome).toMatch(/^ERR_TOKEN_INVALID/);
    }
  });

  test("a splice under another grant of the same holder", async () => {
    const world = await createWorld(KEYS, backend);
    const [, delegation = "", call = ""] = await world.build();
    const [other = ""] = await world.build({
      payloads: {
        grant: (payload) => ({
          ...payload,
          jti: "01a1f840-41cc-7a5a-b1d7-000000000000",
          authorization_details: capability({}),
        }),
      },
    });
    expect(await present(world.verifier(), [other, delegation, call])).toBe(
      "ERR_TOKEN_INVALID broken-link",
    );
  });

  test("too large, before anything is decoded", async () => {
    const world = await createWorld(KEYS, backend);
    const verifier = world.verifier();
    const [grant = "", delegation = "", call = ""] = await world.build();
    const long = "A".repeat(16_385);
    expect(await present(verifier, [long, call])).toBe("ERR_TOKEN_INVALID too-large");
    expect(await present(verifier, [grant, delegation, long])).toBe("ERR_TOKEN_INVALID too-large");
    expect(await present(verifier, "~".repeat(65_537))).toBe("ERR_TOKEN_INVALID too-large");
    expect(await present(verifier, "A".repeat(10_000_000))).toBe("ERR_TOKEN_INVALID too-large");
  });

  test("deep and wide JSON", async () => {
    const world = await createWorld(KEYS, backend);
    const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
    const chain = await withToken(world, "call", (token) =>
      forge(decode(parts(token)[0]), `{"a":${deep}}`, KEYS.refunder),
    );
    expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID malformed");
    const header = await withToken(world, "call", () =>
      forge(`{"a":${deep}}`, "{}", KEYS.refunder),
    );
    expect(await present(world.verifier(), header)).toBe("ERR_TOKEN_INVALID header");
  });

  test("any single changed character is refused", async () => {
    const world = await createWorld(KEYS, backend);
    const chain = await world.chain();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(chain.length - 1),
        fc.constantFrom(...Array.from("ABab09-_.~+/= x")),
        async (at, character) => {
          fc.pre(chain[at] !== character);
          const changed = `${chain.slice(0, at)}${character}${chain.slice(at + 1)}`;
          expect(await present(world.verifier(), changed)).toMatch(/^ERR_/);
        },
      ),
      { numRuns: process.env["PORTCULLIS_LONG"] === "1" ? 20_000 : 150 },
    );
  });
});

test("any text at all is refused with a token's code", async () => {
  const world = await createWorld();
  const verifier = world.verifier();
  const [grant = "", delegation = "", call = ""] = await world.build();
  const piece = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(grant, delegation, call, ".", "~", "e30", ...parts(grant), ...parts(call)),
    fc.json({ maxDepth: 3 }).map(encode),
    fc.string({ unit: "binary", maxLength: 20 }),
  );
  const text = fc
    .tuple(fc.array(piece, { maxLength: 8 }), fc.constantFrom(".", "~", ""))
    .map(([pieces, joint]) => pieces.join(joint));
  await fc.assert(
    fc.asyncProperty(text, async (chain) => {
      fc.pre(chain !== [grant, delegation, call].join("~"));
      expect(await present(verifier, chain)).toMatch(/^ERR_(TOKEN|DELEGATION)_/);
      expect(await outcomeOf(() => verifier.verifyChain(chain))).toMatch(
        /^(ok|ERR_(TOKEN|DELEGATION)_)/,
      );
    }),
    { numRuns: process.env["PORTCULLIS_LONG"] === "1" ? 100_000 : 1000 },
  );
});

test("signed payloads of any JSON are refused with a token's code", async () => {
  const world = await createWorld();
  const verifier = world.verifier();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...PLACES),
      fc.constantFrom("act", "cnf", "authorization_details", "aud", "policy", "delegate_only"),
      fc.jsonValue({ maxDepth: 4 }),
      async (place, claim, value) => {
        let json: unknown;
        try {
          json = canonicalize(value).value;
        } catch {
          return;
        }
        const chain = await world.chain({ payloads: { [place]: set(claim, json) } });
        expect(await present(verifier, chain)).toMatch(/^ERR_(TOKEN|DELEGATION)_/);
      },
    ),
    { numRuns: process.env["PORTCULLIS_LONG"] === "1" ? 20_000 : 200 },
  );
});

test.for(["ES256", "ML-DSA-65"] as const)("a chain of %s keys", async (algorithm) => {
  const keys = {
    issuer: generateHolderKey(algorithm),
    planner: generateHolderKey(algorithm),
    refunder: generateHolderKey(algorithm),
    stranger: generateHolderKey(algorithm),
  };
  for (const [, backend] of BACKENDS) {
    const world = await createWorld(keys, backend);
    const chain = await world.chain();
    const listed = world.verifier({ algorithms: ["Ed25519", "ES256", "ML-DSA-65"] });
    expect(await present(listed, chain)).toBe("ok");
    const expected = algorithm === "ES256" ? "ok" : "ERR_TOKEN_INVALID algorithm";
    expect(await present(world.verifier(), chain)).toBe(expected);
    expect(await present(world.verifier({ algorithms: ["Ed25519"] }), chain)).toBe(
      "ERR_TOKEN_INVALID algorithm",
    );
  }
});

test("a delegation to a key of an algorithm that is not taken", async () => {
  const world = await createWorld({ ...KEYS, refunder: generateHolderKey("ML-DSA-65") });
  expect(await present(world.verifier(), await world.chain())).toBe(
    "ERR_TOKEN_INVALID confirmation-key",
  );
});

test.for<readonly [string, (jwk: Record<string, string>) => unknown]>([
  ["a private member", (jwk) => ({ ...jwk, d: "AA" })],
  ["a kid", (jwk) => ({ ...jwk, kid: "x" })],
  ["padding", (jwk) => ({ ...jwk, x: `${jwk["x"]}=` })],
  ["other trailing bits", (jwk) => ({ ...jwk, x: nextSpelling(jwk["x"] ?? "") })],
  ["a short coordinate", (jwk) => ({ ...jwk, x: jwk["x"]?.slice(4) })],
  ["another curve", (jwk) => ({ ...jwk, crv: "X25519" })],
  ["another type", (jwk) => ({ ...jwk, kty: "EC" })],
  ["no key", () => ({})],
  ["small order: 0", () => okp("00".repeat(32))],
  ["small order: 0, other sign", () => okp(`${"00".repeat(31)}80`)],
  ["small order: 1", () => okp(`01${"00".repeat(31)}`)],
  ["small order: 1, other sign", () => okp(`01${"00".repeat(30)}80`)],
  ["small order: -1", () => okp(`ec${"ff".repeat(30)}7f`)],
  ["small order: -1, other sign", () => okp(`ec${"ff".repeat(31)}`)],
  ["not reduced: p", () => okp(`ed${"ff".repeat(30)}7f`)],
  ["not reduced: p + 1", () => okp(`ee${"ff".repeat(31)}`)],
  ["not reduced: 2^255 - 1", () => okp("ff".repeat(32))],
  ["order 8", () => okp("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")],
  ["order 8, other", () => okp("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")],
  [
    "order 8, other sign",
    () => okp("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
  ],
  [
    "a point off its curve",
    () => ({
      kty: "EC",
      crv: "P-256",
      x: encode(Buffer.alloc(32, 1)),
      y: encode(Buffer.alloc(32, 1)),
    }),
  ],
  ["a symmetric key", () => ({ kty: "oct", k: "AA" })],
])("a holder key with %s", async ([, change]) => {
  const world = await createWorld();
  const jwk = change({ ...KEYS.refunder.publicJwk });
  const chain = await world.chain({ payloads: { delegation: set("cnf", { jwk }) } });
  expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID confirmation-key");
});

function okp(hex: string): object {
  return { kty: "OKP", crv: "Ed25519", x: encode(Buffer.from(hex, "hex")) };
}

/** The same bytes for a lenient reader: a bit below the last byte is set. */
function nextSpelling(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (text.length % 4 === 0) return `${text}=`;
  const last = alphabet.indexOf(text.slice(-1));
  return `${text.slice(0, -1)}${alphabet[last ^ 1]}`;
}

test("the tools of a token are bounded", async () => {
  const world = await createWorld();
  const many = Object.fromEntries(Array.from({ length: 257 }, (_, index) => [`t${index}`, {}]));
  const details = [{ type: "attenuating_agent_token", tools: { ...many, [TOOL]: {} } }];
  const chain = await world.chain({ payloads: { grant: set("authorization_details", details) } });
  expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID constraint");
});
