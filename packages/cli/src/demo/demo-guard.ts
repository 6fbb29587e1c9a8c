import { randomUUID } from "node:crypto";
import type { ContextInput, DecisionSink, Guard } from "@portcullis/core";
import { createMemoryReplayStore, runtimeDefaults } from "@portcullis/core";
import {
  createMemoryRevocationView,
  createStaticKeySet,
  createTaskTokenMint,
  createTaskTokenVerifier,
  NOTHING_REVOKED,
  thumbprintOf,
} from "@portcullis/token";
import type { TaskTokenVerifier } from "@portcullis/token";
import { createNodeSignatureBackend, generateHolderKey } from "@portcullis/token/node";
import { createPortcullis } from "../create-portcullis.ts";
import { STORY, USER_REQUEST } from "./story.ts";

/** A guard and what gives each call of one run its context. */
export interface Protection {
  readonly guard: Guard;
  /** Makes a permit for one call; for what is no call, such as a model request, the chain itself. */
  readonly context: (call: object) => Promise<ContextInput>;
}

/** Parts of {@link createProtection}. */
export interface ProtectionOptions {
  readonly policy: string | URL;
  /** Decision log. */
  readonly sink: DecisionSink;
  /** The host's fact `ordersOrigin`. */
  readonly ordersOrigin: string;
}

/** The policy of the demo, as it is shipped. */
export const DEMO_POLICY: URL = new URL("../../demo/policy.yaml", import.meta.url);

/** What the task may do at most; their arguments are left to the policy. */
const CEILING = {
  "mcp:files/read_text_file": {},
  run_command: {},
  http_request: {},
  refund: {},
} as const;

const ISSUER = "https://tokens.demo";
const AUDIENCE = "urn:portcullis:demo";

/**
 * Guards one task: the support bot, on behalf of Ann Berg, with a grant for the four tools that is
 * bound to her own words and to a session of its own. Every call gets a permit of its own.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` or `ERR_OPTIONS_INVALID` when the policy is refused.
 */
export async function createProtection(options: ProtectionOptions): Promise<Protection> {
  const { verifier, grant, txn } = await grantTask();
  const guard = await createPortcullis({
    policy: options.policy,
    credentials: verifier,
    sinks: { demo: options.sink },
    // The demo's own heading says that the policy is not signed.
    logger: { warn: () => undefined },
  });
  return {
    guard,
    context: verifier.taskContext(grant, {
      session: { id: txn, isNew: true },
      request: [USER_REQUEST],
      facts: { ordersOrigin: options.ordersOrigin },
    }),
  };
}

/** Issues the grant, in the place of the shop's token service, and makes its verifier. */
async function grantTask(): Promise<{
  readonly verifier: TaskTokenVerifier;
  readonly grant: string;
  readonly txn: string;
}> {
  const [key, agent] = [generateHolderKey(), generateHolderKey()];
  const txn = `${STORY.ticket}-${randomUUID()}`;
  const grant = await createTaskTokenMint().issueGrant(
    { url: ISSUER, key },
    {
      subject: STORY.user,
      agent: STORY.agent,
      publicJwk: agent.publicJwk,
      audience: [AUDIENCE],
      tools: CEILING,
      txn,
      maxDepth: 0,
      ttlSeconds: 900,
      purpose: `settle ticket ${STORY.ticket}`,
      request: [USER_REQUEST],
    },
  );
  const kid = await thumbprintOf(key.publicJwk, runtimeDefaults.digest);
  const verifier = createTaskTokenVerifier({
    backend: createNodeSignatureBackend(),
    keys: createStaticKeySet([{ kid, issuer: ISSUER, jwk: key.publicJwk }]),
    replay: createMemoryReplayStore({ clock: runtimeDefaults.clock }),
    revocation: createMemoryRevocationView({ snapshot: NOTHING_REVOKED }),
    audience: AUDIENCE,
  });
  return { verifier, grant, txn };
}
