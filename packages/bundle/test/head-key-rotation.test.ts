import { expect, test } from "vitest";
import type { BundleClient, BundleSource, Envelope, RotateRootOptions } from "../src/index.ts";
import { createMemorySource, rotateRoot } from "../src/index.ts";
import type { Desk } from "./support/desk.ts";
import {
  DAY,
  makeBundle,
  makeHead,
  newSigner,
  NOW,
  PERMIT_PAY,
  policyOf,
  sign,
  targetOf,
  toBytes,
} from "./support/desk.ts";
import { setStage } from "./support/stage.ts";

/** The serial in force for a tool, or why there is none. */
function inForce(client: BundleClient, tool?: string): number | string | undefined {
  try {
    return client.current(tool).ref?.serial;
  } catch (error) {
    return (error as { readonly fields: { readonly reason: string } }).fields.reason;
  }
}

async function rotated(desk: Desk, options: Partial<RotateRootOptions> = {}): Promise<Envelope> {
  const next = await rotateRoot(desk.root, { expires: NOW + 400 * DAY, ...options });
  return sign(next, ...desk.rootSigners.slice(0, 2));
}

/** The next root, with another head key. */
async function withFreshHead(desk: Desk): Promise<Envelope> {
  const fresh = await newSigner();
  return rotated(desk, {
    add: [{ role: "head", key: fresh.publicJwk }],
    remove: [{ role: "head", keyid: desk.headSigner.keyid }],
  });
}

test("a mirror that hangs behind a rotation makes nobody forget it", async () => {
  let hangs = false;
  const inner = createMemorySource({ name: "payments", channel: "production" });
  const source: BundleSource = {
    root: (version, signal) =>
      hangs && version === 3 ? new Promise(() => undefined) : inner.root(version, signal),
    head: (tag, signal) => inner.head(tag, signal),
    bundle: (digest, max, signal) => inner.bundle(digest, max, signal),
  };
  const stage = await setStage("memory");
  const { desk, clock } = stage;
  const client = stage.restart({ source });
  const put = async (bundle: Envelope) => {
    const target = await targetOf(bundle);
    inner.set(`payments/bundle/${target.digest.slice(7)}.json`, toBytes(bundle));
    return target;
  };
  const old = await put(await makeBundle(desk, 41, { policy: policyOf(PERMIT_PAY) }));
  const good = await put(await makeBundle(desk, 42));
  const oldHead = toBytes(await makeHead(desk, old, { version: 5 }));
  const head = await makeHead(desk, good, { version: 6, minSerial: 42 });
  inner.set("payments/head/production.json", toBytes(head));
  await client.start();
  await client.refresh();
  expect(inForce(client)).toBe(42);

  inner.set("payments/root/2.json", toBytes(await withFreshHead(desk)));
  hangs = true;
  const refresh = client.refresh();
  await expect.poll(() => client.status().root_version).toBe(2);
  clock.advance(31_000);
  expect(await refresh).toMatchObject({ kind: "failed" });

  // The mirror hides the rotation and replays what the stolen key has signed.
  hangs = false;
  inner.set("payments/root/2.json", undefined);
  inner.set("payments/head/production.json", oldHead);
  const again = stage.restart({ source });
  await again.start();
  await again.refresh();
  expect(again.status().root_version).toBe(2);
  expect(inForce(again, "payments.pay")).not.toBe(41);
});

test("a bundle that a head has stopped does not come back when the head's key goes", async () => {
  const stage = await setStage("memory");
  const { client, desk } = stage;
  await stage.publish(42, { policy: policyOf(PERMIT_PAY) });
  await client.start();
  await client.refresh();
  await stage.publishHead(await targetOf(await makeBundle(desk, 43)), { minSerial: 43 });
  await client.refresh();
  expect(inForce(client, "payments.read")).toBe("below-minimum");
  await stage.putRoot(2, await withFreshHead(desk));
  await stage.put("payments/head/production.json", undefined);
  await client.refresh();
  expect(inForce(client, "payments.read")).not.toBe(42);
});

test("an application that ships a newer root keeps what was stored under the older one", async () => {
  const stage = await setStage("memory");
  const { client, desk } = stage;
  const old = await stage.putBundle(await makeBundle(desk, 41));
  const oldHead = await makeHead(desk, old, { version: 1 });
  const next = await rotated(desk);
  await stage.putRoot(2, next);
  await stage.publish(42, {}, { version: 7, minSerial: 42 });
  await client.start();
  await client.refresh();
  await stage.putHead(oldHead);
  const again = stage.restart({ initialRoot: toBytes(next) });
  await again.start();
  expect(inForce(again)).toBe(42);
  await again.refresh();
  expect(inForce(again, "payments.pay")).not.toBe(41);
});
