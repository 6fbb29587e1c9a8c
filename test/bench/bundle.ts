import { createHash } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  buildBundle,
  buildRoot,
  createBundleClient,
  createHttpSource,
  createKeySigner,
  createMemoryStorage,
  generateSigningKey,
  publishBundle,
  signDocument,
  verifyBundle,
  verifyRoot,
  writeEnvelope,
} from "@portcullis/bundle";
import type { DocumentSigner } from "@portcullis/bundle";
import {
  createDirectoryTarget,
  createFileStorage,
  startBundleServer,
} from "@portcullis/bundle/node";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import type { PolicyDocument } from "@portcullis/core";
import type { BenchResult } from "./bench-result.ts";
import { createDocument, createRules } from "./decision-load.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Measured } from "./gated.ts";
import { quantile } from "./measure.ts";

const NS = 1e6;
const NAME = "bench";

/** Signed bundles: from publishing to enforcing, a large refresh, memory, and what a swap costs callers. */
export function benchBundle(): Promise<BenchResult> {
  return runGated("bundle", measureBundle);
}

async function measureBundle(rounds: number): Promise<Measured> {
  const desk = await openDesk();
  try {
    const enforced = await timePublishing(desk, rounds * 4);
    const large = await timeLargeRefresh(desk, rounds * 4);
    const heap = await weighRules(10_000);
    const swap = await timeSwaps(desk);
    return {
      results: [
        { case: "publish to enforcement over loopback HTTP", ...enforced },
        { case: "verify and persist 1 MB, 200 files", ...large },
        { case: "memory of 10 000 rules", bytes: heap },
        { case: "check while swapping", ...swap },
      ],
      gates: [
        {
          gate: "verify and persist 1 MB / raw verify, hash and write",
          value: large.ratio,
          bar: 6,
        },
        { gate: "p99 of a check while swapping / without", value: swap.ratio, bar: 5 },
      ],
      lines: [
        line("publish to enforcement, HTTP", formatNs(enforced.medianNs)),
        line("verify and persist 1 MB, 200 files", formatNs(large.medianNs)),
        line("memory of 10 000 rules", `${(heap / 1e6).toFixed(1)} MB`),
        line("p99 of a check, swapping", formatNs(swap.p99Ns)),
      ],
    };
  } finally {
    await rm(desk.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Desk {
  readonly folder: string;
  readonly signer: DocumentSigner;
  readonly root: Uint8Array;
}

async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), "portcullis-bench-"));
  const signer = await createKeySigner(await generateSigningKey("Ed25519"));
  const one = { keys: [signer.publicJwk], threshold: 1 };
  const expires = Date.now() + 86_400_000;
  const unsigned = await buildRoot({
    names: [NAME],
    roles: { root: one, head: one, policy: one },
    expires,
  });
  return { folder, signer, root: toBytes(await signDocument(unsigned, signer)) };
}

function toBytes(envelope: Parameters<typeof writeEnvelope>[0]): Uint8Array {
  return new TextEncoder().encode(writeEnvelope(envelope));
}

async function makeBundle(
  { signer }: Desk,
  serial: number,
  {
    policy = smallPolicy(),
    sources = {},
  }: { policy?: PolicyDocument; sources?: Record<string, string> } = {},
): Promise<Uint8Array> {
  const unsigned = await buildBundle({
    name: NAME,
    serial,
    notBefore: Date.now() - 60_000,
    expires: Date.now() + 3_600_000,
    core: "0.1.0",
    compiler: "bench",
    policy,
    sources: { "policy.yaml": String(serial), ...sources },
    tests: [
      {
        name: "a stranger",
        now: "2026-11-20T10:00:00Z",
        request: { tool: "none", principal: { agent: "stranger" } },
        expect: { outcome: "deny" },
      },
    ],
  });
  return toBytes(await signDocument(unsigned, signer));
}

function smallPolicy(): PolicyDocument {
  return createDocument(createRules(10));
}

function publish(desk: Desk, bundle: Uint8Array): ReturnType<typeof publishBundle> {
  return publishBundle({
    target: createDirectoryTarget(desk.folder, NAME),
    name: NAME,
    channel: "stable",
    roots: [desk.root],
    bundle,
    headSigner: desk.signer,
    now: Date.now(),
    core: "0.1.0",
  });
}

async function timePublishing(
  desk: Desk,
  count: number,
): Promise<{ medianNs: number; rounds: number }> {
  await publish(desk, await makeBundle(desk, 1));
  const server = await startBundleServer({ folder: desk.folder });
  const where = { name: NAME, channel: "stable" };
  const client = createBundleClient({
    ...where,
    initialRoot: desk.root,
    source: createHttpSource({ ...where, base: server.base }),
    storage: createMemoryStorage(),
    instance: "bench",
    core: "0.1.0",
  });
  await client.start();
  await client.refresh();
  const times: number[] = [];
  for (let serial = 2; serial < count + 2; serial += 1) {
    const bundle = await makeBundle(desk, serial);
    // The client needs a moment to wait for the next head.
    await sleep(50);
    await publish(desk, bundle);
    const began = performance.now();
    while (client.current().ref.serial !== serial) await sleep(0);
    times.push((performance.now() - began) * NS);
  }
  await client.stop();
  await server.stop();
  return {
    medianNs: quantile(
      times.toSorted((a, b) => a - b),
      0.5,
    ),
    rounds: count,
  };
}

async function timeLargeRefresh(
  desk: Desk,
  count: number,
): Promise<{ medianNs: number; rawNs: number; ratio: number; bytes: number }> {
  const sources = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`part-${index}.yaml`, `${index} `.repeat(1300)]),
  );
  const bytes = await makeBundle(desk, 1_000_000, { sources });
  const root = await verifyRoot(desk.root);
  const storage = createFileStorage(join(desk.folder, "state"));
  const digest = "a".repeat(64);
  const [ours, raw]: [number[], number[]] = [[], []];
  for (let round = 0; round < count; round += 1) {
    const began = performance.now();
    await verifyBundle(bytes, { root, now: Date.now(), name: NAME, core: "0.1.0" });
    await storage.write(`bundles/${digest}.json`, bytes);
    ours.push((performance.now() - began) * NS);
    const begunRaw = performance.now();
    await verifyRoot(desk.root);
    createHash("sha256").update(bytes).digest();
    const file = await open(join(desk.folder, "raw"), "w");
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
    raw.push((performance.now() - begunRaw) * NS);
  }
  await storage.close?.();
  const [medianNs, rawNs] = [medianOf(ours), medianOf(raw)];
  return { medianNs, rawNs, ratio: medianNs / rawNs, bytes: bytes.length };
}

function medianOf(list: readonly number[]): number {
  return quantile(
    list.toSorted((a, b) => a - b),
    0.5,
  );
}

async function weighRules(count: number): Promise<number> {
  const document = createDocument(createRules(count));
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const guard = await createGuard({ policy: document });
  globalThis.gc?.();
  const used = process.memoryUsage().heapUsed - before;
  await guard.policy();
  return used;
}

async function timeSwaps(desk: Desk): Promise<{ p99Ns: number; calmP99Ns: number; ratio: number }> {
  const where = { name: NAME, channel: "swap" };
  const { createMemorySource } = await import("@portcullis/bundle");
  const source = createMemorySource(where);
  const client = createBundleClient({
    ...where,
    initialRoot: desk.root,
    source,
    storage: createMemoryStorage(),
    instance: "bench",
    core: "0.1.0",
    refreshSeconds: 0,
  });
  const guard = await createGuard({ policy: client });
  const swap = async (serial: number): Promise<void> => {
    await publishBundle({
      target: {
        read: async (path) => kept.get(path),
        write: async (path, bytes) => {
          kept.set(path, bytes);
          source.set(path, bytes);
        },
        exclusively: (work) => work(),
      },
      ...where,
      roots: [desk.root],
      bundle: await makeBundle(desk, serial),
      headSigner: desk.signer,
      now: Date.now(),
      core: "0.1.0",
    });
    await client.refresh();
  };
  const kept = new Map<string, Uint8Array>();
  await swap(1);
  const context = { principal: trustedPrincipal({ agent: { id: "agent-1" } }) };
  const load = async (until: () => boolean): Promise<number> => {
    const times: number[] = [];
    while (!until()) {
      const began = performance.now();
      await guard.check({ callId: "1", tool: "tool-1", args: {} }, context);
      times.push((performance.now() - began) * NS);
      if (times.length % 20 === 0) await sleep(0);
    }
    return quantile(
      times.toSorted((a, b) => a - b),
      0.99,
    );
  };
  await load(deadline(300));
  const calmP99Ns = await load(deadline(1000));
  let isDone = false;
  const swapping = (async () => {
    for (let serial = 2; serial <= 21; serial += 1) await swap(serial);
    isDone = true;
  })();
  const p99Ns = await load(() => isDone);
  await swapping;
  return { p99Ns, calmP99Ns, ratio: p99Ns / calmP99Ns };
}

function deadline(ms: number): () => boolean {
  const end = performance.now() + ms;
  return () => performance.now() >= end;
}
