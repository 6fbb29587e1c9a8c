import { describe, expect, test } from "vitest";
import {
  createMemoryRevocationView,
  createStaticKeySet,
  isAttenuation,
  LIMITS,
  NOTHING_REVOKED,
  parsePublicJwk,
  parseToolConstraints,
} from "../src/index.ts";
import { generateHolderKey } from "../src/node.ts";
import type { Change, Place } from "./support/forge.ts";
import {
  ARGS,
  AUDIENCE,
  capability,
  createWorld,
  EXPECTED,
  ISSUER,
  KEYS,
  outcomeOf,
  present,
  set,
  thumbprint,
  TOOL,
} from "./support/forge.ts";

const PLACES = ["grant", "delegation", "call"] as const;

/** Both claims at once, so that only what is named is at its bound. */
const both =
  (...changes: readonly Change[]): Change =>
  (payload) =>
    changes.reduce((claims, change) => change(claims), payload);

const manyTools = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, {}]));

describe("at its bound a token is taken", () => {
  test.for<readonly [string, Partial<Record<Place, (now: number) => Change>>]>([
    ["a life of 900 s", { grant: (now) => both(set("iat", now - 10), set("exp", now + 890)) }],
    ["a delegation as long as its parent", { delegation: (now) => set("exp", now + 290) }],
    ["a delegation as old as its parent", { delegation: (now) => set("iat", now - 10) }],
    [
      "the last hop that may be",
      { grant: () => set("del_max_depth", 1), delegation: () => set("del_max_depth", 1) },
    ],
    [
      "eight hops",
      { grant: () => set("del_max_depth", 8), delegation: () => set("del_max_depth", 8) },
    ],
    [
      "eight audiences",
      { grant: () => set("aud", [AUDIENCE, ...Array.from({ length: 7 }, (_, i) => `urn:${i}`)]) },
    ],
    ["an audience of 512 characters", { grant: () => set("aud", [AUDIENCE, "u".repeat(512)]) }],
    ["an id of 128 characters", { grant: () => set("jti", "j".repeat(128)) }],
    ["an id of 16 characters", { call: () => set("jti", "j".repeat(16)) }],
    ["a purpose of 256 characters", { grant: () => set("purpose", "p".repeat(256)) }],
    [
      "a call as old as its link",
      { delegation: (now) => set("iat", now), call: (now) => set("iat", now) },
    ],
    ["a call as long as its link", { delegation: (now) => set("exp", now + 5) }],
    [
      "a policy without a digest",
      { grant: () => set("policy", { name: "payments", min_serial: 41 }) },
    ],
  ])("%s", async ([, changes]) => {
    const world = await createWorld();
    const payloads = Object.fromEntries(
      Object.entries(changes).map(([place, change]) => [place, change(world.now)]),
    );
    const bundle = { name: "payments", serial: 41, digest: "any" };
    expect(
      await present(world.verifier(), await world.chain({ payloads }), { ...EXPECTED, bundle }),
    ).toBe("ok");
  });

  test("an issuer that its keys may name at will", async () => {
    const world = await createWorld();
    const jwk = KEYS.issuer.publicJwk;
    const keys = createStaticKeySet([{ kid: await thumbprint(KEYS.issuer), issuer: "*", jwk }]);
    const payloads = { grant: set("iss", "https://any.example") };
    expect(await present(world.verifier({ keys }), await world.chain({ payloads }))).toBe("ok");
  });

  test("a kid of 256 characters, a token and a chain of the greatest length", async () => {
    const world = await createWorld();
    const kid = "k".repeat(256);
    const keys = createStaticKeySet([{ kid, issuer: ISSUER, jwk: KEYS.issuer.publicJwk }]);
    const chain = await world.chain({ headers: { grant: set("kid", kid) } });
    expect(await present(world.verifier({ keys }), chain)).toBe("ok");
    const [grant = "", , call = ""] = await world.build();
    const longest = "A".repeat(LIMITS.token);
    expect(await present(world.verifier(), [grant, longest, call])).toBe(
      "ERR_TOKEN_INVALID malformed",
    );
    const whole = "A".repeat(LIMITS.chain);
    expect(await present(world.verifier(), whole)).toBe("ERR_TOKEN_INVALID chain-length");
  });

  test("256 tools, 512 nodes and names of 256 characters", () => {
    expect(parseToolConstraints(manyTools(256)).size).toBe(256);
    const nodes = Object.fromEntries(
      Array.from({ length: 512 }, (_, index) => [`a${index}`, { constraint_type: "wildcard" }]),
    );
    expect(parseToolConstraints({ t: nodes }).size).toBe(1);
    expect(parseToolConstraints({ ["t".repeat(256)]: {} }).size).toBe(1);
  });
});

describe("beyond its bound a token is refused", () => {
  test.for<readonly [string, Place, Change]>([
    ["two capabilities", "grant", set("authorization_details", twoCapabilities())],
    ["an audience of 513 characters", "grant", set("aud", [AUDIENCE, "u".repeat(513)])],
    ["an issuer of 513 characters", "call", set("iss", "u".repeat(513))],
  ])("%s", async ([, place, change]) => {
    const world = await createWorld();
    const chain = await world.chain({ payloads: { [place]: change } });
    expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID claims");
  });

  test("a dry run that says it is none", async () => {
    const world = await createWorld();
    const chain = await world.chain({ payloads: { call: set("dry_run", false) } });
    expect(await present(world.verifier(), chain, { ...EXPECTED, mode: "dry-run" })).toBe(
      "ERR_TOKEN_INVALID claims",
    );
  });
});

describe("verification alone, without use, refuses", () => {
  test("what is over", async () => {
    const world = await createWorld();
    const verifier = world.verifier();
    const token = await world.chain();
    const permit = await verifier.mintPermit(await world.chain({ isOpen: true }), {
      tool: TOOL,
      canonicalArguments: ARGS,
    });
    world.clock.advance(7000);
    expect(await outcomeOf(() => verifier.verify(token, EXPECTED))).toBe(
      "ERR_TOKEN_EXPIRED expired",
    );
    expect(await outcomeOf(() => verifier.verify(permit, EXPECTED))).toBe(
      "ERR_TOKEN_EXPIRED expired",
    );
  });

  test("what is revoked", async () => {
    const world = await createWorld();
    const revocation = createMemoryRevocationView({
      clock: world.clock,
      snapshot: NOTHING_REVOKED,
    });
    const verifier = world.verifier({ revocation });
    revocation.revoke({ actor: "agent:planner" });
    const [open, token] = [await world.chain({ isOpen: true }), await world.chain()];
    expect(await outcomeOf(() => verifier.verify(token, EXPECTED))).toBe("ERR_TOKEN_REVOKED actor");
    expect(await outcomeOf(() => verifier.verifyChain(open))).toBe("ERR_TOKEN_REVOKED actor");
  });

  test("silence for what is risky, which is the default", async () => {
    const world = await createWorld();
    const revocation = createMemoryRevocationView({
      clock: world.clock,
      snapshot: NOTHING_REVOKED,
      maxSilenceSeconds: 1,
    });
    const verifier = world.verifier({ revocation });
    const token = await world.chain();
    world.clock.advance(2000);
    expect(await outcomeOf(() => verifier.verify(token, EXPECTED))).toBe(
      "ERR_TOKEN_REVOKED signals-silent",
    );
    const read = { ...EXPECTED, risk: "normal" } as const;
    expect(await outcomeOf(() => verifier.verify(token, read))).toBe("ok");
  });

  test("a permit whose link ends while it waits", async () => {
    const world = await createWorld();
    const verifier = world.verifier();
    const payloads = { delegation: set("exp", world.now + 2) };
    const chain = await world.chain({ isOpen: true, payloads });
    const call = { tool: TOOL, canonicalArguments: ARGS };
    const task = await verifier.verify(await verifier.mintPermit(chain, call), EXPECTED);
    await task.bindArguments(ARGS);
    world.clock.advance(4000);
    expect(await outcomeOf(() => task.consume())).toBe("ERR_TOKEN_EXPIRED expired");
  });
});

function twoCapabilities(): readonly unknown[] {
  const args = { amount: { constraint_type: "wildcard" }, order: { constraint_type: "wildcard" } };
  const one = { type: "attenuating_agent_token", tools: { [TOOL]: args } };
  return [one, one];
}

test.for<readonly [string, Change]>([
  ["its own name", set("act", { sub: "agent:planner", act: { sub: "agent:planner" } })],
  ["its own key", set("cnf", { jwk: KEYS.planner.publicJwk })],
])("who may only pass a tool on does not get it back by a link to %s", async ([, change]) => {
  const world = await createWorld({ ...KEYS, refunder: KEYS.planner });
  const other = await createWorld();
  const payloads = { grant: set("delegate_only", [TOOL]), delegation: change };
  for (const each of [world, other]) {
    const isKey = each === world;
    if (isKey !== (change({})["cnf"] !== undefined)) continue;
    expect(await present(each.verifier(), await each.chain({ payloads }))).toBe(
      "ERR_TOKEN_INVALID tool-not-granted",
    );
    const open = await each.chain({ payloads, isOpen: true });
    expect((await each.verifier().verifyChain(open)).principal.ceiling).toEqual([]);
  }
});

test.for(PLACES)("%s: a claim of a prototype's name", async (place) => {
  const world = await createWorld();
  for (const claim of ["constructor", "toString", "valueOf", "hasOwnProperty"]) {
    const chain = await world.chain({ payloads: { [place]: set(claim, 1) } });
    expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID claims");
  }
});

const readOne = (constraint: object) =>
  parseToolConstraints({ t: { v: JSON.parse(JSON.stringify(constraint)) } });

const compare = (child: object, parent: object) => {
  return isAttenuation(readOne(child), readOne(parent));
};

const all = (...constraints: readonly object[]) => ({ constraint_type: "all", constraints });

const oneOf = (...values: readonly number[]) => ({ constraint_type: "one_of", values });

const range = (members: object) => ({ constraint_type: "range", ...members });

const readArguments = (args: object) =>
  parseToolConstraints({ t: JSON.parse(JSON.stringify(args)) });

describe("attenuation", () => {
  test("one clause cannot stand for two of its parent's", () => {
    const parent = all(oneOf(1, 2), oneOf(1, 2));
    expect(compare(all(oneOf(1), oneOf(9)), parent)).toBe("constraint-widened");
    expect(compare(all(oneOf(9), oneOf(1)), parent)).toBe("constraint-widened");
    expect(compare(all(oneOf(1)), parent)).toBe("constraint-widened");
    expect(compare(all(oneOf(1), oneOf(2)), parent)).toBeUndefined();
  });

  test("an inclusive bound beyond an excluded one is tighter", () => {
    expect(compare(range({ min: 1 }), range({ min: 0, min_inclusive: false }))).toBeUndefined();
    expect(compare(range({ max: 1 }), range({ max: 2, max_inclusive: false }))).toBeUndefined();
  });

  test("argument names of a prototype are names like any other", () => {
    const wildcard = { constraint_type: "wildcard" };
    expect(
      isAttenuation(readArguments({ x: wildcard }), readArguments({ constructor: wildcard })),
    ).toBe("argument-keys");
  });

  test("each of several tools counts", () => {
    const parent = parseToolConstraints({
      a: {},
      b: { v: { constraint_type: "exact", value: 1 } },
    });
    expect(isAttenuation(parseToolConstraints({ a: {}, b: {} }), parent)).toBe("argument-keys");
  });

  test("members of a constraint are its own", () => {
    const inherited = { constraint_type: "exact", constructor: 1 };
    expect(() => parseToolConstraints({ t: { v: inherited } })).toThrow("not valid");
    expect(() => parseToolConstraints({ t: { v: { constraint_type: 1 } } })).toThrow("not valid");
  });
});

const memberOf = (key: object, name: string): string => String(Reflect.get(key, name));

describe("public keys", () => {
  const okp = { ...KEYS.planner.publicJwk };
  const ec = { ...generateHolderKey("ES256").publicJwk };
  const akp = { ...generateHolderKey("ML-DSA-65").publicJwk };

  test.for<readonly [string, unknown, boolean]>([
    ["Ed25519", okp, true],
    ["P-256", ec, true],
    ["ML-DSA-65", akp, true],
    ["Ed25519 of another type", { ...okp, kty: "XXX" }, false],
    ["P-256 of another type", { ...ec, kty: "XXX" }, false],
    ["another curve", { ...ec, crv: "P-384" }, false],
    ["no curve", { kty: "EC", x: memberOf(ec, "x"), y: memberOf(ec, "y") }, false],
    ["one member more", { ...ec, kid: "x" }, false],
    ["a short x", { ...ec, x: memberOf(ec, "x").slice(0, 42) }, false],
    ["a short y", { ...ec, y: memberOf(ec, "y").slice(0, 42) }, false],
    ["an x that is no text", { ...ec, x: 1 }, false],
    ["a y that is no text", { ...ec, y: 1 }, false],
    ["a key that is no text", { ...okp, x: 1 }, false],
    ["a long key", { ...okp, x: `${memberOf(okp, "x")}AAAA` }, false],
    ["ML-DSA of another size", { ...akp, alg: "ML-DSA-44" }, false],
    ["ML-DSA of another type", { ...akp, kty: "OKP" }, false],
    ["ML-DSA with a private member", { ...akp, priv: "AA" }, false],
    ["ML-DSA that is short", { ...akp, pub: memberOf(akp, "pub").slice(4) }, false],
    [
      "y = p - 2^8, reduced",
      {
        kty: "OKP",
        crv: "Ed25519",
        x: Buffer.from(`ecfe${"ff".repeat(29)}7f`, "hex").toString("base64url"),
      },
      true,
    ],
    [
      "y = p - 2, reduced",
      {
        kty: "OKP",
        crv: "Ed25519",
        x: Buffer.from(`eb${"ff".repeat(30)}7f`, "hex").toString("base64url"),
      },
      true,
    ],
    ["nothing", undefined, false],
    ["a list", [], false],
    ["a text", "key", false],
  ])("%s", ([, jwk, isTaken]) => {
    expect(parsePublicJwk(jwk as never) !== undefined).toBe(isTaken);
  });
});

describe("options at their bounds", () => {
  test.for<readonly [string, object, boolean]>([
    ["an audience of 512 characters", { audience: "a".repeat(512) }, true],
    ["an audience of 513 characters", { audience: "a".repeat(513) }, false],
    ["an audience that is no text", { audience: [AUDIENCE] }, false],
    ["a time-out of a minute", { storeTimeoutMs: 60_000 }, true],
    ["a longer time-out", { storeTimeoutMs: 60_001 }, false],
    ["half an entry", { cacheEntries: 1.5 }, false],
  ])("%s", async ([, options, isTaken]) => {
    const world = await createWorld();
    const make = () => outcomeOf(async () => world.verifier(options));
    expect((await make()) === "ok").toBe(isTaken);
  });
});

test("the newest chains are remembered, and not one more than may be", async () => {
  const world = await createWorld();
  let verified = 0;
  const { createNodeSignatureBackend } = await import("../src/node.ts");
  const backend = createNodeSignatureBackend();
  const counting = {
    ...backend,
    verify: (...call: Parameters<typeof backend.verify>) => {
      verified += 1;
      return backend.verify(...call);
    },
  };
  const verifier = world.verifier({ backend: counting, cacheEntries: 2 });
  const chains = await Promise.all(
    ["a", "b", "c"].map((purpose) =>
      world.chain({ isOpen: true, isShort: true, payloads: { grant: set("purpose", purpose) } }),
    ),
  );
  const [a = "", b = "", c = ""] = chains;
  for (const chain of [a, b, a, c, a, b]) await verifier.verifyChain(chain);
  // `b` was used for longest when `c` came.
  expect(verified).toBe(4);
  expect(capability({})).toHaveLength(1);
});
