import { createHash } from "node:crypto";
import { canonicalize } from "@portcullis/core";
import type { ReplayStore } from "@portcullis/core";
import type { FakeClock } from "../../../core/test/support/fake-clock.ts";
import { createFakeClock } from "../../../core/test/support/fake-clock.ts";
import {
  createStaticKeySet,
  createTaskTokenVerifier,
  thumbprintOf,
  THUMBPRINT_URI,
} from "../../src/index.ts";
import type {
  ExpectedCall,
  HolderKey,
  SignatureBackend,
  StaticKeySet,
  TaskTokenVerifier,
  TaskTokenVerifierOptions,
} from "../../src/index.ts";
import { createNodeSignatureBackend, generateHolderKey } from "../../src/node.ts";

type Payload = Record<string, unknown>;
export type Change = (payload: Payload) => Payload;

/** How one chain differs from the good one; what comes after a change is signed anew. */
interface Changes {
  readonly headers?: Partial<Record<Place, Change>>;
  readonly payloads?: Partial<Record<Place, Change>>;
  readonly signers?: Partial<Record<Place, HolderKey>>;
  /** Without the delegation. */
  readonly isShort?: boolean;
  /** Without the call token. */
  readonly isOpen?: boolean;
}

export type Place = "grant" | "delegation" | "call";

export const AUDIENCE = "urn:svc:payments";
export const ISSUER = "https://tokens.example";
export const TOOL = "payments.refund";
export const ARGS = canonicalize({ amount: 20, order: "A1" }).text;
export const EXPECTED: ExpectedCall = { tool: TOOL };

const digest = {
  sha256: (text: string) => createHash("sha256").update(text, "utf8").digest("base64url"),
  hmacSha256: () => "",
};

/** The keys of everybody in these tests. */
export interface Keys {
  readonly issuer: HolderKey;
  readonly planner: HolderKey;
  readonly refunder: HolderKey;
  readonly stranger: HolderKey;
}

export const KEYS: Keys = {
  issuer: generateHolderKey(),
  planner: generateHolderKey(),
  refunder: generateHolderKey(),
  stranger: generateHolderKey(),
};

export const sha256 = (text: string): string => digest.sha256(text);
export const thumbprint = (key: HolderKey): Promise<string> => thumbprintOf(key.publicJwk, digest);
export const encode = (text: string | Uint8Array): string =>
  Buffer.from(text).toString("base64url");
const signingInput = (token: string): string => token.slice(0, token.lastIndexOf("."));

const toText = (part: unknown): string =>
  typeof part === "string" ? part : canonicalize(part, { dropUndefined: true }).text;

/** Signs any header over any payload, given as values or as text. */
export async function forge(
  header: unknown,
  payload: unknown,
  key: Pick<HolderKey, "sign">,
): Promise<string> {
  const input = `${encode(toText(header))}.${encode(toText(payload))}`;
  return `${input}.${await key.sign(input)}`;
}

/** A world with a clock, one issuer and a good chain of three tokens. */
export interface World {
  readonly clock: FakeClock;
  readonly keys: StaticKeySet;
  readonly now: number;
  /** A chain, good but for the changes: everything below a change refers to what is there. */
  build(changes?: Changes): Promise<readonly string[]>;
  chain(changes?: Changes): Promise<string>;
  verifier(options?: Partial<TaskTokenVerifierOptions>): TaskTokenVerifier;
}

/** Remembers ids without forgetting, full or cold. */
export function createPlainReplayStore(): ReplayStore {
  const used = new Set<string>();
  return {
    async consume(key) {
      if (used.has(key)) return "replayed";
      used.add(key);
      return "ok";
    },
  };
}

export async function createWorld(
  parties: Keys = KEYS,
  backend: SignatureBackend = createNodeSignatureBackend(),
): Promise<World> {
  const clock = createFakeClock();
  const now = Math.floor(clock.now() / 1000);
  const kid = await thumbprint(parties.issuer);
  const keys = createStaticKeySet([{ kid, issuer: ISSUER, jwk: parties.issuer.publicJwk }]);

  const build = async (changes: Changes = {}): Promise<readonly string[]> => {
    const { headers = {}, payloads = {}, signers = {} } = changes;
    const make = async (place: Place, key: HolderKey, base: Payload): Promise<string> => {
      const header: Payload = {
        alg: key.algorithm,
        typ: `task-${place}+jwt`,
        ...(place === "grant" ? { kid } : {}),
      };
      const change = headers[place] ?? ((same) => same);
      const changed = payloads[place] ?? ((same) => same);
      return forge(change(header), changed(base), signers[place] ?? key);
    };
    const grant = await make("grant", parties.issuer, {
      iss: ISSUER,
      sub: "user:alice",
      sub_ver: 7,
      aud: [AUDIENCE, "urn:svc:ledger"],
      txn: "01a1f840-41cc-7e95-a9e7-59538bb39de0",
      jti: "01a1f840-41cc-7a5a-b1d7-dc783f71cdad",
      iat: now - 10,
      exp: now + 290,
      act: { sub: "agent:planner" },
      cnf: { jwk: parties.planner.publicJwk },
      del_depth: 0,
      del_max_depth: 2,
      authorization_details: capability({
        amount: { constraint_type: "range", min: 0, max: 500 },
        order: { constraint_type: "one_of", values: ["A1", "A2"] },
      }),
    });
    const links = [grant];
    if (changes.isShort !== true) {
      links.push(
        await make("delegation", parties.planner, {
          iss: `${THUMBPRINT_URI}${await thumbprint(parties.planner)}`,
          sub: "user:alice",
          aud: [AUDIENCE],
          txn: "01a1f840-41cc-7e95-a9e7-59538bb39de0",
          jti: "01a1f840-41cd-7eea-9b63-d5da85e3f2ba",
          iat: now - 5,
          exp: now + 55,
          act: { sub: "agent:refunder", act: { sub: "agent:planner" } },
          cnf: { jwk: parties.refunder.publicJwk },
          del_depth: 1,
          del_max_depth: 2,
          par_hash: sha256(signingInput(grant)),
          authorization_details: capability({
            amount: { constraint_type: "range", min: 0, max: 50 },
            order: { constraint_type: "exact", value: "A1" },
          }),
        }),
      );
    }
    if (changes.isOpen === true) return links;
    const holder = changes.isShort === true ? parties.planner : parties.refunder;
    const last = links.at(-1) ?? "";
    const call = await make("call", holder, {
      iss: `${THUMBPRINT_URI}${await thumbprint(holder)}`,
      aud: AUDIENCE,
      jti: "01a1f840-41cd-716d-9b02-a8733b0fdace",
      iat: now,
      exp: now + 5,
      par_hash: sha256(signingInput(last)),
      aat_id: changes.isShort === true ? grantId : delegationId,
      aat_tool: TOOL,
      args_s256: sha256(ARGS),
    });
    return [...links, call];
  };

  return {
    clock,
    keys,
    now,
    build,
    chain: async (changes) => (await build(changes)).join("~"),
    verifier: (options = {}) =>
      createTaskTokenVerifier({
        backend,
        keys,
        replay: createPlainReplayStore(),
        audience: AUDIENCE,
        clock,
        digest,
        ...options,
      }),
  };
}

const grantId = "01a1f840-41cc-7a5a-b1d7-dc783f71cdad";
const delegationId = "01a1f840-41cd-7eea-9b63-d5da85e3f2ba";

/** The one entry of `authorization_details`, for one tool. */
export function capability(args: object, tool: string = TOOL): unknown {
  return [{ type: "attenuating_agent_token", tools: { [tool]: args } }];
}

/** Sets one claim; `undefined` removes it. */
export function set(claim: string, value: unknown): Change {
  return (payload) => {
    const { [claim]: _, ...rest } = payload;
    return value === undefined ? rest : { ...rest, [claim]: value };
  };
}

/** What one attempt came to: `ok`, or code and reason. */
export async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "ok";
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || !("fields" in error)) throw error;
    const { reason } = error.fields as { readonly reason?: string };
    return `${String(error.code)} ${reason}`;
  }
}

/** Verifies, binds and uses a chain. */
export async function present(
  verifier: TaskTokenVerifier,
  chain: string | readonly string[],
  expected: ExpectedCall = EXPECTED,
): Promise<string> {
  return outcomeOf(async () => {
    const task = await verifier.verify(chain, expected);
    await verifier.bindArguments(task, ARGS);
    await verifier.consume(task);
  });
}
