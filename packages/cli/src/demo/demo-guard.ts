import { randomUUID } from "node:crypto";
import type { ContextInput, DecisionSink, Guard } from "@portcullis/core";
import { trustedPrincipal } from "@portcullis/core";
import { createPortcullis } from "../create-portcullis.ts";
import { STORY, USER_REQUEST } from "./story.ts";

/** A guard and the context that every call of one run is made in. */
export interface Protection {
  readonly guard: Guard;
  readonly context: ContextInput;
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

const CEILING = ["mcp:files/read_text_file", "run_command", "http_request", "refund"];

/**
 * Guards one task: the support bot, on behalf of Ann Berg, with the four tools that were delegated
 * to it, in a session of its own and with her own words.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` or `ERR_OPTIONS_INVALID` when the policy is refused.
 */
export async function createProtection(options: ProtectionOptions): Promise<Protection> {
  const guard = await createPortcullis({
    policy: options.policy,
    sinks: { demo: options.sink },
    // The demo's own heading says that the policy is not signed.
    logger: { warn: () => undefined },
  });
  return {
    guard,
    context: {
      principal: trustedPrincipal({
        agent: { id: STORY.agent },
        user: { id: STORY.user },
        ceiling: CEILING,
      }),
      session: { id: `${STORY.ticket}-${randomUUID()}`, isNew: true },
      request: [USER_REQUEST],
      facts: { ordersOrigin: options.ordersOrigin },
    },
  };
}
