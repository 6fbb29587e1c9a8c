import type { DecisionRecord } from "@portcullis/core";
import { createGuard, createMemoryReplayStore, runtimeDefaults } from "@portcullis/core";
import { compilePolicyYaml } from "@portcullis/policy";
import {
  createMemoryRevocationView,
  createStaticKeySet,
  createTaskTokenMint,
  createTaskTokenVerifier,
  NOTHING_REVOKED,
  thumbprintOf,
} from "@portcullis/token";
import { createNodeSignatureBackend, generateHolderKey } from "@portcullis/token/node";
import { createAgent } from "./agent.ts";
import { POLICY } from "./policy.ts";

/** What one run leaves behind. */
export interface DelegationRun {
  /** Codes of what was decided, in order; `permit` for what ran. */
  readonly decisions: readonly string[];
  readonly records: readonly DecisionRecord[];
  /** Everything that the frameworks kept: messages and checkpoints. */
  readonly kept: string;
  /** The secrets of the run; nothing of them may be anywhere else. */
  readonly tokens: readonly string[];
}

const AUDIENCE = "urn:svc:refunds";
const PERSON = "user:alice";
const upTo = (max: number) => ({
  order: { constraint_type: "exact", value: "A1" },
  amount: { constraint_type: "range", min: 0, max },
});
/** What each hop could do at most, as people read it. */
const RIGHTS: Readonly<Record<string, string>> = {
  "agent:planner": "read_order; may pass on refund up to 500",
  "agent:refunder": "refund of A1 up to 50",
};

/** Runs the task and prints every decision with its chain. */
export async function runDelegation(print: (line: string) => void): Promise<DelegationRun> {
  const issuer = { url: "https://tokens.example", key: generateHolderKey() };
  const [plannerKey, refunderKey] = [generateHolderKey(), generateHolderKey()];
  const mint = createTaskTokenMint();
  const txn = "task-1";
  const grant = await mint.issueGrant(issuer, {
    subject: PERSON,
    agent: "agent:planner",
    publicJwk: plannerKey.publicJwk,
    audience: [AUDIENCE],
    tools: { read_order: {}, refund: upTo(500) },
    delegateOnly: ["refund"],
    txn,
    maxDepth: 1,
    purpose: "settle order A1",
  });

  const revocation = createMemoryRevocationView({ snapshot: NOTHING_REVOKED });
  const kid = await thumbprintOf(issuer.key.publicJwk, runtimeDefaults.digest);
  const verifier = createTaskTokenVerifier({
    backend: createNodeSignatureBackend(),
    keys: createStaticKeySet([{ kid, issuer: issuer.url, jwk: issuer.key.publicJwk }]),
    replay: createMemoryReplayStore({ clock: runtimeDefaults.clock }),
    revocation,
    audience: AUDIENCE,
  });
  const records: DecisionRecord[] = [];
  const decisions: string[] = [];
  const sink = {
    async write(record: DecisionRecord) {
      records.push(record);
      if (record.phase === "intent" || record.code === undefined) {
        if (record.phase === "outcome") return;
      }
      decisions.push(record.code ?? "permit");
      for (const line of describe(record)) print(line);
    },
  };
  const document = await compilePolicyYaml({ file: "policy.yaml", text: POLICY });
  const guard = await createGuard({ policy: document, credentials: verifier, sink });
  const session = { id: txn, isNew: true };

  const planner = createAgent("planner", guard, verifier.taskContext(grant, { session }));
  const first = await planner.run([
    { tool: "read_order", args: { order: "A1" } },
    { tool: "refund", args: { order: "A1", amount: 30 } },
  ]);

  // Offline: nobody is asked, the planner's own key signs.
  const chain = await mint.delegateTask(grant, plannerKey, {
    agent: "agent:refunder",
    publicJwk: refunderKey.publicJwk,
    tools: { refund: upTo(50) },
  });
  const refunder = createAgent("refunder", guard, verifier.taskContext(chain, { session }));
  const second = await refunder.run([
    { tool: "refund", args: { order: "A1", amount: 60 } },
    { tool: "read_order", args: { order: "A1" } },
    { tool: "refund", args: { order: "A1", amount: 30 } },
  ]);

  print(`\n${PERSON} is disabled.\n`);
  revocation.revoke({ sub: PERSON, disabled: true });
  const third = await refunder.run([{ tool: "refund", args: { order: "A1", amount: 5 } }]);
  const fourth = await planner.run([{ tool: "read_order", args: { order: "A1" } }]);

  const messages = JSON.stringify([first, second, third, fourth]);
  const kept = messages + (await planner.checkpoints()) + (await refunder.checkpoints());
  return { decisions, records, kept, tokens: chain.split("~") };
}

function describe(record: DecisionRecord): readonly string[] {
  const verdict = (record.code ?? "permit").padEnd(14);
  const hops = (record.delegation ?? []).map(({ actor, confirmed, tokenId }, index) => {
    const whose = confirmed ? "named by the issuer" : "named by its delegator";
    const rights = RIGHTS[actor] ?? "";
    return `${" ".repeat(17 + 2 * index)}${actor}  ${rights}  (${whose}, token ${tokenId.slice(-6)})`;
  });
  const who = record.user === undefined ? "" : ` for ${record.user}, to ${record.purpose}`;
  return [`${verdict}   ${record.tool}${who}`, ...hops];
}
