import { afterEach, describe, expect, test } from "vitest";
import type { BundleClient, Envelope, RefreshResult, VerifiedRoot } from "../src/index.ts";
import { createMemoryStorage, rotateRoot, verifyRoot } from "../src/index.ts";
import type { RotateRootOptions } from "../src/index.ts";
import {
  change,
  DAY,
  HOUR,
  makeBundle,
  makeHead,
  must,
  newSigner,
  NOW,
  openDesk,
  outcomeOf,
  PERMIT_PAY,
  policyOf,
  READ_TEST,
  sign,
  targetOf,
  toBytes,
  unsignedHead,
} from "./support/desk.ts";
import type { Desk } from "./support/desk.ts";
import { setStage } from "./support/stage.ts";
import type { SourceKind, Stage } from "./support/stage.ts";

const stages: Stage[] = [];
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

async function open(...args: Parameters<typeof setStage>): Promise<Stage> {
  const stage = await setStage(...args);
  stages.push(stage);
  return stage;
}

/** What a refresh came to, in one line. */
function told(result: RefreshResult): string {
  if (result.kind !== "failed") return `${result.kind} ${result.serial}`;
  return `${result.stage} ${result.error.code} ${result.error.fields.reason ?? ""}`;
}

const refresh = async ({ client }: { client: BundleClient }): Promise<string> =>
  told(await client.refresh());

/** The serial in force for a tool, or the reason why there is none. */
function inForce(client: BundleClient, tool?: string): number | string {
  try {
    return client.current(tool).ref.serial;
  } catch (error) {
    return (error as { fields: { reason: string } }).fields.reason;
  }
}

/** The next root of a stage, signed by two of its root signers. */
async function nextRoot(
  desk: Desk,
  previous: VerifiedRoot,
  options: Partial<RotateRootOptions> = {},
): Promise<Envelope> {
  const unsigned = await rotateRoot(previous, { expires: NOW + 400 * DAY, ...options });
  return sign(unsigned, ...desk.rootSigners.slice(0, 2));
}

const PAY = "payments.pay";

async function reread(stage: Stage, digest: string): Promise<Envelope> {
  const bytes = await stage.storage.read(`bundles/${digest.slice(7)}.json`);
  return JSON.parse(Buffer.from(must(bytes)).toString());
}

async function rotatePolicy(
  stage: Stage,
  fresh: readonly Awaited<ReturnType<typeof newSigner>>[],
): Promise<Envelope> {
  return nextRoot(stage.desk, stage.desk.root, {
    add: fresh.map(({ publicJwk }) => ({ role: "policy", key: publicJwk })),
    remove: stage.desk.policySigners.map(({ keyid }) => ({ role: "policy", keyid })),
  });
}

const restarted = async (stage: Stage, options: object = {}): Promise<BundleClient> => {
  const again = stage.restart(options);
  await again.start();
  return again;
};

const edit = async (stage: Stage, bend: (state: Record<string, unknown>) => void) => {
  const bytes = await stage.storage.read("state.json");
  const state = JSON.parse(Buffer.from(must(bytes)).toString());
  bend(state);
  await stage.storage.write("state.json", new TextEncoder().encode(JSON.stringify(state)));
};

const withCanary = async (mode: "enforce" | "shadow", parts: object = {}): Promise<Stage> => {
  const stage = await open();
  const main = await stage.publish(42);
  await refresh(stage);
  const canary = await stage.putBundle(await makeBundle(stage.desk, 43, parts));
  await stage.publishHead(main, {
    canary: { ...canary, id: "canary" },
    rollout: { mode, salt: "a", basisPoints: 10_000 },
  });
  return stage;
};

describe.for(["memory", "directory", "http"] as const)("a client over %s", (kind: SourceKind) => {
  test("basic refresh: order and number of requests, and what is kept", async () => {
    const stage = await open(kind);
    expect(inForce(stage.client)).toBe("no-bundle");
    const target = await stage.publish(42);
    expect(await refresh(stage)).toBe("activated 42");
    expect(stage.requests.splice(0)).toEqual(["root 2", "head", "bundle"]);
    expect(stage.client.current()).toMatchObject({
      ref: { name: "payments", serial: 42, digest: target.digest },
      target: "main",
      since: NOW,
    });
    const blob = await stage.storage.read(`bundles/${target.digest.slice(7)}.json`);
    expect(blob).toEqual(toBytes(await reread(stage, target.digest)));
    expect(await refresh(stage)).toBe("confirmed 42");
    // No second download of an unchanged digest.
    expect(stage.requests).toEqual(["root 2", "head if changed"]);
  });

  test("several changes, one after the other", async () => {
    const stage = await open(kind);
    for (const serial of [40, 41, 45]) {
      await stage.publish(serial);
      expect(await refresh(stage)).toBe(`activated ${serial}`);
      expect(inForce(stage.client)).toBe(serial);
    }
  });

  test("root withheld: a head that knows a newer root is refused", async () => {
    const stage = await open(kind);
    await stage.publish(42, {}, { rootVersion: 2 });
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_ROLLBACK root-behind");
    expect(inForce(stage.client)).toBe("no-bundle");
  });

  test("head rollback", async () => {
    const stage = await open(kind);
    const first = await stage.publish(42);
    const old = await makeHead(stage.desk, first, { version: 1 });
    await stage.publish(43);
    expect(await refresh(stage)).toBe("activated 43");
    await stage.putHead(old);
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_ROLLBACK head-rollback");
    expect(inForce(stage.client)).toBe(43);
  });

  test("bundle rollback: a newer head that names an older bundle", async () => {
    const stage = await open(kind);
    const first = await stage.publish(42);
    await stage.publish(43);
    expect(await refresh(stage)).toBe("activated 43");
    await stage.publishHead(first);
    expect(await refresh(stage)).toBe("prepare ERR_BUNDLE_ROLLBACK bundle-rollback");
    expect(inForce(stage.client)).toBe(43);
  });

  test("min_serial rollback", async () => {
    const stage = await open(kind);
    const target = await stage.publish(42, {}, { minSerial: 41 });
    expect(await refresh(stage)).toBe("activated 42");
    await stage.publishHead(target, { minSerial: 40 });
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_ROLLBACK head-rollback");
  });

  test("equivocation: two heads with one version are an alarm", async () => {
    const stage = await open(kind);
    const target = await stage.publish(42);
    await refresh(stage);
    await stage.publishHead(target, { version: 1, minSerial: 1 });
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_ROLLBACK head-equivocation");
    expect(stage.statuses.at(-1)?.last_error).toMatchObject({ reason: "head-equivocation" });
  });

  test("the same head signed again is no equivocation", async () => {
    const stage = await open(kind);
    const target = await stage.publish(42);
    await refresh(stage);
    const again = await makeHead(stage.desk, target, { version: 1 });
    await stage.putHead({ ...again, signatures: [...again.signatures, ...again.signatures] });
    expect(await refresh(stage)).toBe("confirmed 42");
  });

  test("withheld bundle: fresh heads alone do not keep the old one fresh", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    await refresh(stage);
    const withheld = await targetOf(await makeBundle(stage.desk, 43));
    for (let minutes = 10; minutes <= 60; minutes += 10) {
      stage.clock.advance(600_000);
      await stage.publishHead(withheld);
      expect(await refresh(stage)).toBe("bundle ERR_BUNDLE_UNAVAILABLE not-found");
      expect(inForce(stage.client, PAY)).toBe(minutes < 60 ? 42 : "head-stale");
    }
    expect(inForce(stage.client, "payments.read")).toBe(42);
  });

  test("min_serial stop: the head alone puts a bundle out of force", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    await refresh(stage);
    const next = await targetOf(await makeBundle(stage.desk, 43));
    await stage.publishHead(next, { minSerial: 43 });
    expect(await refresh(stage)).toBe("bundle ERR_BUNDLE_UNAVAILABLE not-found");
    expect(inForce(stage.client)).toBe("below-minimum");
    // Persisted before the bundle was fetched: a restart does not bring it back.
    const again = stage.restart();
    await again.start();
    expect(inForce(again)).toBe("below-minimum");
  });

  test("mix and match: another bundle under the digest of the head", async () => {
    const stage = await open(kind);
    const target = await stage.publish(43);
    const other = await makeBundle(stage.desk, 43, { policy: policyOf(PERMIT_PAY) });
    const bytes = toBytes(other);
    await stage.put(`payments/bundle/${target.digest.slice(7)}.json`, bytes);
    await stage.publishHead({ ...target, size: bytes.length });
    expect(await refresh(stage)).toBe("prepare ERR_BUNDLE_INVALID digest-mismatch");
  });

  test("a target whose serial is not the bundle's", async () => {
    const stage = await open(kind);
    const target = await stage.putBundle(await makeBundle(stage.desk, 42));
    await stage.publishHead({ ...target, serial: 43 });
    expect(await refresh(stage)).toBe("prepare ERR_BUNDLE_INVALID serial-mismatch");
  });

  test("oversize: more bytes than the head says are not read", async () => {
    const stage = await open(kind);
    const target = await stage.putBundle(await makeBundle(stage.desk, 42));
    await stage.publishHead({ ...target, size: target.size - 1 });
    expect(await refresh(stage)).toBe("bundle ERR_BUNDLE_INVALID too-large");
  });

  test("url and version mismatch: 2.json that holds version 3", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    const second = await nextRoot(stage.desk, stage.desk.root);
    const verified = await verifyRoot(toBytes(second), { previous: stage.desk.root });
    await stage.putRoot(2, await nextRoot(stage.desk, verified));
    expect(await refresh(stage)).toBe("root ERR_BUNDLE_ROLLBACK root-version");
  });

  test("root of another name with common signers", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    const next = await nextRoot(stage.desk, stage.desk.root);
    const foreign = await sign(
      change(next, { names: ["refunds"] }),
      ...stage.desk.rootSigners.slice(0, 2),
    );
    await stage.putRoot(2, foreign);
    expect(await refresh(stage)).toBe("root ERR_BUNDLE_INVALID wrong-name");
  });

  test("wrong channel and wrong name", async () => {
    const stage = await open(kind);
    const target = await stage.publish(42);
    await stage.putHead(await makeHead(stage.desk, target, { channel: "staging" }));
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_INVALID wrong-channel");
    await stage.putHead(await makeHead(stage.desk, target, { name: "refunds" }));
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_INVALID wrong-name");
  });

  test("absent head or bundle keeps the old one; an absent root is normal", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    await refresh(stage);
    await stage.put("payments/head/production.json", undefined);
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_UNAVAILABLE not-found");
    expect(inForce(stage.client, PAY)).toBe(42);
  });

  test("expired root: it is taken, and nothing else is", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    const expiring = await rotateRoot(stage.desk.root, { expires: NOW + HOUR });
    await stage.putRoot(2, await sign(expiring, ...stage.desk.rootSigners.slice(0, 2)));
    stage.clock.advance(2 * HOUR);
    expect(await refresh(stage)).toBe("root ERR_BUNDLE_EXPIRED root-expired");
    expect(stage.client.status().root_version).toBe(2);
    expect(stage.client.status().head_version).toBeNull();
    // A local root that has expired leads to its successor.
    const second = await verifyRoot(
      toBytes(await sign(expiring, ...stage.desk.rootSigners.slice(0, 2))),
      { previous: stage.desk.root },
    );
    await stage.putRoot(3, await nextRoot(stage.desk, second));
    await stage.publish(42, {}, { rootVersion: 3 });
    expect(await refresh(stage)).toBe("activated 42");
  });

  test("expired head and expired bundle", async () => {
    const stage = await open(kind);
    await stage.publish(42, { expires: NOW + 2 * HOUR });
    stage.clock.advance(HOUR);
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_EXPIRED head-expired");
    await stage.publish(42, { expires: NOW + 2 * HOUR });
    expect(await refresh(stage)).toBe("activated 42");
    stage.clock.advance(HOUR);
    expect(inForce(stage.client, "payments.read")).toBe("bundle-expired");
    await stage.publish(42, { expires: NOW + 2 * HOUR });
    expect(await refresh(stage)).toBe("prepare ERR_BUNDLE_EXPIRED bundle-expired");
  });

  test("policy keys rotated away: the active bundle is dropped", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    await refresh(stage);
    const fresh = [await newSigner(), await newSigner()];
    await stage.putRoot(2, await rotatePolicy(stage, fresh));
    expect(await refresh(stage)).toContain("ERR_BUNDLE");
    expect(inForce(stage.client)).toBe("threshold");
  });

  test("no gap during a rotation that is published in one run", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    await refresh(stage);
    const fresh = [await newSigner(), await newSigner()];
    await stage.putRoot(2, await rotatePolicy(stage, fresh));
    await stage.publish(43, { signers: fresh }, { rootVersion: 2 });
    const seen = new Set<number | string>();
    const refreshing = stage.client.refresh();
    const watching = setInterval(() => seen.add(inForce(stage.client, PAY)), 0);
    await refreshing;
    clearInterval(watching);
    seen.add(inForce(stage.client, PAY));
    expect(told(await refreshing)).toBe("activated 43");
    expect([...seen].every((serial) => serial === 42 || serial === 43)).toBe(true);
  });

  test("the same payload signed again by other keys is fetched past what is known", async () => {
    const stage = await open(kind);
    const signers = stage.desk.policySigners;
    await stage.publish(42);
    await refresh(stage);
    const fresh = await newSigner();
    const rotated = await nextRoot(stage.desk, stage.desk.root, {
      add: [{ role: "policy", key: fresh.publicJwk }],
      remove: [{ role: "policy", keyid: signers[0].keyid }],
    });
    await stage.putRoot(2, rotated);
    await stage.publish(42, { signers: [signers[1], fresh] }, { rootVersion: 2 });
    stage.requests.splice(0);
    expect(await refresh(stage)).toBe("activated 42");
    expect(stage.requests).toEqual(["root 2", "root 3", "head", "bundle"]);
  });

  test("a revoked bundle is dropped with the root", async () => {
    const stage = await open(kind);
    const target = await stage.publish(42);
    await refresh(stage);
    await stage.putRoot(
      2,
      await nextRoot(stage.desk, stage.desk.root, { revoke: [target.digest] }),
    );
    expect(await refresh(stage)).toBe("prepare ERR_BUNDLE_INVALID bundle-revoked");
    expect(inForce(stage.client)).toBe("bundle-revoked");
  });

  test("fast-forward recovery: a new head key forgets the old head", async () => {
    const stage = await open(kind);
    const target = await stage.publish(42, {}, { version: 1_000_000, minSerial: 42 });
    await refresh(stage);
    const fresh = await newSigner();
    const rotated = await nextRoot(stage.desk, stage.desk.root, {
      add: [{ role: "head", key: fresh.publicJwk }],
      remove: [{ role: "head", keyid: stage.desk.headSigner.keyid }],
    });
    await stage.putRoot(2, rotated);
    // The old key counts for nothing now.
    await stage.publishHead(target, { version: 1_000_001, minSerial: 42, rootVersion: 2 });
    expect(await refresh(stage)).toBe("head ERR_BUNDLE_SIGNATURE threshold");
    const head = await makeHead({ headSigner: fresh }, target, { version: 2, rootVersion: 2 });
    await stage.putHead(head);
    expect(await refresh(stage)).toBe("confirmed 42");
    expect(inForce(stage.client, PAY)).toBe(42);
  });

  test("epoch reset: all floors are forgotten, and a bundle below them is taken", async () => {
    const stage = await open(kind);
    await stage.publish(900, {}, { version: 77, minSerial: 900 });
    await refresh(stage);
    await stage.putRoot(2, await nextRoot(stage.desk, stage.desk.root, { isNewEpoch: true }));
    const target = await stage.putBundle(await makeBundle(stage.desk, 43));
    await stage.publishHead(target, { version: 1, rootVersion: 2, epoch: 2 });
    expect(await refresh(stage)).toBe("activated 43");
  });

  test("self-test failing keeps the old bundle", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    await refresh(stage);
    await stage.publish(43, { tests: [{ ...READ_TEST, expect: { outcome: "deny" } }] });
    expect(await refresh(stage)).toBe("prepare ERR_BUNDLE_INVALID self-test");
    expect(inForce(stage.client, PAY)).toBe(42);
    const { last_error: error } = stage.client.status();
    expect(error).toMatchObject({
      stage: "prepare",
      code: "ERR_BUNDLE_INVALID",
      reason: "self-test",
    });
  });

  test("core and feature too old, critical refused, namespace escape: the old one stays", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    await refresh(stage);
    const cases = [
      [{ requires: { core: "0.2.0" } }, "core-too-old"],
      [{ requires: { core: "0.1.0", features: ["x-1"] } }, "core-too-old"],
      [{ critical: ["x"] }, "unknown-critical"],
      [{ namespaces: ["payments.read"] }, "namespace"],
    ] as const;
    for (const [index, [manifest, reason]] of cases.entries()) {
      await stage.publish(43 + index, { manifest });
      expect(await refresh(stage)).toBe(`prepare ERR_BUNDLE_INVALID ${reason}`);
      expect(inForce(stage.client, PAY)).toBe(42);
    }
  });

  test("pending: a bundle that is not valid yet is waited for", async () => {
    const stage = await open(kind);
    await stage.publish(42);
    await refresh(stage);
    const target = await stage.publish(43, { notBefore: NOW + 600_000 });
    expect(await refresh(stage)).toBe("pending 43");
    expect(stage.client.status().pending).toEqual({ serial: 43, digest: target.digest });
    expect(inForce(stage.client)).toBe(42);
    stage.clock.advance(600_000);
    expect(await refresh(stage)).toBe("activated 43");
    expect(stage.client.status().pending).toBeNull();
  });

  test("canary: the chosen instance takes it, and main again when it ends", async () => {
    const stage = await open(kind);
    const main = await stage.publish(42);
    const canary = await stage.putBundle(await makeBundle(stage.desk, 43));
    const rollout = { mode: "enforce", salt: "a", basisPoints: 10_000 } as const;
    await stage.publishHead(main, { canary: { ...canary, id: "canary" }, rollout });
    expect(await refresh(stage)).toBe("activated 43");
    expect(stage.client.current().target).toBe("canary");
    await stage.publishHead(main);
    expect(await refresh(stage)).toBe("activated 42");
  });
});

describe("time", () => {
  test("a clock that goes back is refused, by the head it has seen and by its own past", async () => {
    const stage = await open();
    await stage.publish(42);
    await refresh(stage);
    stage.clock.set(NOW - 300_000);
    expect(inForce(stage.client)).toBe(42);
    stage.clock.set(NOW - 300_001);
    expect(inForce(stage.client)).toBe("clock-rollback");
    expect(await refresh(stage)).toBe("clock ERR_BUNDLE_ROLLBACK clock-rollback");
    // After a restart the head's own time is what is left.
    const again = stage.restart();
    await again.start();
    expect(inForce(again)).toBe("clock-rollback");
  });

  test("a clock that once ran ahead poisons nothing on disk", async () => {
    const stage = await open();
    await stage.publish(42);
    await refresh(stage);
    stage.clock.set(NOW + 10 * DAY);
    expect(inForce(stage.client)).toBe("head-stale");
    await refresh(stage);
    stage.clock.set(NOW + 60_000);
    const again = stage.restart();
    await again.start();
    expect(inForce(again, PAY)).toBe(42);
    expect(told(await again.refresh())).toBe("confirmed 42");
  });

  test.for([
    ["fresh until the head expires", HOUR - 1, 42, 42],
    ["stale: reading goes on, effects stop at once", HOUR, 42, "head-stale"],
    ["stale for a day", HOUR + DAY - 1, 42, "head-stale"],
    ["stale for longer", HOUR + DAY, "head-stale", "head-stale"],
    ["expired: nothing", 30 * DAY, "bundle-expired", "bundle-expired"],
  ] as const)("%s", async ([, later, read, pay]) => {
    const stage = await open();
    await stage.publish(42);
    await refresh(stage);
    stage.clock.set(NOW + later);
    expect(inForce(stage.client, "payments.read")).toBe(read);
    expect(inForce(stage.client)).toBe(read);
    expect(inForce(stage.client, PAY)).toBe(pay);
    expect(inForce(stage.client, "payments.unknown")).toBe(pay);
    expect(inForce(stage.client, "toString")).toBe(pay);
  });

  test("how long stale bundles serve can be set, for each class of tools", async () => {
    const stage = await open("memory", {
      maxStale: { readOnlySeconds: 60, sideEffectsSeconds: 30 },
    });
    await stage.publish(42);
    await refresh(stage);
    stage.clock.set(NOW + HOUR + 29_999);
    expect(inForce(stage.client, PAY)).toBe(42);
    stage.clock.set(NOW + HOUR + 30_000);
    expect([inForce(stage.client, PAY), inForce(stage.client)]).toEqual(["head-stale", 42]);
    stage.clock.set(NOW + HOUR + 60_000);
    expect(inForce(stage.client)).toBe("head-stale");
  });

  test("a source that never answers ends the refresh, and the old bundle stays", async () => {
    const stage = await open("memory", {
      source: {
        root: () => new Promise(() => undefined),
        head: () => Promise.reject(new Error("never asked")),
        bundle: () => Promise.reject(new Error("never asked")),
      },
    });
    const refreshing = stage.client.refresh();
    await new Promise((resolve) => setTimeout(resolve, 20));
    stage.clock.advance(30_000);
    expect(told(await refreshing)).toBe("root ERR_BUNDLE_UNAVAILABLE timeout");
  });

  test("a refresh that is asked for while one runs is that one", async () => {
    const stage = await open();
    await stage.publish(42);
    const [first, second] = await Promise.all([stage.client.refresh(), stage.client.refresh()]);
    expect(first).toBe(second);
    expect(stage.requests).toEqual(["root 2", "head", "bundle"]);
  });
});

describe("restart", () => {
  test("what was active is active again, without a request", async () => {
    const stage = await open();
    await stage.publish(42);
    await refresh(stage);
    stage.requests.splice(0);
    const again = await restarted(stage);
    expect(inForce(again, PAY)).toBe(42);
    expect(stage.requests).toEqual([]);
  });

  test("roots above the pinned one are replayed", async () => {
    const stage = await open();
    await stage.putRoot(2, await nextRoot(stage.desk, stage.desk.root));
    await stage.publish(42, {}, { rootVersion: 2 });
    expect(await refresh(stage)).toBe("activated 42");
    const again = await restarted(stage);
    expect(again.status().root_version).toBe(2);
    expect(inForce(again, PAY)).toBe(42);
  });

  test.for([
    ["truncated", "{"],
    ["empty", ""],
    ["of another spec", '{"spec":"2"}'],
    ["no object", "[]"],
  ] as const)("a state that is %s is as if there were none, and says so", async ([, text]) => {
    const stage = await open();
    await stage.publish(42);
    await refresh(stage);
    await stage.storage.write("state.json", new TextEncoder().encode(text));
    const again = await restarted(stage);
    expect(inForce(again)).toBe("malformed");
    expect(again.status().last_error).toMatchObject({ stage: "state", reason: "malformed" });
    expect(told(await again.refresh())).toBe("activated 42");
  });

  test("a forged state is verified like everything else", async () => {
    const stage = await open();
    const thief = await openDesk();
    await stage.publish(42);
    await refresh(stage);
    const forged = await makeBundle(thief, 43, { policy: policyOf(PERMIT_PAY) });
    const target = await targetOf(forged);
    await stage.storage.write(`bundles/${target.digest.slice(7)}.json`, toBytes(forged));
    await edit(stage, (state) => {
      state["active"] = target.digest;
    });
    expect(inForce(await restarted(stage))).toBe("no-bundle");
    const text = Buffer.from(toBytes(await makeHead(thief, target))).toString();
    const head = JSON.parse(text);
    await edit(stage, (state) => {
      state["head"] = head;
      state["confirming"] = head;
    });
    expect(inForce(await restarted(stage))).toBe("threshold");
    const root = JSON.parse(Buffer.from(thief.rootBytes).toString());
    await edit(stage, (state) => {
      state["roots"] = [root];
    });
    expect(inForce(await restarted(stage))).toBe("threshold");
  });

  test("a blob that was changed on disk is refused", async () => {
    const stage = await open();
    const target = await stage.publish(42);
    await refresh(stage);
    const path = `bundles/${target.digest.slice(7)}.json`;
    const text = Buffer.from(must(await stage.storage.read(path))).toString();
    const bent = text.replace(String.raw`\"agents\":[\"bot\"]`, String.raw`\"agents\":[\"dog\"]`);
    expect(bent).not.toBe(text);
    await stage.storage.write(path, new TextEncoder().encode(bent));
    expect(inForce(await restarted(stage))).toBe("file-digest");
  });

  test("a blob that is gone denies until the next refresh", async () => {
    const stage = await open();
    const target = await stage.publish(42);
    await refresh(stage);
    await stage.storage.remove(`bundles/${target.digest.slice(7)}.json`);
    const again = await restarted(stage);
    expect(inForce(again)).toBe("no-bundle");
    expect(told(await again.refresh())).toBe("activated 42");
  });

  test("what has expired meanwhile denies", async () => {
    const stage = await open();
    await stage.publish(42);
    await refresh(stage);
    stage.clock.set(NOW + 31 * DAY);
    expect(inForce(await restarted(stage))).toBe("bundle-expired");
  });

  test("a stale head serves reading tools alone after a restart", async () => {
    const stage = await open();
    await stage.publish(42);
    await refresh(stage);
    stage.clock.set(NOW + 2 * HOUR);
    const again = await restarted(stage);
    expect([inForce(again), inForce(again, PAY)]).toEqual([42, "head-stale"]);
  });

  test("another core, another name", async () => {
    const stage = await open();
    await stage.publish(42, { core: "0.1.0" });
    await refresh(stage);
    expect(inForce(await restarted(stage, { core: "0.0.9" }))).toBe("core-too-old");
    await expect(restarted(stage, { name: "refunds" })).rejects.toMatchObject({
      fields: { reason: "wrong-name" },
    });
  });

  test("the serial floor survives", async () => {
    const stage = await open();
    const first = await stage.publish(42);
    await stage.publish(43);
    await refresh(stage);
    await stage.publishHead(first);
    const again = await restarted(stage);
    expect(told(await again.refresh())).toBe("prepare ERR_BUNDLE_ROLLBACK bundle-rollback");
  });

  test("disk full: reported once, and the bundle is active all the same", async () => {
    let writes = 0;
    const stage = await open("memory", {
      storage: {
        read: () => Promise.resolve(undefined),
        write() {
          writes += 1;
          return Promise.reject(new Error("ENOSPC"));
        },
        remove: () => Promise.resolve(),
      },
    });
    await stage.publish(42);
    expect(await refresh(stage)).toBe("activated 42");
    expect(inForce(stage.client, PAY)).toBe(42);
    expect(writes).toBeGreaterThan(1);
    const reports = stage.statuses.filter(({ last_error: error }) => error?.stage === "persist");
    expect(reports[0]?.last_error).toMatchObject({ reason: "storage" });
  });

  test("the active blob and the one before it are kept, older ones are not", async () => {
    const stage = await open();
    const digests: string[] = [];
    for (const serial of [40, 41, 42]) {
      digests.push((await stage.publish(serial)).digest);
      await refresh(stage);
    }
    const kept = await Promise.all(
      digests.map(async (digest) => stage.storage.read(`bundles/${digest.slice(7)}.json`)),
    );
    expect(kept.map((bytes) => bytes !== undefined)).toEqual([false, true, true]);
  });
});

describe("initial root", () => {
  test("unsigned, foreign or malformed: the start is refused", async () => {
    const stage = await open();
    const unsigned = {
      ...JSON.parse(Buffer.from(stage.desk.rootBytes).toString()),
      signatures: [],
    };
    const start = (initialRoot: Uint8Array): Promise<string> =>
      outcomeOf(() => stage.restart({ initialRoot }).start());
    expect(await start(toBytes(unsigned))).toBe("ERR_BUNDLE_SIGNATURE threshold");
    expect(await start(new TextEncoder().encode("{}"))).toBe("ERR_BUNDLE_INVALID malformed");
    expect(await start((await openDesk(["refunds"])).rootBytes)).toBe(
      "ERR_BUNDLE_INVALID wrong-name",
    );
    expect(await start(stage.desk.rootBytes)).toBe("ok");
  });

  test("a chain of roots is followed to its end in one refresh", async () => {
    const stage = await open();
    let previous = stage.desk.root;
    for (let version = 2; version <= 12; version += 1) {
      const next = await nextRoot(stage.desk, previous);
      await stage.putRoot(version, next);
      previous = await verifyRoot(toBytes(next), { previous });
    }
    await stage.publish(42, {}, { rootVersion: 12 });
    expect(await refresh(stage)).toBe("activated 42");
    expect(stage.client.status().root_version).toBe(12);
  });

  test("roots before a broken one stay accepted", async () => {
    const stage = await open();
    const second = await nextRoot(stage.desk, stage.desk.root);
    await stage.putRoot(2, second);
    await stage.putRoot(3, second);
    expect(await refresh(stage)).toBe("root ERR_BUNDLE_ROLLBACK root-version");
    expect(stage.client.status().root_version).toBe(2);
  });

  test("issuers come from the newest root", async () => {
    const stage = await open();
    const issuer = await newSigner();
    const root = await nextRoot(stage.desk, stage.desk.root, {
      issuers: [{ iss: "https://tokens.example", keys: [issuer.publicJwk] }],
    });
    await stage.putRoot(2, root);
    await refresh(stage);
    expect(stage.client.issuers()).toEqual([
      { iss: "https://tokens.example", keys: [issuer.publicJwk] },
    ]);
  });
});

describe("canary", () => {
  test("share: 20 to 65 of 400 instances at 10 %", async () => {
    const { chooseTargets } = await import("../src/client/choose-targets.ts");
    const { readHeadDocument } = await import("../src/head-document.ts");
    const { payloadOf } = await import("./support/desk.ts");
    const desk = await openDesk();
    const main = await targetOf(await makeBundle(desk, 42));
    const canary = { ...main, id: "canary", serial: 43 } as const;
    const rollout = { mode: "enforce", salt: "2026-11-20a", basisPoints: 1000 } as const;
    const unsigned = await unsignedHead(main, { canary, rollout });
    const head = readHeadDocument(payloadOf(unsigned) as never);
    const chosen = await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        chooseTargets(head, { instance: `pay-${index}`, abandoned: undefined }),
      ),
    );
    const share = chosen.filter(({ target }) => target.id === "canary").length;
    expect(share).toBeGreaterThanOrEqual(20);
    expect(share).toBeLessThanOrEqual(65);
    expect(await chooseTargets(head, { instance: "pay-3", abandoned: undefined })).toEqual(
      chosen[3],
    );
  });

  test("error rate: the instance falls back to main by itself, and stays there", async () => {
    const stage = await withCanary("enforce");
    expect(await refresh(stage)).toBe("activated 43");
    const { digest } = stage.client.current().ref;
    for (let count = 0; count < 60; count += 1) {
      stage.client.observe({ digest, outcome: "deny", erred: count % 10 === 0 });
    }
    await expect.poll(() => inForce(stage.client)).toBe(42);
    expect(stage.client.status().last_error).toMatchObject({ stage: "canary" });
    expect(await refresh(stage)).toBe("confirmed 42");
    const again = stage.restart();
    await again.start();
    expect(told(await again.refresh())).toBe("confirmed 42");
  });

  test("error rate: the fall-back works while the server is away", async () => {
    const stage = await withCanary("enforce");
    await refresh(stage);
    const { digest } = stage.client.current().ref;
    await stage.put("payments/head/production.json", undefined);
    const main = stage.client.status().active;
    expect(main?.serial).toBe(43);
    for (let count = 0; count < 60; count += 1) {
      stage.client.observe({ digest, outcome: "deny", erred: true });
    }
    await expect.poll(() => inForce(stage.client)).toBe(42);
  });

  test("errors of another bundle, and few errors, change nothing", async () => {
    const stage = await withCanary("enforce");
    await refresh(stage);
    const { digest } = stage.client.current().ref;
    for (let count = 0; count < 300; count += 1) {
      stage.client.observe({ digest: "sha256:other", outcome: "deny", erred: true });
      stage.client.observe({ digest, outcome: "permit", erred: count % 50 === 0 });
    }
    await stage.client.refresh();
    expect(inForce(stage.client)).toBe(43);
  });

  test("shadow: main is in force, the canary is tried, its differences are counted", async () => {
    const stage = await withCanary("shadow");
    expect(await refresh(stage)).toBe("confirmed 42");
    const shadow = stage.client.shadow();
    expect([inForce(stage.client), shadow?.ref.serial]).toEqual([42, 43]);
    const { digest } = stage.client.current().ref;
    const of = (outcome: "permit" | "deny", erred = false) => ({
      digest: shadow?.ref.digest ?? "",
      outcome,
      erred,
    });
    stage.client.observe({ digest, outcome: "permit", erred: false, shadow: of("permit") });
    stage.client.observe({ digest, outcome: "permit", erred: false, shadow: of("deny", true) });
    expect(stage.client.status().shadow).toMatchObject({
      serial: 43,
      decisions: 2,
      differences: 1,
      errors: 1,
    });
  });

  test("shadow failure is reported and touches nothing", async () => {
    const stage = await withCanary("shadow", {
      tests: [{ ...READ_TEST, expect: { outcome: "deny" } }],
    });
    expect(await refresh(stage)).toBe("confirmed 42");
    expect(stage.client.shadow()).toBeUndefined();
    expect(stage.client.status().last_error).toMatchObject({
      stage: "shadow",
      reason: "self-test",
    });
    expect(inForce(stage.client, PAY)).toBe(42);
  });

  test("the floor does not rise for a canary", async () => {
    const stage = await withCanary("enforce");
    await refresh(stage);
    const main = await stage.putBundle(await makeBundle(stage.desk, 42));
    await stage.publishHead(main);
    expect(await refresh(stage)).toBe("activated 42");
  });
});

describe("status", () => {
  test("the same failure is told once, not at every refresh", async () => {
    const stage = await open();
    await stage.publish(42);
    await refresh(stage);
    await stage.put("payments/head/production.json", undefined);
    const before = stage.statuses.length;
    for (let count = 0; count < 5; count += 1) await refresh(stage);
    expect(stage.statuses.length - before).toBe(1);
    await stage.publish(43);
    await refresh(stage);
    expect(stage.statuses.at(-1)).toMatchObject({ last_error: null, active: { serial: 43 } });
  });

  test("a listener that throws stops nothing", async () => {
    const stage = await open("memory", {
      onStatus() {
        throw new Error("listener");
      },
    });
    await stage.publish(42);
    expect(await refresh(stage)).toBe("activated 42");
  });

  test("a refusal names document, role and reason", async () => {
    const stage = await open();
    const target = await stage.putBundle(
      await makeBundle(stage.desk, 42, { signers: [stage.desk.policySigners[0]] }),
    );
    await stage.publishHead(target);
    const result = await stage.client.refresh();
    expect(result).toMatchObject({
      kind: "failed",
      error: { fields: { document: "bundle", role: "policy", reason: "threshold" } },
    });
    expect(result.kind === "failed" ? result.error.message : "").toMatch(
      /bundle.*threshold.*policy/,
    );
  });
});

describe("options", () => {
  test.for([
    ["a name outside the grammar", { name: "Payments" }, "ERR_BUNDLE_INVALID wrong-name"],
    ["a name that goes up", { name: "../x" }, "ERR_BUNDLE_INVALID wrong-name"],
    ["a channel outside the grammar", { channel: "a/b" }, "ERR_BUNDLE_INVALID wrong-channel"],
    ["no instance", { instance: "" }, "ERR_OPTIONS_INVALID"],
    ["a core that is no version", { core: "latest" }, "ERR_OPTIONS_INVALID"],
    ["a negative time", { maxStale: { sideEffectsSeconds: -1 } }, "ERR_OPTIONS_INVALID"],
    ["a time that is none", { refreshSeconds: Number.NaN }, "ERR_OPTIONS_INVALID"],
  ] as const)("%s", async ([, options, expected]) => {
    const stage = await open();
    expect(await outcomeOf(() => stage.restart(options))).toBe(expected);
  });

  test("a storage that fails to read is as if it were empty", async () => {
    const storage = { ...createMemoryStorage(), read: () => Promise.reject(new Error("EIO")) };
    const stage = await open("memory", { storage });
    await stage.client.start();
    expect(stage.client.status().last_error).toMatchObject({ stage: "state", reason: "storage" });
    await stage.publish(42);
    expect(await refresh(stage)).toBe("activated 42");
  });
});
