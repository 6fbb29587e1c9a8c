import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBundleClient } from "../src/index.ts";
import { createFileStorage } from "../src/node/index.ts";
import { makeBundle, makeHead, NOW, openDesk, targetOf, toBytes } from "./support/desk.ts";
import type { Desk } from "./support/desk.ts";

const isLong = process.env["PORTCULLIS_LONG"] === "1";
const KILLS = isLong ? 240 : 6;
const STEPS = 24;

let desk: Desk;
let folder: string;
const digests = new Map<number, string>();

beforeAll(async () => {
  desk = await openDesk();
  folder = await mkdtemp(join(tmpdir(), "portcullis-kill-"));
  const put = (name: string, data: string | Uint8Array): Promise<void> =>
    writeFile(join(folder, name), data);
  await put("now", String(NOW));
  await put("root.json", desk.rootBytes);
  for (let serial = 1; serial <= STEPS; serial += 1) {
    const bundle = await makeBundle(desk, serial);
    const target = await targetOf(bundle);
    digests.set(serial, target.digest);
    await put(`bundle.${serial}.json`, toBytes(bundle));
    await put(`path.${serial}`, `payments/bundle/${target.digest.slice(7)}.json`);
    const head = await makeHead(desk, target, {
      version: serial,
      minSerial: Math.max(0, serial - 2),
    });
    await put(`head.${serial}.json`, toBytes(head));
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the service until it is killed after a share of its way; what it said last. */
async function runKilled(
  state: string,
  killAfterMs: number,
): Promise<{ last: number; ms: number }> {
  const script = join(import.meta.dirname, "process/persisting.ts");
  const child = spawn(
    process.execPath,
    ["--conditions=portcullis-source", script, folder, state, String(STEPS)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let last = -1;
  let begun = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    for (const line of text.split("\n").filter((each) => each !== "")) {
      if (last === -1) {
        begun = performance.now();
        timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
      }
      const step = Number(line);
      if (Number.isNaN(step)) throw new Error(`The service says: ${line}`);
      last = step;
    }
  });
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { last, ms: performance.now() - begun };
}

/** What is in force after a restart without any server. */
async function restart(state: string): Promise<{ serial: number; digest: string } | string> {
  const client = createBundleClient({
    name: "payments",
    channel: "production",
    initialRoot: desk.rootBytes,
    source: {
      root: () => Promise.reject(new Error("away")),
      head: () => Promise.reject(new Error("away")),
      bundle: () => Promise.reject(new Error("away")),
    },
    storage: createFileStorage(state),
    instance: "killed",
    core: "0.1.0",
    refreshSeconds: 0,
    clock: {
      now: () => NOW,
      monotonic: () => performance.now(),
      schedule: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
    },
  });
  await client.start();
  try {
    const { ref } = client.current("payments.pay");
    return { serial: ref.serial, digest: ref.digest };
  } catch (error) {
    return (error as { fields: { reason: string } }).fields.reason;
  } finally {
    await client.stop();
  }
}

/** What must not be in force after a restart, given the last bundle that was finished before. */
function problemsOf(found: { serial: number; digest: string } | string, floor: number): string[] {
  if (typeof found === "string") {
    // Nothing was ever finished: nothing to restore, and every call is denied.
    const isEmpty = floor === 0 && ["no-bundle", "below-minimum"].includes(found);
    return isEmpty ? [] : [`denied with ${found} after ${floor}`];
  }
  const isOurs = found.digest === digests.get(found.serial);
  return [
    ...(isOurs ? [] : [`serial ${found.serial} with a digest that is not ours`]),
    ...(found.serial >= floor ? [] : [`serial ${found.serial} after ${floor}`]),
  ];
}

test(
  `kill -9 at ${KILLS} random points of persisting: a restart serves a verified bundle, none older than what was there`,
  { timeout: 900_000 },
  async () => {
    const whole = await runKilled(join(folder, "whole"), 60_000);
    expect(whole.last).toBe(STEPS);
    const seen: string[] = [];
    const wrong: string[] = [];
    let midway = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const state = join(folder, `state.${kill}`);
      await mkdir(state);
      // Twice in the same folder: the second run begins from what the first one left.
      let floor = 0;
      for (const round of [0, 1]) {
        const share = isLong ? Math.random() : (kill + 0.5) / KILLS;
        const { last } = await runKilled(state, share * whole.ms * (round === 0 ? 0.7 : 1));
        if (last > 0 && last < STEPS) midway += 1;
        const found = await restart(state);
        floor = Math.max(floor, last);
        if (typeof found === "string") seen.push(found);
        wrong.push(...problemsOf(found, floor));
        floor = typeof found === "string" ? floor : found.serial;
      }
      await rm(state, { recursive: true });
    }
    expect(wrong).toEqual([]);
    expect(midway).toBeGreaterThan(KILLS / 3);
    if (isLong) {
      const result = {
        date: new Date().toISOString().slice(0, 10),
        node: process.version,
        kills: KILLS * 2,
        midway,
        restoredOrDenied: KILLS * 2,
        deniedBeforeTheFirstBundle: seen.length,
        unverifiedOrOlder: 0,
      };
      const path = join(import.meta.dirname, "kill.result.json");
      await writeFile(path, `${JSON.stringify(result, undefined, 2)}\n`);
    }
  },
);
