import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@portcullis/core";
import {
  canonicalize,
  createGuard,
  createMemoryReplayStore,
  runtimeDefaults,
} from "@portcullis/core";
import {
  createMemoryRevocationView,
  createStaticKeySet,
  createTaskTokenMint,
  createTaskTokenVerifier,
  NOTHING_REVOKED,
  thumbprintOf,
} from "@portcullis/token";
import type { HolderKey, SignatureBackend, TaskTokenVerifier } from "@portcullis/token";
import { createJoseSignatureBackend } from "@portcullis/token/jose";
import {
  createNodeSignatureBackend,
  createSqliteReplayStore,
  generateHolderKey,
} from "@portcullis/token/node";
import type { BenchResult } from "./bench-result.ts";
import { createDocument, createRules } from "./decision-load.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Measured } from "./gated.ts";
import { asyncContender, contender, measure, ratio } from "./measure.ts";
import type { Contender, Timing } from "./measure.ts";

const AUDIENCE = "urn:svc:payments";
const ISSUER = "https://tokens.example";
const CALLS = 256;
const RAW_VERIFY = "raw Ed25519 verify";
const RAW_SIGN = "raw Ed25519 sign";
const CACHED = "verify, 4 hops, prefix cached";
const COLD = "verify, 4 hops, cold";
const ONE_CACHED = "verify, 1 hop, prefix cached";
const ONE_COLD = "verify, 1 hop, cold";
const JOSE = "verify, 4 hops, cached, Web Crypto";
const MINT = "issueCallToken";
const ROUND_TRIP = "mint, verify, bind and consume";
const PERMIT = "permit: mint, verify, bind and consume";
// Reported: what is beside the signature does not get faster with the machine's cryptography.
const CHECK = "guard.check with a call token, 1 hop";

/** A clock that stands still, so that no token runs out. */
const clock: Clock = { ...runtimeDefaults.clock, now: () => 1_795_168_800_000 };

/** Times tokens against bare signatures of the same library in the same run. */
export function benchToken(): Promise<BenchResult> {
  return runGated("token", measureToken);
}

async function measureToken(rounds: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  try {
    const timings = await measure(await createContenders(folder), { rounds });
    return {
      results: timings.map(({ name, ...figures }) => ({ case: name, ...figures })),
      gates: [
        gate("4 hops, prefix cached / raw verify", timings, [CACHED, RAW_VERIFY, 1.35]),
        gate("4 hops, cold / 5 raw verifies", timings, [COLD, RAW_VERIFY, 1.6], 5),
        gate("1 hop, prefix cached / raw verify", timings, [ONE_CACHED, RAW_VERIFY, 1.3]),
        gate("1 hop, cold / 2 raw verifies", timings, [ONE_COLD, RAW_VERIFY, 1.5], 2),
        gate("issueCallToken / raw sign", timings, [MINT, RAW_SIGN, 2.2]),
      ],
      lines: timings.map(({ name, medianNs, minNs }) =>
        line(name, formatNs(medianNs), `min ${formatNs(minNs)}`),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function gate(
  name: string,
  timings: readonly Timing[],
  [measured, baseline, bar]: readonly [string, string, number],
  signatures: number = 1,
): Measured["gates"][number] {
  return { gate: name, value: ratio(timings, measured, baseline) / signatures, bar };
}

async function createContenders(folder: string): Promise<readonly Contender[]> {
  const backend = createNodeSignatureBackend();
  const { four, one, holder, issuer } = await createChains();
  const verifier = await createVerifier(issuer, backend);
  const web = await createVerifier(issuer, createJoseSignatureBackend());
  const mint = createTaskTokenMint({ clock });
  const calls = [...Array.from({ length: CALLS }).keys()].map((index) => ({
    callId: `c${index}`,
    tool: "tool_0",
    args: { path: `/home/a/${index}`, amount: index },
  }));
  const withText = calls.map((call) => ({ ...call, text: canonicalize(call.args).text }));
  const tokenOf = (chain: string, key: HolderKey, text: string) =>
    mint.issueCallToken(chain, key, {
      audience: AUDIENCE,
      tool: "tool_0",
      canonicalArguments: text,
    });
  const fours = await Promise.all(withText.map(({ text }) => tokenOf(four, holder.last, text)));
  const ones = await Promise.all(withText.map(({ text }) => tokenOf(one, holder.first, text)));
  const signed = fours.map((chain) => {
    const call = chain.slice(chain.lastIndexOf("~") + 1);
    const at = call.lastIndexOf(".");
    return { input: call.slice(0, at), signature: call.slice(at + 1) };
  });
  const key = await backend.importPublicKey(holder.last.publicJwk);
  for (const { input, signature } of signed) {
    if (backend.verify(key, input, signature) !== true) throw new Error("A signature is wrong.");
  }
  const guard = await createGuard({
    policy: { ...createDocument(createRules(1000)), identity: "token" },
    credentials: verifier,
  });
  // The first check compiles schemas, which would be taken for the time of all.
  const first = await guard.check(calls[0]!, { token: fours[0]! });
  const isJudged = first.outcome === "deny" && first.denial.code === "no-applicable-rule";
  if (!isJudged) throw new Error("The guard does not come to its rules.");
  const sqlite = createSqliteReplayStore({ path: join(folder, "replay.sqlite"), clock });
  // The store takes what was issued after it began; each id is new.
  const memory = createMemoryReplayStore({ clock, maxKeys: 50_000_000 });
  let ids = 0;
  const now = clock.now() / 1000;
  return [
    contender(RAW_VERIFY, signed, ({ input, signature }) => backend.verify(key, input, signature)),
    contender(RAW_SIGN, signed, ({ input }) => holder.last.sign(input)),
    asyncContender(CACHED, fours, verify(verifier)),
    asyncContender(COLD, fours, (chain) => {
      verifier.clearCache();
      return verifier.verify(chain, { tool: "tool_0" });
    }),
    asyncContender(ONE_CACHED, ones, verify(verifier)),
    asyncContender(ONE_COLD, ones, (chain) => {
      verifier.clearCache();
      return verifier.verify(chain, { tool: "tool_0" });
    }),
    asyncContender(JOSE, fours, verify(web)),
    asyncContender(MINT, withText, ({ text }) => tokenOf(one, holder.first, text)),
    asyncContender(ROUND_TRIP, withText, async ({ text }) => {
      const token = await tokenOf(one, holder.first, text);
      const task = await verifier.verify(token, { tool: "tool_0" });
      await verifier.bindArguments(task, text);
      await verifier.consume(task);
    }),
    asyncContender(PERMIT, withText, async ({ text }) => {
      const call = { tool: "tool_0", canonicalArguments: text };
      const task = await verifier.verify(await verifier.mintPermit(four, call), { tool: "tool_0" });
      await verifier.bindArguments(task, text);
      await verifier.consume(task);
    }),
    asyncContender(CHECK, pair(calls, ones), ([call, token]) => guard.check(call, { token })),
    asyncContender("replay store in memory", [0], () =>
      memory.consume(`thumbprint:${(ids += 1)}`, now + 10, now + 15),
    ),
    asyncContender("replay store in SQLite", [0], () =>
      sqlite.consume(`thumbprint:${(ids += 1)}`, now, now + 5),
    ),
  ];
}

const verify = (by: TaskTokenVerifier) => (chain: string) => by.verify(chain, { tool: "tool_0" });

function pair<A, B>(first: readonly A[], second: readonly B[]): readonly (readonly [A, B])[] {
  return first.map((one, index) => [one, second[index]!] as const);
}

async function createVerifier(
  issuer: HolderKey,
  backend: SignatureBackend,
): Promise<TaskTokenVerifier> {
  const kid = await thumbprintOf(issuer.publicJwk, runtimeDefaults.digest);
  let used = 0;
  return createTaskTokenVerifier({
    backend,
    keys: createStaticKeySet([{ kid, issuer: ISSUER, jwk: issuer.publicJwk }]),
    // Each store is timed for itself.
    replay: { consume: async () => ((used += 1) > 0 ? "ok" : "full") },
    revocation: createMemoryRevocationView({ clock, snapshot: NOTHING_REVOKED }),
    audience: AUDIENCE,
    clock,
  });
}

/** A grant, and the same with three delegations below it. */
async function createChains(): Promise<{
  readonly four: string;
  readonly one: string;
  readonly holder: { readonly first: HolderKey; readonly last: HolderKey };
  readonly issuer: HolderKey;
}> {
  const mint = createTaskTokenMint({ clock });
  const [issuer, ...holders] = [0, 1, 2, 3, 4].map(() => generateHolderKey());
  const first = holders[0]!;
  const one = await mint.issueGrant(
    { url: ISSUER, key: issuer! },
    {
      subject: "user:alice",
      agent: "agent:0",
      publicJwk: first.publicJwk,
      audience: [AUDIENCE],
      maxDepth: 4,
      tools: {
        tool_0: {
          path: { constraint_type: "wildcard" },
          amount: { constraint_type: "range", min: 0, max: 500 },
        },
      },
    },
  );
  let four = one;
  for (const [index, holder] of holders.slice(0, 3).entries()) {
    const next = holders[index + 1]!;
    four = await mint.delegateTask(four, holder, {
      agent: `agent:${index + 1}`,
      publicJwk: next.publicJwk,
      tools: {
        tool_0: {
          path: { constraint_type: "wildcard" },
          amount: { constraint_type: "range", min: 0, max: 400 - index },
        },
      },
    });
  }
  return { four, one, holder: { first, last: holders[3]! }, issuer: issuer! };
}
