import type { ReplayStore } from "@portcullis/core";
import { canonicalize, createMemoryReplayStore } from "@portcullis/core";
import { describe, expect, test, vi } from "vitest";
import { createFakeClock } from "../../core/test/support/fake-clock.ts";
import type {
  RevocationEvent,
  SignatureBackend,
  TaskTokenVerifier,
  VerifiedTask,
} from "../src/index.ts";
import {
  createMemoryRevocationView,
  createTaskTokenVerifier,
  NOTHING_REVOKED,
} from "../src/index.ts";
import { createNodeSignatureBackend } from "../src/node.ts";
import {
  ARGS,
  AUDIENCE,
  capability,
  createPlainReplayStore,
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

describe("time", () => {
  test.for<readonly [string, number, number, string]>([
    ["at once", 0, 2, "ok"],
    ["within its life", 4999, 2, "ok"],
    ["within the skew", 6999, 2, "ok"],
    ["after the skew", 7000, 2, "ERR_TOKEN_EXPIRED expired"],
    ["within its life, without skew", 4999, 0, "ok"],
    ["after its life, without skew", 5000, 0, "ERR_TOKEN_EXPIRED expired"],
    ["before it was made, within the skew", -2000, 2, "ok"],
    ["before it was made", -2001, 2, "ERR_TOKEN_EXPIRED issued-in-future"],
    ["before it was made, without skew", -1, 0, "ERR_TOKEN_EXPIRED issued-in-future"],
  ])("%s", async ([, ms, skewSeconds, expected]) => {
    const world = await createWorld();
    const chain = await world.chain();
    world.clock.setWall(world.now * 1000 + ms);
    expect(await present(world.verifier({ skewSeconds }), chain)).toBe(expected);
  });

  test.for<readonly [string, number, string]>([
    ["a link is over, its signatures remembered", 57_000, "ERR_TOKEN_EXPIRED expired"],
    ["all is in the future", -20_000, "ERR_TOKEN_EXPIRED issued-in-future"],
    ["the clock is broken", Number.NaN, "ERR_TOKEN_EXPIRED expired"],
  ])("%s", async ([, ms, expected]) => {
    const world = await createWorld();
    const verifier = world.verifier();
    const [grant = "", delegation = ""] = await world.build();
    expect(await outcomeOf(() => verifier.verifyChain([grant, delegation]))).toBe("ok");
    world.clock.setWall(world.now * 1000 + ms);
    expect(await outcomeOf(() => verifier.verifyChain([grant, delegation]))).toBe(expected);
  });

  test("time that passes between verification and use counts", async () => {
    const world = await createWorld();
    const verifier = world.verifier();
    const task = await verifier.verify(await world.chain(), EXPECTED);
    await verifier.bindArguments(task, ARGS);
    world.clock.advance(7000);
    expect(await outcomeOf(() => verifier.consume(task))).toBe("ERR_TOKEN_EXPIRED expired");
  });

  test.for([-1, 2.5, Number.NaN])("a skew of %s s is refused", async (skewSeconds) => {
    const world = await createWorld();
    expect(() => world.verifier({ skewSeconds })).toThrow("skewSeconds");
  });
});

describe("options that cannot work", () => {
  test.for<readonly [string, object]>([
    ["audience", { audience: "" }],
    ["storeTimeoutMs", { storeTimeoutMs: 0 }],
    ["cacheEntries", { cacheEntries: 0 }],
    ["algorithms", { algorithms: [] }],
    ["algorithms", { algorithms: ["HS256"] }],
    ["algorithms", { algorithms: ["none"] }],
  ])("%s", async ([option, options]) => {
    const world = await createWorld();
    expect(() => world.verifier(options)).toThrow(option);
  });
});

describe("one use", () => {
  test("of fifty at the same time exactly one wins", async () => {
    const world = await createWorld();
    const verifier = world.verifier();
    const chain = await world.chain();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => present(verifier, chain)));
    expect(outcomes.filter((outcome) => outcome === "ok")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "ERR_TOKEN_REPLAYED replayed")).toHaveLength(
      49,
    );
  });

  test("two verifiers with one store share it", async () => {
    const world = await createWorld();
    const replay = createPlainReplayStore();
    const chain = await world.chain();
    expect(await present(world.verifier({ replay }), chain)).toBe("ok");
    expect(await present(world.verifier({ replay }), chain)).toBe("ERR_TOKEN_REPLAYED replayed");
  });

  test("another spelling of an ES256 signature is the same token", async () => {
    const world = await createWorld();
    const replay = { consume: vi.fn<ReplayStore["consume"]>(async () => "ok") };
    await present(world.verifier({ replay }), await world.chain());
    const key = `${await thumbprint(KEYS.refunder)}:01a1f840-41cd-716d-9b02-a8733b0fdace`;
    expect(replay.consume).toHaveBeenCalledExactlyOnceWith(key, world.now, world.now + 5);
  });

  test.for<readonly [string, () => Promise<never>, string]>([
    ["is full", async () => "full" as never, "replay-store-full"],
    ["is cold", async () => "cold" as never, "replay-store-cold"],
    ["says something else", async () => "fine" as never, "replay-store"],
    ["says nothing", async () => undefined as never, "replay-store"],
    ["rejects", () => Promise.reject(new Error("down")), "replay-store"],
    [
      "throws",
      () => {
        throw new Error("down");
      },
      "replay-store",
    ],
  ])("a store that %s refuses", async ([, consume, reason]) => {
    const world = await createWorld();
    const verifier = world.verifier({ replay: { consume } });
    expect(await present(verifier, await world.chain())).toBe(`ERR_TOKEN_UNAVAILABLE ${reason}`);
  });

  test("a store that is slow refuses", async () => {
    const world = await createWorld();
    const never = new Promise<never>(() => undefined);
    const verifier = world.verifier({ replay: { consume: () => never } });
    const outcome = present(verifier, await world.chain());
    await vi.waitFor(() => expect(world.clock.scheduled).toBe(1));
    world.clock.advance(250);
    expect(await outcome).toBe("ERR_TOKEN_UNAVAILABLE replay-store");
  });

  test("the memory store refuses a token from before a restart, and one that a clock brings back", async () => {
    const world = await createWorld();
    const chain = await world.chain();
    const fresh = createMemoryReplayStore({ clock: world.clock });
    expect(await present(world.verifier({ replay: fresh }), chain)).toBe(
      "ERR_TOKEN_UNAVAILABLE replay-store-cold",
    );
    const old = createFakeClock(world.now * 1000 - 60_000);
    const replay = createMemoryReplayStore({ clock: old });
    old.advance(60_000);
    const verifier = world.verifier({ replay });
    expect(await present(verifier, chain)).toBe("ok");
    old.advance(60_000);
    await replay.consume("other", world.now + 60, world.now + 65);
    old.setWall(world.now * 1000);
    expect(await present(verifier, chain)).toMatch(/replay/);
  });

  test("a task that is foreign or not bound is not used up", async () => {
    const world = await createWorld();
    const [verifier, other] = [world.verifier(), world.verifier()];
    const task = await verifier.verify(await world.chain(), EXPECTED);
    const foreign: readonly unknown[] = [{ ...task }, {}, null, undefined];
    for (const each of foreign) {
      expect(await outcomeOf(() => verifier.consume(each as VerifiedTask))).toContain("malformed");
    }
    expect(await outcomeOf(() => other.consume(task))).toContain("malformed");
    expect(await outcomeOf(() => other.bindArguments(task, ARGS))).toContain("malformed");
    expect(await outcomeOf(() => verifier.consume(task))).toContain("wrong-arguments");
    await task.bindArguments(ARGS);
    expect(await outcomeOf(() => task.consume())).toBe("ok");
  });

  test.for<readonly [string, string, string]>([
    ["other arguments", '{"amount":21,"order":"A1"}', "wrong-arguments"],
    ["the same in another order", '{"order":"A1","amount":20}', "wrong-arguments"],
    ["no JSON", "{", "wrong-arguments"],
  ])("%s are not bound, and nothing runs", async ([, text, reason]) => {
    const world = await createWorld();
    const verifier = world.verifier();
    const task = await verifier.verify(await world.chain(), EXPECTED);
    expect(await outcomeOf(() => verifier.bindArguments(task, text))).toContain(reason);
    expect(await outcomeOf(() => verifier.consume(task))).toContain("wrong-arguments");
  });

  test("what the policy makes of bound arguments stays within the ceiling", async () => {
    const world = await createWorld();
    const verifier = world.verifier();
    const task = await verifier.verify(await world.chain(), EXPECTED);
    await verifier.bindArguments(task, ARGS);
    await verifier.bindArguments(task, '{"amount":10,"order":"A1"}');
    for (const text of ['{"amount":51,"order":"A1"}', '{"amount":10}', "[]", "x"]) {
      const outcome = await outcomeOf(() => verifier.bindArguments(task, text));
      expect(outcome).toMatch(/arguments-not-granted|wrong-arguments/);
    }
    expect(await outcomeOf(() => verifier.consume(task))).toContain("wrong-arguments");
  });

  test("arguments beyond the last link are not granted, though the holder signed for them", async () => {
    const world = await createWorld();
    const { text } = canonicalize({ amount: 51, order: "A1" });
    const { createHash } = await import("node:crypto");
    const digest = createHash("sha256").update(text).digest("base64url");
    const chain = await world.chain({ payloads: { call: set("args_s256", digest) } });
    const verifier = world.verifier();
    const task = await verifier.verify(chain, EXPECTED);
    expect(await outcomeOf(() => verifier.bindArguments(task, text))).toBe(
      "ERR_TOKEN_INVALID arguments-not-granted",
    );
  });
});

const CALL = { tool: TOOL, canonicalArguments: ARGS };

const setUp = async (
  options: Parameters<Awaited<ReturnType<typeof createWorld>>["verifier"]>[0] = {},
) => {
  const world = await createWorld();
  const verifier = world.verifier(options);
  const chain = await world.chain({ isOpen: true });
  return { world, verifier, chain };
};

const redeem = (
  verifier: TaskTokenVerifier,
  permit: Awaited<ReturnType<TaskTokenVerifier["mintPermit"]>>,
  { expected = EXPECTED, args = ARGS } = {},
) =>
  outcomeOf(async () => {
    const task = await verifier.verify(permit, expected);
    await task.bindArguments(args);
    await task.consume();
  });

describe("permits", () => {
  test("work once, without the replay store", async () => {
    const consume = vi.fn<ReplayStore["consume"]>();
    const { verifier, chain } = await setUp({ replay: { consume } });
    const permit = await verifier.mintPermit(chain, CALL);
    expect(await redeem(verifier, permit)).toBe("ok");
    expect(await redeem(verifier, permit)).toBe("ERR_TOKEN_INVALID malformed");
    expect(consume).not.toHaveBeenCalled();
  });

  test("say nothing and cannot be made, copied or sent", async () => {
    const { verifier, chain, world } = await setUp();
    const permit = await verifier.mintPermit(chain, CALL);
    expect([JSON.stringify(permit), Reflect.ownKeys(permit), Object.isFrozen(permit)]).toEqual([
      "{}",
      [],
      true,
    ]);
    for (const forged of [{}, { ...permit }, structuredClone(permit), Object.create(permit)]) {
      expect(await redeem(verifier, forged)).toBe("ERR_TOKEN_INVALID malformed");
    }
    expect(await redeem(world.verifier(), permit)).toBe("ERR_TOKEN_INVALID malformed");
    expect(await redeem(verifier, permit)).toBe("ok");
  });

  test("of fifty uses at the same time exactly one wins", async () => {
    const { verifier, chain } = await setUp();
    const permit = await verifier.mintPermit(chain, CALL);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => redeem(verifier, permit)));
    expect(outcomes.filter((outcome) => outcome === "ok")).toHaveLength(1);
  });

  test("are used up by an attempt that fails", async () => {
    const { verifier, chain } = await setUp();
    const permit = await verifier.mintPermit(chain, CALL);
    const [first, second] = [
      await verifier.verify(permit, EXPECTED),
      await verifier.verify(permit, EXPECTED),
    ];
    expect(await outcomeOf(() => first.consume())).toContain("wrong-arguments");
    await second.bindArguments(ARGS);
    expect(await outcomeOf(() => second.consume())).toBe("ERR_TOKEN_REPLAYED replayed");
  });

  test.for<readonly [string, Parameters<typeof redeem>[2], string]>([
    ["another tool", { expected: { tool: "payments.payout" } }, "wrong-tool"],
    ["another mode", { expected: { tool: TOOL, mode: "dry-run" } }, "wrong-mode"],
    ["other arguments", { args: '{"amount":21,"order":"A1"}' }, "wrong-arguments"],
  ])("are for nothing else: %s", async ([, use, reason]) => {
    const { verifier, chain } = await setUp();
    const permit = await verifier.mintPermit(chain, CALL);
    expect(await redeem(verifier, permit, use)).toBe(`ERR_TOKEN_INVALID ${reason}`);
  });

  test("a dry run's is no other", async () => {
    const { verifier, chain } = await setUp();
    const permit = await verifier.mintPermit(chain, { ...CALL, mode: "dry-run", approval: "a" });
    const task = await verifier.verify(permit, { ...EXPECTED, mode: "dry-run" });
    expect(task.approval).toBe("a");
  });

  test.for<readonly [string, object, string]>([
    ["another tool", { ...CALL, tool: "payments.payout" }, "tool-not-granted"],
    [
      "arguments beyond",
      { ...CALL, canonicalArguments: '{"amount":51,"order":"A1"}' },
      "arguments-not-granted",
    ],
    ["arguments that are no JSON", { ...CALL, canonicalArguments: "{" }, "arguments-not-granted"],
  ])("are not made for %s", async ([, call, reason]) => {
    const { verifier, chain } = await setUp();
    const outcome = await outcomeOf(() => verifier.mintPermit(chain, call as typeof CALL));
    expect(outcome).toBe(`ERR_TOKEN_INVALID ${reason}`);
  });

  test("are not made of a chain with a call token, nor of one that is over or for others", async () => {
    const { verifier, world, chain } = await setUp();
    const closed = await world.chain();
    expect(await outcomeOf(() => verifier.mintPermit(closed, CALL))).toContain("wrong-type");
    const elsewhere = createTaskTokenVerifier({
      backend: createNodeSignatureBackend(),
      keys: world.keys,
      replay: createPlainReplayStore(),
      audience: "urn:svc:other",
      clock: world.clock,
    });
    expect(await outcomeOf(() => elsewhere.mintPermit(chain, CALL))).toContain("wrong-audience");
    world.clock.advance(60_000);
    expect(await outcomeOf(() => verifier.mintPermit(chain, CALL))).toContain("expired");
  });

  test("are not made by a holder that may only pass the tool on", async () => {
    const { verifier, world } = await setUp();
    const payloads = { grant: set("delegate_only", [TOOL]) };
    const chain = await world.chain({ isShort: true, isOpen: true, payloads });
    expect(await outcomeOf(() => verifier.mintPermit(chain, CALL))).toContain("tool-not-granted");
  });

  test.for([4999, 5000])("live five seconds on a clock that nobody sets: %s ms", async (ms) => {
    const { verifier, world, chain } = await setUp();
    const permit = await verifier.mintPermit(chain, CALL);
    world.clock.advance(ms);
    world.clock.setWall(world.now * 1000);
    const expected = ms < 5000 ? "ok" : "ERR_TOKEN_EXPIRED expired";
    expect(await redeem(verifier, permit)).toBe(expected);
  });

  test("a permit that is verified and then waits is over as well", async () => {
    const { verifier, world, chain } = await setUp();
    const task = await verifier.verify(await verifier.mintPermit(chain, CALL), EXPECTED);
    await task.bindArguments(ARGS);
    world.clock.advance(5000);
    expect(await outcomeOf(() => task.consume())).toBe("ERR_TOKEN_EXPIRED expired");
  });

  test("an issuer's key that is withdrawn, and a right that is revoked, end it", async () => {
    const revocation = createMemoryRevocationView({ snapshot: NOTHING_REVOKED });
    const { verifier, world, chain } = await setUp({ revocation });
    const first = await verifier.mintPermit(chain, CALL);
    const second = await verifier.mintPermit(chain, CALL);
    revocation.revoke({ sub: "user:alice", disabled: true });
    expect(await redeem(verifier, first)).toBe("ERR_TOKEN_REVOKED subject-disabled");
    revocation.revoke({ sub: "user:alice", disabled: false });
    world.keys.replace([]);
    expect(await redeem(verifier, second)).toBe("ERR_TOKEN_INVALID unknown-key");
  });
});

describe("a chain without a call token", () => {
  test("is verified but authorises no call", async () => {
    const world = await createWorld();
    const verifier = world.verifier();
    const chain = await world.chain({ isOpen: true });
    expect(await verifier.verifyChain({ token: chain })).toMatchObject({
      session: "01a1f840-41cc-7e95-a9e7-59538bb39de0",
      principal: { agent: { id: "agent:refunder" } },
    });
    expect(await outcomeOf(() => verifier.verify(chain, EXPECTED))).toBe(
      "ERR_TOKEN_INVALID wrong-type",
    );
    const verified = await verifier.verifyChain(chain);
    expect(await outcomeOf(() => verifier.consume(verified as VerifiedTask))).toContain(
      "malformed",
    );
    expect(await outcomeOf(async () => verifier.verifyChain(await world.chain()))).toContain(
      "wrong-type",
    );
  });

  test("does not show what its holder may only pass on", async () => {
    const world = await createWorld();
    const tools = { [TOOL]: {}, search: {} };
    const grant = (payload: Record<string, unknown>) => ({
      ...payload,
      authorization_details: [{ type: "attenuating_agent_token", tools }],
      delegate_only: [TOOL],
    });
    const chain = await world.chain({ isShort: true, isOpen: true, payloads: { grant } });
    const { principal } = await world.verifier().verifyChain(chain);
    expect(principal.ceiling).toEqual([{ tool: "search" }]);
  });
});

const warm = async () => {
  const world = await createWorld();
  const backend = createNodeSignatureBackend();
  const verify = vi.fn<SignatureBackend["verify"]>((...call) => backend.verify(...call));
  const revocation = createMemoryRevocationView({
    snapshot: NOTHING_REVOKED,
    clock: world.clock,
  });
  const verifier = world.verifier({ backend: { ...backend, verify }, revocation });
  const chain = await world.chain();
  await verifier.verify(chain, EXPECTED);
  verify.mockClear();
  return { world, verifier, chain, verify, revocation };
};

const revocations = async (): Promise<readonly (readonly [RevocationEvent, string])[]> => [
  [{ jti: "01a1f840-41cc-7a5a-b1d7-dc783f71cdad" }, "token"],
  [{ jti: "01a1f840-41cd-7eea-9b63-d5da85e3f2ba" }, "token"],
  [{ jti: "01a1f840-41cd-716d-9b02-a8733b0fdace" }, "token"],
  [{ jkt: await thumbprint(KEYS.planner) }, "key"],
  [{ jkt: await thumbprint(KEYS.refunder) }, "key"],
  [{ actor: "agent:planner" }, "actor"],
  [{ actor: "agent:refunder" }, "actor"],
  [{ sub: "user:alice", disabled: true }, "subject-disabled"],
  [{ sub: "user:alice", notBefore: Number.NaN }, "subject-changed"],
  [{ sub: "user:alice", version: 8 }, "entitlements-changed"],
];

describe("with chains that were verified before", () => {
  test("only the call's own signature is verified", async () => {
    const { verifier, chain, verify } = await warm();
    expect(await present(verifier, chain)).toBe("ok");
    expect(verify).toHaveBeenCalledTimes(1);
    verifier.clearCache();
    await verifier.verify(chain, EXPECTED);
    expect(verify).toHaveBeenCalledTimes(4);
  });

  test("a call token is never taken for verified", async () => {
    const { verifier, chain, world } = await warm();
    expect(await present(verifier, chain)).toBe("ok");
    const forged = await world.chain({ signers: { call: KEYS.stranger } });
    expect(await present(verifier, forged)).toBe("ERR_TOKEN_INVALID signature");
    expect(await present(verifier, chain)).toBe("ERR_TOKEN_REPLAYED replayed");
  });

  test("a link whose signature alone differs is verified again", async () => {
    const { verifier, world } = await warm();
    const [grant = "", delegation = "", call = ""] = await world.build();
    const other = `${delegation.slice(0, delegation.lastIndexOf("."))}.${"A".repeat(86)}`;
    expect(await present(verifier, [grant, other, call])).toBe("ERR_TOKEN_INVALID signature");
  });

  test.for<readonly [string, string]>([
    ["withdrawn", "ERR_TOKEN_INVALID unknown-key"],
    ["replaced", "ERR_TOKEN_INVALID signature"],
    ["moved to another issuer", "ERR_TOKEN_INVALID wrong-issuer"],
    ["not to be found now", "ERR_TOKEN_UNAVAILABLE keys"],
  ])("an issuer's key that is %s", async ([how, expected]) => {
    const { verifier, chain, world } = await warm();
    const kid = await thumbprint(KEYS.issuer);
    const jwk = KEYS.issuer.publicJwk;
    if (how === "withdrawn") world.keys.replace([]);
    if (how === "replaced")
      world.keys.replace([{ kid, issuer: ISSUER, jwk: KEYS.stranger.publicJwk }]);
    if (how === "moved to another issuer")
      world.keys.replace([{ kid, issuer: "https://other", jwk }]);
    const down = world.verifier({ keys: { find: () => Promise.reject(new Error("down")) } });
    expect(await present(how === "not to be found now" ? down : verifier, chain)).toBe(expected);
  });

  test("an issuer's key that is down fails closed with a warm cache", async () => {
    const world = await createWorld();
    let isDown = false;
    const keys = {
      find: (kid: string) => (isDown ? Promise.reject(new Error("down")) : world.keys.find(kid)),
    };
    const verifier = world.verifier({ keys });
    const chain = await world.chain();
    await verifier.verify(chain, EXPECTED);
    isDown = true;
    expect(await present(verifier, chain)).toBe("ERR_TOKEN_UNAVAILABLE keys");
  });

  test("each kind of revocation takes effect at the next call, and between verification and use", async () => {
    for (const [event, reason] of await revocations()) {
      const { verifier, chain, revocation } = await warm();
      const task = await verifier.verify(chain, EXPECTED);
      await verifier.bindArguments(task, ARGS);
      revocation.revoke(event);
      expect(await outcomeOf(() => verifier.consume(task))).toBe(`ERR_TOKEN_REVOKED ${reason}`);
      expect(await present(verifier, chain)).toBe(`ERR_TOKEN_REVOKED ${reason}`);
    }
  });

  test.for<readonly [string, RevocationEvent]>([
    ["another person", { sub: "user:bob", disabled: true }],
    ["another agent", { actor: "agent:other" }],
    ["another key", { jkt: "x" }],
    ["another token", { jti: "x" }],
    ["the version that the grant is of", { sub: "user:alice", version: 7 }],
    ["an earlier sign-in", { sub: "user:alice", notBefore: 1 }],
  ])("%s changes nothing", async ([, event]) => {
    const { verifier, chain, revocation } = await warm();
    revocation.revoke(event);
    expect(await present(verifier, chain)).toBe("ok");
  });

  test.for<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("down");
      },
    ],
    ["rejects", () => Promise.reject(new Error("down"))],
  ])("a view that %s refuses", async ([, check]) => {
    const world = await createWorld();
    const verifier = world.verifier({ revocation: { check: check as () => undefined } });
    expect(await present(verifier, await world.chain())).toBe("ERR_TOKEN_UNAVAILABLE revocation");
  });

  test("a view that is slow refuses", async () => {
    const world = await createWorld();
    const never = new Promise<never>(() => undefined);
    const outcome = present(
      world.verifier({ revocation: { check: () => never } }),
      await world.chain(),
    );
    await vi.waitFor(() => expect(world.clock.scheduled).toBe(1));
    world.clock.advance(250);
    expect(await outcome).toBe("ERR_TOKEN_UNAVAILABLE revocation");
  });
});

describe("the revocation view", () => {
  const query = {
    subject: "user:alice",
    issuedAt: 1000,
    tokenIds: ["jti"],
    actors: ["agent"],
    keyThumbprints: ["key"],
    risk: "high",
  } as const;

  test("refuses what was issued before it began, unless it knows what was before", () => {
    const clock = createFakeClock(5_000_000);
    const cold = createMemoryRevocationView({ clock });
    expect(cold.check({ ...query, issuedAt: 5000 }, 5000)).toBe("subject-changed");
    expect(cold.check({ ...query, issuedAt: 5001 }, 5001)).toBeUndefined();
    const restored = createMemoryRevocationView({ clock, snapshot: NOTHING_REVOKED });
    expect(restored.check(query, 5000)).toBeUndefined();
  });

  test("hands all it knows to the next one", () => {
    const clock = createFakeClock();
    const view = createMemoryRevocationView({ clock, snapshot: NOTHING_REVOKED });
    const events: readonly (readonly [RevocationEvent, object, string])[] = [
      [{ jti: "t2" }, { tokenIds: ["t1", "t2"] }, "token"],
      [{ jkt: "k2" }, { keyThumbprints: ["k1", "k2"] }, "key"],
      [{ actor: "a2" }, { actors: ["a1", "a2"] }, "actor"],
      [{ sub: "s2", disabled: true }, { subject: "s2" }, "subject-disabled"],
      [{ sub: "s3", notBefore: 1000 }, { subject: "s3" }, "subject-changed"],
      [{ sub: "s4", version: 2 }, { subject: "s4", subjectVersion: 1 }, "entitlements-changed"],
      [{ sub: "s5", version: 2 }, { subject: "s5" }, "entitlements-changed"],
    ];
    for (const [event] of events) view.revoke(event);
    const json = JSON.parse(JSON.stringify(view.snapshot()));
    const next = createMemoryRevocationView({ clock, snapshot: json });
    for (const [, change, reason] of events) {
      expect(next.check({ ...query, ...change }, 1000)).toBe(reason);
    }
    expect(next.check(query, 1000)).toBeUndefined();
  });

  test("nothing that came later is taken back by what came earlier", () => {
    const view = createMemoryRevocationView({ snapshot: NOTHING_REVOKED });
    view.revoke({ sub: "user:alice", notBefore: 1000 });
    view.revoke({ sub: "user:alice", notBefore: 1 });
    expect(view.check(query, 1)).toBe("subject-changed");
    view.revoke({ sub: "user:bob", version: 3 });
    view.revoke({ sub: "user:bob", version: 1 });
    expect(view.check({ ...query, subject: "user:bob", subjectVersion: 2 }, 1)).toBe(
      "entitlements-changed",
    );
    expect(view.check({ ...query, subject: "user:bob", subjectVersion: 3 }, 1)).toBeUndefined();
  });

  test("what is lifted holds again, and nothing else", () => {
    const view = createMemoryRevocationView({ snapshot: NOTHING_REVOKED });
    view.revoke({ actor: "agent" });
    view.revoke({ jkt: "key" });
    view.revoke({ sub: "user:alice", disabled: true });
    view.revoke({ actor: "agent", disabled: false });
    expect(view.check(query, 1)).toBe("key");
    view.revoke({ jkt: "key", revoked: false });
    expect(view.check(query, 1)).toBe("subject-disabled");
    view.revoke({ sub: "user:alice", disabled: false });
    expect(view.check(query, 1)).toBeUndefined();
  });

  test("a source that is silent for too long stops every tool that does not only read", () => {
    const clock = createFakeClock();
    const view = createMemoryRevocationView({
      clock,
      snapshot: NOTHING_REVOKED,
      maxSilenceSeconds: 120,
    });
    clock.advance(120_000);
    expect(view.check(query, 1)).toBeUndefined();
    clock.advance(1);
    expect(view.check(query, 1)).toBe("signals-silent");
    expect(view.check({ ...query, risk: "normal" }, 1)).toBeUndefined();
    view.noteAlive();
    expect(view.check(query, 1)).toBeUndefined();
    clock.advance(120_001);
    view.revoke({ jti: "other" });
    expect(view.check(query, 1)).toBeUndefined();
    expect(() => createMemoryRevocationView({ maxSilenceSeconds: 0 })).toThrow("maxSilenceSeconds");
  });

  test("a revoked token is forgotten when it cannot be shown any more", () => {
    const clock = createFakeClock();
    const view = createMemoryRevocationView({ clock, snapshot: NOTHING_REVOKED });
    view.revoke({ jti: "jti" });
    clock.advance(901_000);
    view.revoke({ jti: "other" });
    expect(view.check(query, 1)).toBe("token");
    clock.advance(3000);
    view.revoke({ jti: "third" });
    expect(view.snapshot().tokens.map(([jti]) => jti)).toEqual(["other", "third"]);
  });
});

test("memory stays flat over many chains", async () => {
  const world = await createWorld();
  const verifier = world.verifier({ cacheEntries: 4 });
  for (let index = 0; index < 50; index += 1) {
    const payloads = { grant: set("purpose", `p${index}`) };
    const chain = await world.chain({ payloads });
    expect(await outcomeOf(() => verifier.verify(chain, EXPECTED))).toBe("ok");
  }
});

test("an audience is exact", async () => {
  const world = await createWorld();
  for (const audience of [`${AUDIENCE}/`, AUDIENCE.toUpperCase(), "urn:svc"]) {
    const chain = await world.chain();
    expect(await present(world.verifier({ audience }), chain)).toMatch(/^ERR_TOKEN_AUDIENCE/);
  }
  expect(capability({})).toHaveLength(1);
});
