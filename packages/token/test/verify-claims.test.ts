import { describe, expect, test } from "vitest";
import { CLAIMS } from "../src/index.ts";
import { createJoseSignatureBackend } from "../src/jose.ts";
import { createNodeSignatureBackend } from "../src/node.ts";
import type { Place } from "./support/forge.ts";
import {
  ARGS,
  capability,
  createWorld,
  EXPECTED,
  KEYS,
  outcomeOf,
  present,
  set,
  sha256,
  thumbprint,
  TOOL,
} from "./support/forge.ts";
import { THUMBPRINT_URI } from "../src/index.ts";

const BACKENDS = [
  ["node", createNodeSignatureBackend()],
  ["jose", createJoseSignatureBackend()],
] as const;
const PLACES = ["grant", "delegation", "call"] as const;
const ALL_CLAIMS = [...new Set(PLACES.flatMap((place) => Object.keys(CLAIMS[place])))];

/** Values of the wrong type or shape; what a claim takes is left out below. */
const WRONG: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e21,
  "",
  "x".repeat(9000),
  [],
  [null],
  [1],
  [""],
  {},
  { sub: "" },
  { sub: 1 },
  { sub: "agent:x", extra: 1 },
  { jwk: {} },
];
/** Members of the list that are right for a claim after all, or that another check is for. */
const RIGHT: Readonly<Record<string, readonly unknown[]>> = {
  dry_run: [true],
  sub_ver: [0],
  iat: [0],
  exp: [0],
  del_depth: [0],
  del_max_depth: [0],
};
/** A value of the right type for a claim that is forbidden at some place. */
const TYPED: Readonly<Record<string, unknown>> = {
  sub: "user:alice",
  sub_ver: 7,
  txn: "01a1f840-41cc-7e95-a9e7-59538bb39de0",
  act: { sub: "agent:planner" },
  may_act: { sub: "agent:refunder" },
  origin_act: { sub: "agent:planner" },
  cnf: { jwk: KEYS.planner.publicJwk },
  del_depth: 0,
  del_max_depth: 2,
  par_hash: sha256("x"),
  authorization_details: capability({}),
  delegate_only: [TOOL],
  policy: { name: "payments", min_serial: 1 },
  purpose: "refund A1",
  request_s256: sha256('["refund A1"]'),
  aat_id: "01a1f840-41cd-7eea-9b63-d5da85e3f2ba",
  aat_tool: TOOL,
  args_s256: sha256(ARGS),
  approval: sha256("approval"),
  dry_run: true,
};

describe.for(BACKENDS)("with the %s backend", ([, backend]) => {
  test("the good chain is taken, in text and JSON form, once", async () => {
    const world = await createWorld(KEYS, backend);
    const verifier = world.verifier();
    expect(await present(verifier, await world.build())).toBe("ok");
    expect(await present(verifier, await world.chain())).toBe("ERR_TOKEN_REPLAYED replayed");
  });

  const generated = PLACES.flatMap((place) =>
    ALL_CLAIMS.flatMap((claim) => {
      const presence = Object.hasOwn(CLAIMS[place], claim) ? CLAIMS[place][claim] : "forbidden";
      if (presence === "forbidden") return [{ place, claim, value: TYPED[claim] }];
      const right = RIGHT[claim] ?? [];
      const wrong = WRONG.filter((value) => !right.includes(value));
      return (presence === "required" ? [undefined, ...wrong] : wrong).map((value) => ({
        place,
        claim,
        value,
      }));
    }),
  );

  test("enough cases are generated", () => {
    expect(generated.length).toBeGreaterThan(400);
  });

  test.for(PLACES)("%s: one claim missing, of the wrong shape or out of place", async (place) => {
    const world = await createWorld(KEYS, backend);
    const verifier = world.verifier();
    const taken: unknown[] = [];
    for (const { claim, value } of generated.filter((each) => each.place === place)) {
      const chain = await world.chain({ payloads: { [place]: set(claim, value) } });
      const outcome = await present(verifier, chain);
      if (!/^ERR_TOKEN_(INVALID|AUDIENCE|EXPIRED) /.test(outcome))
        taken.push([claim, value, outcome]);
    }
    expect(taken).toEqual([]);
  });

  test.for(PLACES)("%s: a claim that nobody knows", async (place) => {
    const world = await createWorld(KEYS, backend);
    for (const claim of ["nbf", "scope", "roles", "Sub", "x"]) {
      const chain = await world.chain({ payloads: { [place]: set(claim, 1) } });
      expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID claims");
    }
  });

  // Every one is validly signed, and wrong in this claim alone.
  test.for<readonly [Place, string, (now: number) => unknown, string]>([
    ["grant", "iss", () => "https://other.example", "ERR_TOKEN_INVALID wrong-issuer"],
    ["grant", "sub", () => "user:mallory", "ERR_TOKEN_INVALID context-changed"],
    ["grant", "aud", () => ["urn:svc:ledger"], "ERR_DELEGATION_WIDENED audience-widened"],
    ["grant", "aud", () => ["urn:svc:payments", "urn:svc:payments"], "ERR_TOKEN_INVALID claims"],
    [
      "grant",
      "aud",
      () => Array.from({ length: 9 }, (_, i) => `urn:${i}`),
      "ERR_TOKEN_INVALID claims",
    ],
    ["grant", "aud", () => "urn:svc:payments", "ERR_TOKEN_INVALID claims"],
    ["grant", "txn", () => "another task", "ERR_TOKEN_INVALID context-changed"],
    ["grant", "jti", () => "too-short-an-id", "ERR_TOKEN_INVALID claims"],
    ["grant", "jti", () => "j".repeat(129), "ERR_TOKEN_INVALID claims"],
    [
      "grant",
      "jti",
      () => "01a1f840-41cd-7eea-9b63-d5da85e3f2ba",
      "ERR_TOKEN_INVALID duplicate-id",
    ],
    [
      "grant",
      "jti",
      () => "01a1f840-41cd-716d-9b02-a8733b0fdace",
      "ERR_TOKEN_INVALID duplicate-id",
    ],
    ["grant", "iat", (now) => now + 1000, "ERR_TOKEN_EXPIRED lifetime"],
    ["grant", "iat", (now) => now - 611, "ERR_TOKEN_EXPIRED lifetime"],
    ["grant", "iat", (now) => now - 4, "ERR_DELEGATION_WIDENED lifetime-widened"],
    ["grant", "exp", (now) => now + 891, "ERR_TOKEN_EXPIRED lifetime"],
    ["grant", "exp", (now) => now + 54, "ERR_DELEGATION_WIDENED lifetime-widened"],
    ["grant", "act", () => ({ sub: "agent:other" }), "ERR_TOKEN_INVALID actor-chain"],
    [
      "grant",
      "act",
      () => ({ sub: "agent:planner", act: { sub: "agent:x" } }),
      "ERR_TOKEN_INVALID root",
    ],
    ["grant", "may_act", () => ({ sub: "agent:other" }), "ERR_TOKEN_INVALID may-act"],
    ["grant", "cnf", () => ({ jwk: KEYS.stranger.publicJwk }), "ERR_TOKEN_INVALID signature"],
    [
      "grant",
      "cnf",
      () => ({ jwk: KEYS.planner.publicJwk, kid: "x" }),
      "ERR_TOKEN_INVALID confirmation-key",
    ],
    ["grant", "del_depth", () => 1, "ERR_TOKEN_INVALID root"],
    ["grant", "del_max_depth", () => 0, "ERR_DELEGATION_TOO_DEEP depth"],
    ["grant", "del_max_depth", () => 1, "ERR_DELEGATION_TOO_DEEP depth"],
    ["grant", "del_max_depth", () => 9, "ERR_TOKEN_INVALID claims"],
    [
      "grant",
      "authorization_details",
      () => capability({}, "other.tool"),
      "ERR_DELEGATION_WIDENED tool-added",
    ],
    [
      "grant",
      "authorization_details",
      () => capability({ amount: { constraint_type: "wildcard" } }),
      "ERR_DELEGATION_WIDENED argument-keys",
    ],
    [
      "grant",
      "authorization_details",
      () =>
        capability({
          amount: { constraint_type: "range", min: 0, max: 49 },
          order: { constraint_type: "wildcard" },
        }),
      "ERR_DELEGATION_WIDENED constraint-widened",
    ],
    [
      "grant",
      "authorization_details",
      () => [{ type: "other", tools: {} }],
      "ERR_TOKEN_INVALID claims",
    ],
    [
      "grant",
      "authorization_details",
      () => [{ type: "attenuating_agent_token", tools: {}, x: 1 }],
      "ERR_TOKEN_INVALID claims",
    ],
    [
      "grant",
      "authorization_details",
      () => [{ type: "attenuating_agent_token", tools: { [TOOL]: [] } }],
      "ERR_TOKEN_INVALID constraint",
    ],
    ["grant", "delegate_only", () => ["other.tool"], "ERR_TOKEN_INVALID claims"],
    ["grant", "delegate_only", () => [TOOL, TOOL], "ERR_TOKEN_INVALID claims"],
    [
      "grant",
      "policy",
      () => ({ name: "payments", min_serial: 41 }),
      "ERR_TOKEN_INVALID wrong-bundle",
    ],
    ["grant", "policy", () => ({ name: "payments", min_serial: -1 }), "ERR_TOKEN_INVALID claims"],
    [
      "grant",
      "policy",
      () => ({ name: "payments", min_serial: 1, x: 1 }),
      "ERR_TOKEN_INVALID claims",
    ],
    [
      "grant",
      "policy",
      () => ({ name: "payments", min_serial: 1, digest: 1 }),
      "ERR_TOKEN_INVALID claims",
    ],
    ["grant", "purpose", () => "p".repeat(257), "ERR_TOKEN_INVALID claims"],
    ["grant", "request_s256", () => sha256("other words"), "ERR_TOKEN_INVALID wrong-request"],
    ["delegation", "iss", () => "https://tokens.example", "ERR_TOKEN_INVALID wrong-delegator"],
    ["delegation", "sub", () => "user:mallory", "ERR_TOKEN_INVALID context-changed"],
    [
      "delegation",
      "aud",
      () => ["urn:svc:payments", "urn:svc:new"],
      "ERR_DELEGATION_WIDENED audience-widened",
    ],
    ["delegation", "aud", () => ["urn:svc:ledger"], "ERR_TOKEN_AUDIENCE wrong-audience"],
    ["delegation", "txn", () => "another task", "ERR_TOKEN_INVALID context-changed"],
    [
      "delegation",
      "jti",
      () => "01a1f840-41cc-7a5a-b1d7-dc783f71cdad",
      "ERR_TOKEN_INVALID duplicate-id",
    ],
    ["delegation", "jti", () => "another-id-of-a-delegation", "ERR_TOKEN_INVALID broken-link"],
    ["delegation", "iat", (now) => now - 11, "ERR_DELEGATION_WIDENED lifetime-widened"],
    ["delegation", "iat", (now) => now + 1, "ERR_DELEGATION_WIDENED lifetime-widened"],
    ["delegation", "exp", (now) => now + 291, "ERR_DELEGATION_WIDENED lifetime-widened"],
    ["delegation", "exp", (now) => now - 5, "ERR_TOKEN_EXPIRED lifetime"],
    ["delegation", "exp", (now) => now - 4, "ERR_DELEGATION_WIDENED lifetime-widened"],
    ["delegation", "act", () => ({ sub: "agent:refunder" }), "ERR_TOKEN_INVALID actor-chain"],
    [
      "delegation",
      "act",
      () => ({ sub: "agent:refunder", act: { sub: "agent:forged" } }),
      "ERR_TOKEN_INVALID actor-chain",
    ],
    [
      "delegation",
      "act",
      () => ({ sub: "agent:refunder", act: { sub: "agent:planner", act: { sub: "x" } } }),
      "ERR_TOKEN_INVALID actor-chain",
    ],
    ["delegation", "cnf", () => ({ jwk: KEYS.stranger.publicJwk }), "ERR_TOKEN_INVALID signature"],
    ["delegation", "del_depth", () => 0, "ERR_DELEGATION_TOO_DEEP depth"],
    ["delegation", "del_depth", () => 2, "ERR_DELEGATION_TOO_DEEP depth"],
    ["delegation", "del_max_depth", () => 0, "ERR_DELEGATION_TOO_DEEP depth"],
    ["delegation", "del_max_depth", () => 3, "ERR_DELEGATION_TOO_DEEP depth"],
    ["delegation", "par_hash", () => sha256("other"), "ERR_TOKEN_INVALID broken-link"],
    [
      "delegation",
      "authorization_details",
      () => capability({}),
      "ERR_DELEGATION_WIDENED argument-keys",
    ],
    [
      "delegation",
      "authorization_details",
      () => capability({}, "other.tool"),
      "ERR_DELEGATION_WIDENED tool-added",
    ],
    ["delegation", "delegate_only", () => [TOOL], "ERR_TOKEN_INVALID tool-not-granted"],
    ["call", "iss", () => `${THUMBPRINT_URI}${sha256("x")}`, "ERR_TOKEN_INVALID wrong-delegator"],
    ["call", "aud", () => "urn:svc:ledger", "ERR_TOKEN_AUDIENCE wrong-audience"],
    ["call", "aud", () => ["urn:svc:payments"], "ERR_TOKEN_INVALID claims"],
    ["call", "jti", () => "short", "ERR_TOKEN_INVALID claims"],
    ["call", "jti", () => "01a1f840-41cc-7a5a-b1d7-dc783f71cdad", "ERR_TOKEN_INVALID duplicate-id"],
    ["call", "iat", (now) => now - 1, "ERR_TOKEN_EXPIRED lifetime"],
    ["call", "iat", (now) => now + 3, "ERR_TOKEN_EXPIRED issued-in-future"],
    ["call", "iat", (now) => now + 5, "ERR_TOKEN_EXPIRED lifetime"],
    ["call", "exp", (now) => now + 6, "ERR_TOKEN_EXPIRED lifetime"],
    ["call", "exp", (now) => now, "ERR_TOKEN_EXPIRED lifetime"],
    ["call", "par_hash", () => sha256("other"), "ERR_TOKEN_INVALID broken-link"],
    [
      "call",
      "aat_id",
      () => "01a1f840-41cc-7a5a-b1d7-dc783f71cdad",
      "ERR_TOKEN_INVALID broken-link",
    ],
    ["call", "aat_tool", () => "payments.payout", "ERR_TOKEN_INVALID wrong-tool"],
    ["call", "args_s256", () => sha256("{}"), "ERR_TOKEN_INVALID wrong-arguments"],
    ["call", "args_s256", () => `${sha256("{}").slice(0, 42)}_`, "ERR_TOKEN_INVALID claims"],
    ["call", "dry_run", () => true, "ERR_TOKEN_INVALID wrong-mode"],
    ["call", "approval", () => "a".repeat(257), "ERR_TOKEN_INVALID claims"],
  ])("%s with another %s", async ([place, claim, value, expected]) => {
    const world = await createWorld(KEYS, backend);
    const chain = await world.chain({ payloads: { [place]: set(claim, value(world.now)) } });
    expect(await present(world.verifier(), chain)).toBe(expected);
  });

  test("a call outside the life of its link", async () => {
    const world = await createWorld(KEYS, backend);
    const early = {
      payloads: { delegation: set("iat", world.now + 1), call: set("exp", world.now + 4) },
    };
    expect(await present(world.verifier(), await world.chain(early))).toBe(
      "ERR_DELEGATION_WIDENED lifetime-widened",
    );
    const late = { payloads: { delegation: set("exp", world.now + 4) } };
    expect(await present(world.verifier(), await world.chain(late))).toBe(
      "ERR_DELEGATION_WIDENED lifetime-widened",
    );
  });

  test.for(PLACES)("%s signed by somebody else", async (place) => {
    const world = await createWorld(KEYS, backend);
    const chain = await world.chain({ signers: { [place]: KEYS.stranger } });
    expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID signature");
  });

  test("optional claims are taken where they are right", async () => {
    const world = await createWorld(KEYS, backend);
    const request = ["refund A1"];
    const grant = (payload: Record<string, unknown>) => ({
      ...payload,
      may_act: { sub: "agent:refunder" },
      origin_act: { sub: "agent:desktop" },
      policy: { name: "payments", min_serial: 41, digest: "d" },
      purpose: "refund A1",
      request_s256: sha256(JSON.stringify(request)),
      delegate_only: [TOOL],
    });
    const chain = await world.chain({ payloads: { grant, call: set("approval", sha256("a")) } });
    const bundle = { name: "payments", serial: 41, digest: "d" };
    const expected = { ...EXPECTED, request, bundle };
    expect(await present(world.verifier(), chain, expected)).toBe("ok");
    const verifier = world.verifier();
    for (const wrong of [
      { ...expected, request: ["refund A2"] },
      { ...EXPECTED, bundle },
      { ...EXPECTED, request },
      { ...expected, bundle: { ...bundle, serial: 40 } },
      { ...expected, bundle: { ...bundle, name: "other" } },
      { ...expected, bundle: { ...bundle, digest: "e" } },
    ]) {
      expect(await present(verifier, chain, wrong)).toMatch(/wrong-(request|bundle)$/);
    }
    expect(await present(verifier, chain, expected)).toBe("ok");
  });

  test("a holder that may only pass a tool on cannot use it itself", async () => {
    const world = await createWorld(KEYS, backend);
    const chain = await world.chain({
      isShort: true,
      payloads: { grant: set("delegate_only", [TOOL]) },
    });
    expect(await present(world.verifier(), chain)).toBe("ERR_TOKEN_INVALID tool-not-granted");
    const delegated = await world.chain({ payloads: { grant: set("delegate_only", [TOOL]) } });
    expect(await present(world.verifier(), delegated)).toBe("ok");
  });

  test("a dry run is taken only as one", async () => {
    const world = await createWorld(KEYS, backend);
    const chain = await world.chain({ payloads: { call: set("dry_run", true) } });
    expect(await present(world.verifier(), chain, { ...EXPECTED, mode: "dry-run" })).toBe("ok");
    expect(
      await present(world.verifier(), await world.chain(), { ...EXPECTED, mode: "dry-run" }),
    ).toBe("ERR_TOKEN_INVALID wrong-mode");
  });

  test("says who acts, for whom, in which task and within what", async () => {
    const world = await createWorld(KEYS, backend);
    const task = await world.verifier().verify(await world.chain(), EXPECTED);
    expect(task).toMatchObject({
      subject: "user:alice",
      session: "01a1f840-41cc-7e95-a9e7-59538bb39de0",
      actors: ["agent:refunder", "agent:planner"],
      principal: {
        agent: { id: "agent:refunder", roles: [] },
        user: { id: "user:alice", roles: [] },
        chain: [{ id: "agent:refunder" }, { id: "agent:planner" }],
        ceiling: [
          {
            tool: TOOL,
            args: {
              amount: { type: "range", min: 0, max: 50 },
              order: { type: "exact", value: "A1" },
            },
          },
        ],
      },
      delegation: [
        {
          actor: "agent:refunder",
          confirmed: false,
          keyThumbprint: await thumbprint(KEYS.refunder),
        },
        { actor: "agent:planner", confirmed: true },
      ],
    });
  });

  test("a name below the grant is confirmed by a known key alone", async () => {
    const world = await createWorld(KEYS, backend);
    const known = await thumbprint(KEYS.refunder);
    const find = async (): Promise<readonly string[]> => [known];
    const confirmed = world.verifier({ actorKeys: { find } });
    const other = world.verifier({ actorKeys: { find: async () => ["other"] } });
    const failing = world.verifier({
      actorKeys: { find: () => Promise.reject(new Error("down")) },
    });
    const chain = await world.chain();
    const first = async (verifier: typeof confirmed) =>
      (await verifier.verify(chain, EXPECTED)).delegation?.[0]?.confirmed;
    expect([await first(confirmed), await first(other), await first(failing)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

test("what is refused says nothing of the token", async () => {
  const world = await createWorld();
  const chain = await world.chain({ signers: { call: KEYS.stranger } });
  const claims = await world.chain({ payloads: { call: set("aat_tool", "payments.payout") } });
  const messages = await Promise.all(
    [chain, claims].map((each) =>
      world
        .verifier()
        .verify(each, EXPECTED)
        .catch((error: Error) => error.message),
    ),
  );
  expect(new Set(messages).size).toBe(1);
  expect(await outcomeOf(() => world.verifier().verify(chain, EXPECTED))).toContain("signature");
});
