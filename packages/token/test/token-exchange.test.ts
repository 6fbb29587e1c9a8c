import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMemoryReplayStore } from "@portcullis/core";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { CryptoKey } from "jose";
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createFakeClock } from "../../core/test/support/fake-clock.ts";
import { createStaticKeySet, createTaskTokenVerifier } from "../src/index.ts";
import { createJwksKeySet, createJwksSource, createTokenExchangeHandler } from "../src/jose.ts";
import type { CeilingRequest, TokenExchangeOptions } from "../src/jose.ts";
import { createNodeSignatureBackend, generateHolderKey } from "../src/node.ts";
import {
  AUDIENCE,
  createPlainReplayStore,
  ISSUER,
  KEYS,
  outcomeOf,
  sha256,
  thumbprint,
  TOOL,
} from "./support/forge.ts";

const LOGIN = "https://login.example";
const WORKLOADS = "https://workloads.example";
const ENDPOINT = "https://tokens.example/token";
const RANGE = { amount: { constraint_type: "range", min: 0, max: 50 } };
const CEILING = { [TOOL]: { amount: { constraint_type: "range", min: 0, max: 500 } }, search: {} };

const login = await generateKeyPair("RS256", { extractable: true });
const workload = await generateKeyPair("ES256", { extractable: true });
const stranger = await generateKeyPair("RS256", { extractable: true });
const jwks = async (key: CryptoKey, kid: string, alg: string) => ({
  keys: [{ ...(await exportJWK(key)), kid, alg, use: "sig" }],
});
const served: Readonly<Record<string, object>> = {
  [LOGIN]: await jwks(login.publicKey, "l1", "RS256"),
  [WORKLOADS]: await jwks(workload.publicKey, "w1", "ES256"),
};
let fetches = 0;
const server = setupServer(
  ...[LOGIN, WORKLOADS].map((origin) =>
    http.get(`${origin}/jwks`, () => {
      fetches += 1;
      return HttpResponse.json(served[origin] ?? {});
    }),
  ),
);
beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
beforeEach(() => server.resetHandlers());
afterAll(() => server.close());

type Claims = Record<string, unknown>;

async function setUp(options: Partial<TokenExchangeOptions> = {}) {
  const clock = createFakeClock();
  const now = Math.floor(clock.now() / 1000);
  const asked: CeilingRequest[] = [];
  const refusals: string[] = [];
  const source = (origin: string) => createJwksSource({ url: `${origin}/jwks`, clock });
  const handle = createTokenExchangeHandler({
    issuer: { url: ISSUER, key: KEYS.issuer },
    audience: ENDPOINT,
    subjectIssuers: [{ issuer: LOGIN, algorithms: ["RS256"], keys: source(LOGIN) }],
    actorIssuers: [{ issuer: WORKLOADS, algorithms: ["ES256"], keys: source(WORKLOADS) }],
    targets: [AUDIENCE, "urn:svc:ledger"],
    findSubject: () => ({ isActive: true, version: 7 }),
    ceiling: (request) => {
      asked.push(request);
      return { tools: CEILING, requiredScopes: ["refunds"], ttlSeconds: 300, maxDepth: 2 };
    },
    replay: createPlainReplayStore(),
    clock,
    onRefusal: ({ error, reason }) => refusals.push(`${error} ${reason}`),
    ...options,
  });
  const sign = (
    claims: Claims,
    { key, alg, kid, typ }: { key: CryptoKey; alg: string; kid?: string; typ: string },
    header: object = {},
  ) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, typ, ...(kid === undefined ? {} : { kid }), ...header })
      .sign(key);
  const subjectClaims: Claims = {
    iss: LOGIN,
    aud: ENDPOINT,
    sub: "user:alice",
    scope: "openid refunds",
    jti: "subject-1",
    iat: now - 5,
    exp: now + 600,
    txn: "task-1",
  };
  const actorClaims: Claims = {
    iss: WORKLOADS,
    aud: ENDPOINT,
    sub: "agent:planner",
    jti: "actor-1",
    iat: now,
    exp: now + 60,
    cnf: { jkt: await thumbprint(KEYS.planner) },
  };
  const subjectToken = (changes: Claims = {}, header: object = {}) =>
    sign(
      { ...subjectClaims, ...changes },
      { key: login.privateKey, alg: "RS256", kid: "l1", typ: "at+jwt" },
      header,
    );
  const actorToken = (changes: Claims = {}, header: object = {}) =>
    sign(
      { ...actorClaims, ...changes },
      { key: workload.privateKey, alg: "ES256", kid: "w1", typ: "actor+jwt" },
      header,
    );
  const form = async (changes: Record<string, string | readonly string[] | undefined> = {}) => {
    const parameters: Record<string, string | readonly string[] | undefined> = {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: await subjectToken(),
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      actor_token: await actorToken(),
      actor_token_type: "urn:ietf:params:oauth:token-type:jwt",
      audience: AUDIENCE,
      authorization_details: JSON.stringify([
        { type: "attenuating_agent_token", tools: { [TOOL]: RANGE } },
      ]),
      req_cnf: JSON.stringify({ jwk: KEYS.planner.publicJwk }),
      ...changes,
    };
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(parameters)) {
      for (const each of value === undefined ? [] : [value].flat()) body.append(name, each);
    }
    return body;
  };
  const post = async (changes: Parameters<typeof form>[0] = {}, init: RequestInit = {}) => {
    const body = await form(changes);
    const response = await handle(new Request(ENDPOINT, { method: "POST", body, ...init }));
    const json = (await response.json()) as Claims;
    return { response, json, error: json["error"], reason: refusals.at(-1) };
  };
  return {
    clock,
    now,
    handle,
    post,
    form,
    subjectToken,
    actorToken,
    sign,
    asked,
    refusals,
    subjectClaims,
  };
}

const claimsOf = (token: unknown): Claims =>
  JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString("utf8"));

describe("a good exchange", () => {
  test("gives a grant that names person, agent, key and ceiling, and that verifies", async () => {
    const { post, clock, now, asked } = await setUp();
    const { response, json } = await post({ purpose: "refund A1", request_s256: sha256("x") });
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(json).toMatchObject({
      issued_token_type: "urn:portcullis:params:oauth:token-type:task-grant",
      token_type: "N_A",
      expires_in: 300,
      authorization_details: [{ type: "attenuating_agent_token", tools: { [TOOL]: RANGE } }],
    });
    expect(json).not.toHaveProperty("refresh_token");
    expect(claimsOf(json["access_token"])).toMatchObject({
      iss: ISSUER,
      sub: "user:alice",
      sub_ver: 7,
      act: { sub: "agent:planner" },
      txn: "task-1",
      aud: [AUDIENCE],
      exp: now + 300,
      cnf: { jwk: KEYS.planner.publicJwk },
      purpose: "refund A1",
      request_s256: sha256("x"),
    });
    expect(asked).toEqual([
      { subject: "user:alice", actor: "agent:planner", audience: [AUDIENCE], purpose: "refund A1" },
    ]);
    const kid = await thumbprint(KEYS.issuer);
    const verifier = createTaskTokenVerifier({
      backend: createNodeSignatureBackend(),
      keys: createStaticKeySet([{ kid, issuer: ISSUER, jwk: KEYS.issuer.publicJwk }]),
      replay: createMemoryReplayStore({ clock }),
      audience: AUDIENCE,
      clock,
    });
    const grant = String(json["access_token"]);
    expect(await outcomeOf(() => verifier.verifyChain(grant))).toContain("wrong-request");
  });

  test("never outlives the subject token", async () => {
    const { post, subjectToken, now } = await setUp();
    const { json } = await post({ subject_token: await subjectToken({ exp: now + 42 }) });
    expect([json["expires_in"], claimsOf(json["access_token"])["exp"]]).toEqual([42, now + 42]);
  });

  test("takes several audiences, and a task of the decision or a fresh one", async () => {
    const { post, subjectToken } = await setUp();
    const token = await subjectToken({ txn: undefined });
    const { json } = await post({
      subject_token: token,
      audience: [AUDIENCE, "urn:svc:ledger"],
      txn: "mine",
    });
    const claims = claimsOf(json["access_token"]);
    expect(claims["aud"]).toEqual([AUDIENCE, "urn:svc:ledger"]);
    expect(claims["txn"]).toMatch(/^[\da-f-]{36}$/);
  });

  test("keeps who acted before, where the subject token names who is next", async () => {
    const { post, subjectToken } = await setUp();
    const act = { sub: "agent:desktop", iss: LOGIN, act: { sub: "agent:phone" } };
    const token = await subjectToken({ act, may_act: { sub: "agent:planner" } });
    const { json } = await post({ subject_token: token });
    expect(claimsOf(json["access_token"])["origin_act"]).toEqual({
      sub: "agent:desktop",
      act: { sub: "agent:phone" },
    });
  });

  test("marks what the agent may only pass on", async () => {
    const { post } = await setUp({
      ceiling: () => ({
        tools: CEILING,
        requiredScopes: [],
        ttlSeconds: 60,
        maxDepth: 1,
        txn: "task-9",
        delegateOnly: [TOOL, "search"],
        policy: { name: "payments", minSerial: 4 },
      }),
    });
    const { json } = await post();
    expect(claimsOf(json["access_token"])).toMatchObject({
      delegate_only: [TOOL],
      txn: "task-1",
      policy: { name: "payments", min_serial: 4 },
      del_max_depth: 1,
    });
  });

  test("of fifty with one actor token exactly one wins", async () => {
    const { handle, form } = await setUp();
    const body = (await form()).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const responses = await Promise.all(
      Array.from({ length: 50 }, () =>
        handle(new Request(ENDPOINT, { method: "POST", body, headers })),
      ),
    );
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

type World = Awaited<ReturnType<typeof setUp>>;
type Change = (world: World) => Promise<Record<string, string | readonly string[] | undefined>>;
const withSubject =
  (claims: (world: World) => Claims, header: object = {}): Change =>
  async (world) => ({
    subject_token: await world.subjectToken(claims(world), header),
  });
const withActor =
  (claims: (world: World) => Claims, header: object = {}): Change =>
  async (world) => ({
    actor_token: await world.actorToken(claims(world), header),
  });
const plain =
  (changes: Record<string, string | readonly string[] | undefined>): Change =>
  async () =>
    changes;
const details = (value: unknown): Change => plain({ authorization_details: JSON.stringify(value) });
const ask = (tools: unknown): Change => details([{ type: "attenuating_agent_token", tools }]);

describe("every rule, broken once", () => {
  test.for<readonly [string, Change, string]>([
    ["no grant type", plain({ grant_type: undefined }), "invalid_request grant-type"],
    ["another grant type", plain({ grant_type: "password" }), "unsupported_grant_type grant-type"],
    ["no subject token", plain({ subject_token: undefined }), "invalid_request subject-token-type"],
    [
      "no subject token type",
      plain({ subject_token_type: undefined }),
      "invalid_request subject-token-type",
    ],
    [
      "a refresh token as subject",
      plain({ subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token" }),
      "invalid_request subject-token-type",
    ],
    [
      "an id token as subject",
      plain({ subject_token_type: "urn:ietf:params:oauth:token-type:id_token" }),
      "invalid_request subject-token-type",
    ],
    [
      "no actor token: impersonation",
      plain({ actor_token: undefined, actor_token_type: undefined }),
      "invalid_request actor-token-type",
    ],
    [
      "no actor token type",
      plain({ actor_token_type: undefined }),
      "invalid_request actor-token-type",
    ],
    [
      "an access token as actor",
      plain({ actor_token_type: "urn:ietf:params:oauth:token-type:access_token" }),
      "invalid_request actor-token-type",
    ],
    [
      "another type is wanted",
      plain({ requested_token_type: "urn:ietf:params:oauth:token-type:access_token" }),
      "invalid_request requested-token-type",
    ],
    ["no audience", plain({ audience: undefined }), "invalid_request audience"],
    ["an unknown audience", plain({ audience: "urn:svc:other" }), "invalid_target target"],
    [
      "one unknown audience of two",
      plain({ audience: [AUDIENCE, "urn:svc:other"] }),
      "invalid_target target",
    ],
    ["an unknown resource", plain({ resource: "https://other.example" }), "invalid_target target"],
    [
      "too many audiences",
      plain({ audience: Array.from({ length: 9 }, (_, i) => `urn:${i}`) }),
      "invalid_target audience",
    ],
    [
      "no details",
      plain({ authorization_details: undefined }),
      "invalid_authorization_details authorization-details",
    ],
    [
      "details that are no JSON",
      plain({ authorization_details: "[" }),
      "invalid_authorization_details authorization-details",
    ],
    ["no capability", details([]), "invalid_authorization_details authorization-details"],
    [
      "two capabilities",
      details([
        { type: "attenuating_agent_token", tools: {} },
        { type: "attenuating_agent_token", tools: {} },
      ]),
      "invalid_authorization_details authorization-details",
    ],
    [
      "another kind of details",
      details([{ type: "payment", tools: {} }]),
      "invalid_authorization_details authorization-details",
    ],
    [
      "details with another member",
      details([{ type: "attenuating_agent_token", tools: {}, actions: [] }]),
      "invalid_authorization_details authorization-details",
    ],
    [
      "duplicate members in details",
      plain({
        authorization_details:
          '[{"type":"attenuating_agent_token","tools":{},"tools":{"search":{}}}]',
      }),
      "invalid_authorization_details authorization-details",
    ],
    [
      "a tool beyond the ceiling",
      ask({ "other.tool": {} }),
      "invalid_authorization_details beyond-ceiling",
    ],
    [
      "free arguments beyond the ceiling",
      ask({ [TOOL]: {} }),
      "invalid_authorization_details beyond-ceiling",
    ],
    [
      "a bound beyond the ceiling",
      ask({ [TOOL]: { amount: { constraint_type: "range", min: 0, max: 501 } } }),
      "invalid_authorization_details beyond-ceiling",
    ],
    [
      "a constraint that is none",
      ask({ [TOOL]: { amount: { constraint_type: "regex" } } }),
      "invalid_authorization_details constraint",
    ],
    ["no key", plain({ req_cnf: undefined }), "invalid_request confirmation-key"],
    [
      "a private key",
      plain({ req_cnf: JSON.stringify({ jwk: { ...KEYS.planner.publicJwk, d: "AA" } }) }),
      "invalid_request confirmation-key",
    ],
    [
      "a key id in place of a key",
      plain({ req_cnf: JSON.stringify({ jkt: "x" }) }),
      "invalid_request confirmation-key",
    ],
    [
      "another key than the actor's",
      plain({ req_cnf: JSON.stringify({ jwk: generateHolderKey().publicJwk }) }),
      "invalid_request actor-key",
    ],
    ["a scope that the subject has not", plain({ scope: "admin" }), "invalid_scope scope"],
    [
      "an empty purpose is left out, a long one refused",
      plain({ purpose: "p".repeat(257) }),
      "invalid_request purpose",
    ],
    ["a digest that is none", plain({ request_s256: "x" }), "invalid_request request-digest"],
    [
      "subject and actor swapped",
      async (world) => ({
        subject_token: await world.actorToken(),
        actor_token: await world.subjectToken(),
      }),
      "invalid_request subject-issuer",
    ],
    [
      "the subject token as actor too",
      async (world) => ({ actor_token: await world.subjectToken() }),
      "invalid_request actor-issuer",
    ],
    [
      "subject: another issuer",
      withSubject(() => ({ iss: "https://evil.example" })),
      "invalid_request subject-issuer",
    ],
    [
      "subject: for another service",
      withSubject(() => ({ aud: "https://other.example" })),
      "invalid_request subject-audience",
    ],
    [
      "subject: for nobody",
      withSubject(() => ({ aud: undefined })),
      "invalid_request subject-audience",
    ],
    ["subject: nobody", withSubject(() => ({ sub: undefined })), "invalid_request subject-claims"],
    [
      "subject: without an id",
      withSubject(() => ({ jti: undefined })),
      "invalid_request subject-claims",
    ],
    [
      "subject: over",
      withSubject(({ now }) => ({ exp: now - 2 })),
      "invalid_request subject-expired",
    ],
    [
      "subject: over but for the tolerance",
      withSubject(({ now }) => ({ exp: now })),
      "invalid_request subject-expired",
    ],
    [
      "subject: without an end",
      withSubject(() => ({ exp: undefined })),
      "invalid_request subject-expired",
    ],
    [
      "subject: from the future",
      withSubject(({ now }) => ({ iat: now + 60 })),
      "invalid_request subject-issued-in-future",
    ],
    [
      "subject: not yet",
      withSubject(({ now }) => ({ nbf: now + 60 })),
      "invalid_request subject-not-yet",
    ],
    ["subject: without the scope", withSubject(() => ({ scope: "openid" })), "invalid_scope scope"],
    [
      "subject: without any scope",
      withSubject(() => ({ scope: undefined })),
      "invalid_scope scope",
    ],
    [
      "subject: a scope that contains it",
      withSubject(() => ({ scope: "refunds.read" })),
      "invalid_scope scope",
    ],
    [
      "subject: an id token",
      withSubject(() => ({}), { typ: "JWT" }),
      "invalid_request subject-type",
    ],
    [
      "subject: a security event",
      withSubject(() => ({}), { typ: "secevent+jwt" }),
      "invalid_request subject-type",
    ],
    [
      "subject: another key id",
      withSubject(() => ({}), { kid: "l2" }),
      "invalid_request subject-key",
    ],
    [
      "subject: names another actor",
      withSubject(() => ({ may_act: { sub: "agent:other" } })),
      "invalid_request may-act",
    ],
    [
      "subject: names the actor of another issuer",
      withSubject(() => ({ may_act: { sub: "agent:planner", iss: LOGIN } })),
      "invalid_request may-act",
    ],
    ["subject: names nobody", withSubject(() => ({ may_act: {} })), "invalid_request may-act"],
    [
      "subject: delegated to another (splice)",
      withSubject(() => ({ act: { sub: "agent:other" } })),
      "invalid_request act",
    ],
    [
      "subject: an act that is none",
      withSubject(() => ({ act: "agent", may_act: { sub: "agent:planner" } })),
      "invalid_request act",
    ],
    [
      "subject: acted by the same before (circle)",
      withSubject(() => ({
        act: { sub: "x", act: { sub: "agent:planner" } },
        may_act: { sub: "agent:planner" },
      })),
      "invalid_request circular",
    ],
    [
      "subject: is the actor",
      withSubject(() => ({ sub: "agent:planner" })),
      "invalid_request circular",
    ],
    [
      "subject: nested too deep",
      withSubject(() => ({
        act: Array.from({ length: 9 }).reduce((act) => ({ sub: "x", act }), { sub: "x" }),
        may_act: { sub: "agent:planner" },
      })),
      "invalid_request act",
    ],
    ["actor: another issuer", withActor(() => ({ iss: LOGIN })), "invalid_request actor-issuer"],
    [
      "actor: for another service",
      withActor(() => ({ aud: "https://other.example" })),
      "invalid_request actor-audience",
    ],
    [
      "actor: over",
      withActor(({ now }) => ({ iat: now - 60, exp: now - 2 })),
      "invalid_request actor-expired",
    ],
    [
      "actor: too long",
      withActor(({ now }) => ({ exp: now + 61 })),
      "invalid_request actor-lifetime",
    ],
    ["actor: since when", withActor(() => ({ iat: undefined })), "invalid_request actor-lifetime"],
    ["actor: of no key", withActor(() => ({ cnf: undefined })), "invalid_request actor-key"],
    [
      "actor: of another key",
      withActor(() => ({ cnf: { jkt: "x" } })),
      "invalid_request actor-key",
    ],
    [
      "actor: of more than a key",
      withActor(() => ({ cnf: { jkt: "x", jwk: {} } })),
      "invalid_request actor-key",
    ],
    ["actor: without an id", withActor(() => ({ jti: undefined })), "invalid_request actor-claims"],
    [
      "actor: of the wrong type",
      withActor(() => ({}), { typ: "at+jwt" }),
      "invalid_request actor-type",
    ],
    [
      "a subject that is no token",
      plain({ subject_token: "x" }),
      "invalid_request subject-malformed",
    ],
    [
      "an actor that is no token",
      plain({ actor_token: "a.b.c" }),
      "invalid_request actor-malformed",
    ],
    [
      "a subject far too long",
      plain({ subject_token: "A".repeat(17_000) }),
      "invalid_request subject-malformed",
    ],
  ])("%s", async ([, change, expected]) => {
    const world = await setUp();
    const { response, json, reason } = await world.post(await change(world));
    expect(reason).toBe(expected);
    expect(response.status).toBe(400);
    expect(Object.keys(json)).toEqual(["error", "error_description"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test.for(["grant_type", "subject_token", "actor_token", "req_cnf", "authorization_details", "x"])(
    "%s twice",
    async (name) => {
      const world = await setUp();
      const { reason } = await world.post({ [name]: ["a", "b"] });
      expect(reason).toBe("invalid_request repeated-parameter");
    },
  );

  test.for<readonly [string, RequestInit, string]>([
    ["GET", { method: "GET", body: null }, "invalid_request method"],
    ["PUT", { method: "PUT" }, "invalid_request method"],
    ["JSON", { headers: { "content-type": "application/json" } }, "invalid_request content-type"],
    [
      "a body that is too long",
      { body: new URLSearchParams({ x: "y".repeat(70_000) }) },
      "invalid_request body",
    ],
    [
      "no body",
      { body: null, headers: { "content-type": "application/x-www-form-urlencoded" } },
      "invalid_request grant-type",
    ],
  ])("%s", async ([, init, expected]) => {
    const { post } = await setUp();
    expect((await post({}, init)).reason).toBe(expected);
  });

  test("signed by somebody else, or with a shared secret", async () => {
    const world = await setUp();
    const forged = await world.sign(world.subjectClaims, {
      key: stranger.privateKey,
      alg: "RS256",
      kid: "l1",
      typ: "at+jwt",
    });
    expect((await world.post({ subject_token: forged })).reason).toBe(
      "invalid_request subject-signature",
    );
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${forged.split(".")[1]}.AA`;
    expect((await world.post({ subject_token: none })).reason).toBe(
      "invalid_request subject-algorithm",
    );
    const [, payload, signature] = (await world.subjectToken()).split(".");
    const twice = `${Buffer.from('{"alg":"RS256","typ":"at+jwt","typ":"at+jwt"}').toString("base64url")}.${payload}.${signature}`;
    expect((await world.post({ subject_token: twice })).reason).toBe(
      "invalid_request subject-malformed",
    );
  });

  test("an actor token works once", async () => {
    const world = await setUp();
    const token = await world.actorToken();
    expect((await world.post({ actor_token: token })).response.status).toBe(200);
    expect((await world.post({ actor_token: token })).reason).toBe(
      "invalid_request actor-replayed",
    );
  });

  test.for<readonly [string, Partial<TokenExchangeOptions>, string, number]>([
    [
      "an unknown person",
      { findSubject: () => undefined },
      "invalid_request subject-disabled",
      400,
    ],
    [
      "a person who left",
      { findSubject: () => ({ isActive: false }) },
      "invalid_request subject-disabled",
      400,
    ],
    [
      "a directory that is down",
      { findSubject: () => Promise.reject(new Error("down")) },
      "temporarily_unavailable internal",
      503,
    ],
    ["no ceiling", { ceiling: () => undefined }, "invalid_target ceiling", 400],
    [
      "a ceiling that fails",
      { ceiling: () => Promise.reject(new Error("down")) },
      "temporarily_unavailable internal",
      503,
    ],
    [
      "a store that is full",
      { replay: { consume: async () => "full" } },
      "temporarily_unavailable replay-store",
      503,
    ],
    [
      "a store that is down",
      { replay: { consume: () => Promise.reject(new Error("down")) } },
      "temporarily_unavailable internal",
      503,
    ],
    [
      "a client that is not known",
      { authenticateClient: () => false },
      "invalid_client client",
      401,
    ],
    [
      "a ceiling of no life",
      { ceiling: () => ({ tools: CEILING, requiredScopes: [], ttlSeconds: 0, maxDepth: 1 }) },
      "invalid_request subject-expired",
      400,
    ],
    [
      "a ceiling of too many hops",
      { ceiling: () => ({ tools: CEILING, requiredScopes: [], ttlSeconds: 60, maxDepth: 9 }) },
      "invalid_request claims",
      400,
    ],
  ])("%s", async ([, options, expected, status]) => {
    const { post } = await setUp(options);
    const { reason, response } = await post();
    expect([reason, response.status]).toEqual([expected, status]);
  });

  test("keys that cannot be had", async () => {
    server.use(http.get(`${LOGIN}/jwks`, () => new HttpResponse(null, { status: 500 })));
    const { post } = await setUp();
    const { reason, response } = await post();
    expect([reason, response.status]).toEqual(["temporarily_unavailable keys", 503]);
  });

  test.for<readonly [string, Partial<TokenExchangeOptions>]>([
    ["skewSeconds", { skewSeconds: 3 }],
    ["timeoutMs", { timeoutMs: 0 }],
    [
      "algorithms",
      {
        subjectIssuers: [
          {
            issuer: LOGIN,
            algorithms: ["HS256"],
            keys: createJwksSource({ url: `${LOGIN}/jwks` }),
          },
        ],
      },
    ],
    [
      "algorithms",
      {
        actorIssuers: [
          { issuer: LOGIN, algorithms: [], keys: createJwksSource({ url: `${LOGIN}/jwks` }) },
        ],
      },
    ],
    [
      "toName",
      {
        subjectIssuers: ["a", "b"].map((issuer) => ({
          issuer,
          algorithms: ["RS256"],
          keys: createJwksSource({ url: `${LOGIN}/jwks` }),
        })),
      },
    ],
  ])("the option %s that cannot work", async ([option, options]) => {
    await expect(setUp(options)).rejects.toThrow(option);
  });
});

const createSource = (options: object = {}) => {
  const clock = createFakeClock();
  return { clock, keys: createJwksSource({ url: `${LOGIN}/jwks`, clock, ...options }) };
};

describe("keys at an address", () => {
  test("are fetched once for many, and again when they are old", async () => {
    const { clock, keys } = createSource();
    fetches = 0;
    await Promise.all(Array.from({ length: 50 }, () => keys.find("l1")));
    expect(fetches).toBe(1);
    clock.advance(59_999);
    await keys.find("l1");
    expect(fetches).toBe(1);
    clock.advance(1);
    await keys.find("l1");
    keys.reload();
    await keys.find("l1");
    expect(fetches).toBe(3);
  });

  test("of an unknown id are asked for again, but not all the time", async () => {
    const { clock, keys } = createSource();
    fetches = 0;
    for (let index = 0; index < 5; index += 1) expect(await keys.find("new")).toBeUndefined();
    expect(fetches).toBe(1);
    clock.advance(10_000);
    expect(await keys.find("new")).toBeUndefined();
    expect(fetches).toBe(2);
  });

  test("rotate: a new key is found, a withdrawn one is gone", async () => {
    const { clock, keys } = createSource();
    expect(await keys.find("l1")).toBeDefined();
    const next = await jwks(stranger.publicKey, "l9", "RS256");
    server.use(http.get(`${LOGIN}/jwks`, () => HttpResponse.json(next)));
    clock.advance(10_000);
    expect(await keys.find("l9")).toBeDefined();
    expect(await keys.find("l1")).toBeUndefined();
  });

  test("that cannot be had are not asked for again at once", async () => {
    let asked = 0;
    server.use(
      http.get(`${LOGIN}/jwks`, () => {
        asked += 1;
        return new HttpResponse(null, { status: 503 });
      }),
    );
    const { clock, keys } = createSource();
    const fails = async () => expect(keys.find("l1")).rejects.toBeInstanceOf(Error);
    for (const pause of [0, 999, 1, 1999, 1, 3999, 1]) {
      clock.advance(pause);
      await fails();
    }
    expect(asked).toBe(4);
    server.resetHandlers();
    clock.advance(60_000);
    expect(await keys.find("l1")).toBeDefined();
  });

  test.for<readonly [string, () => Response]>([
    ["no JSON", () => new HttpResponse("x")],
    ["no key set", () => HttpResponse.json([])],
    ["keys that are none", () => HttpResponse.json({ keys: [1] })],
    ["an id twice", () => HttpResponse.json({ keys: [{ kid: "a" }, { kid: "a" }] })],
    ["a member twice", () => new HttpResponse('{"keys":[],"keys":[]}')],
    ["too much", () => new HttpResponse(`{"keys":[]}${" ".repeat(300_000)}`)],
    ["a redirect", () => HttpResponse.redirect("https://evil.example/jwks")],
    ["not found", () => new HttpResponse(null, { status: 404 })],
  ])("that are %s are refused", async ([, respond]) => {
    server.use(http.get(`${LOGIN}/jwks`, respond));
    await expect(createSource().keys.find("a")).rejects.toBeInstanceOf(Error);
  });

  test.for([
    "http://login.example/jwks",
    "http://127.0.0.1/jwks",
    "file:///etc/passwd",
    "https://user:secret@login.example/jwks",
    "x",
  ])("are not fetched from %s", (url) => {
    expect(() => createJwksSource({ url })).toThrow("`url`");
  });

  test("of task tokens are only those that are for them", async () => {
    const kid = await thumbprint(KEYS.issuer);
    const key = { ...KEYS.issuer.publicJwk, alg: "Ed25519", use: "sig", kid };
    const keys = [
      key,
      { ...key, kid: "no-use", use: undefined },
      { ...key, kid: "enc", use: "enc" },
      { ...key, kid: "alg", alg: "ES256" },
      { kid: "rsa", kty: "RSA", alg: "RS256", use: "sig" },
    ];
    server.use(http.get(`${LOGIN}/jwks`, () => HttpResponse.json({ keys })));
    const clock = createFakeClock();
    const set = createJwksKeySet({ url: `${LOGIN}/jwks`, issuer: ISSUER, clock });
    expect(await set.find(kid)).toEqual({ kid, issuer: ISSUER, jwk: KEYS.issuer.publicJwk });
    for (const other of ["no-use", "enc", "alg", "rsa", "unknown"]) {
      expect(await set.find(other)).toBeUndefined();
    }
    set.reload();
    expect(await set.find(kid)).toBeDefined();
  });
});

test("with an issuer that really listens", async ({ onTestFinished }) => {
  const loopback = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url === "/login" ? served[LOGIN] : served[WORKLOADS]));
  });
  await new Promise<void>((resolve) => void loopback.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void loopback.close());
  server.close();
  onTestFinished(() => server.listen({ onUnhandledFrame: "error" }));
  const origin = `http://127.0.0.1:${(loopback.address() as AddressInfo).port}`;
  const keys = (path: string) => createJwksSource({ url: `${origin}${path}`, allowLoopback: true });
  const { post } = await setUp({
    subjectIssuers: [{ issuer: LOGIN, algorithms: ["RS256"], keys: keys("/login") }],
    actorIssuers: [{ issuer: WORKLOADS, algorithms: ["ES256"], keys: keys("/workloads") }],
  });
  expect((await post()).response.status).toBe(200);
});

test("a grant does not outlive the person's token, however long it took to decide", async () => {
  const held: { clock?: Awaited<ReturnType<typeof setUp>>["clock"] } = {};
  const world = await setUp({
    async ceiling() {
      held.clock?.advance(1900);
      return { tools: CEILING, requiredScopes: ["refunds"], ttlSeconds: 900, maxDepth: 2 };
    },
    async findSubject() {
      held.clock?.advance(1900);
      return { isActive: true, version: 7 };
    },
  });
  held.clock = world.clock;
  const token = await world.subjectToken({ exp: world.now + 2 });
  const { response } = await world.post({ subject_token: token });
  expect(response.status).toBe(400);
});
