import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import type { PublishTarget } from "../src/index.ts";
import { createDirectoryTarget, startBundleServer } from "../src/node/index.ts";
import type { BundleServer } from "../src/node/index.ts";
import {
  makeBundle,
  makeHead,
  NOW,
  openDesk,
  PERMIT_PAY,
  policyOf,
  targetOf,
  toBytes,
} from "./support/desk.ts";

const isLong = process.env["PORTCULLIS_LONG"] === "1";
const REVISIONS = isLong ? 50 : 5;
const SERVICES = 3;

const children: ChildProcess[] = [];
let stopServer: (() => Promise<void>) | undefined;
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await stopServer?.();
});

interface Seen {
  readonly outcome: string;
  readonly serial: number;
  readonly digest: string;
  readonly rules: readonly string[];
  readonly code: string | null;
}

/** What one service said, in order. */
interface Service {
  readonly seen: Seen[];
  current(): number;
}

test(
  `three services, ${REVISIONS} revisions, a server that is killed, slow and hostile: signed and not older, or denied`,
  { timeout: 600_000 },
  async () => {
    const desk = await openDesk();
    const thief = await openDesk();
    const folder = await mkdtemp(join(tmpdir(), "portcullis-fleet-"));
    await writeFile(join(folder, "root.json"), desk.rootBytes);
    const target = createDirectoryTarget(join(folder, "public"), "payments");
    const digests = new Map<number, string>();
    const offset = NOW - Date.now();
    await publish(1);
    let server: BundleServer | undefined = await startBundleServer({
      folder: join(folder, "public"),
    });
    const { port, base } = server;
    stopServer = () => server?.stop() ?? Promise.resolve();
    const services = Array.from({ length: SERVICES }, (_, index) => begin(index));
    await expect
      .poll(() => services.map((each) => each.current()), { timeout: 20_000 })
      .toEqual(services.map(() => 1));

    const troubles = ["none", "killed", "slow", "hostile", "none"] as const;
    for (let serial = 2; serial <= REVISIONS; serial += 1) {
      const trouble = troubles[serial % troubles.length] ?? "none";
      if (trouble !== "none") {
        await server?.stop();
        server = undefined;
      }
      await publish(serial);
      if (trouble === "killed") await sleep(300);
      if (trouble === "slow" || trouble === "hostile") {
        const bad = await (trouble === "slow" ? slow(port) : hostile(port, serial));
        await sleep(900);
        bad.closeAllConnections();
        await new Promise((resolve) => bad.close(resolve));
      }
      server ??= await startBundleServer({ folder: join(folder, "public"), port });
      if (!isLong) await reached(serial);
    }
    await reached(REVISIONS);

    for (const { seen } of services) {
      let floor = 0;
      for (const each of seen) {
        if (each.outcome === "deny" && each.code?.startsWith("bundle-") === true) continue;
        expect(each.serial).toBeGreaterThanOrEqual(floor);
        expect(each.digest).toBe(digests.get(each.serial));
        // The rule bears the serial: no call sees half of one policy and half of another.
        expect([each.outcome, each.rules]).toEqual(["permit", [`pay-${each.serial}`]]);
        floor = each.serial;
      }
      expect(floor).toBe(REVISIONS);
    }
    for (const child of children) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });

    async function publish(serial: number): Promise<void> {
      const policy = policyOf({ ...PERMIT_PAY, id: `pay-${serial}` });
      const bundle = await makeBundle(desk, serial, { policy });
      const head = await targetOf(bundle);
      digests.set(serial, head.digest);
      await put(target, `payments/bundle/${head.digest.slice(7)}.json`, toBytes(bundle));
      const now = Math.floor((Date.now() + offset) / 1000) * 1000;
      const times = { issued: now, expires: now + 3_600_000 };
      const signed = await makeHead(desk, head, { ...times, version: serial });
      await put(target, "payments/head/production.json", toBytes(signed));
    }

    async function reached(serial: number): Promise<void> {
      await expect
        .poll(() => services.every((each) => each.current() === serial), { timeout: 90_000 })
        .toBe(true);
    }

    function begin(index: number): Service {
      const script = join(import.meta.dirname, "process/service.ts");
      const child = spawn(
        process.execPath,
        [
          "--conditions=portcullis-source",
          script,
          base,
          join(folder, "root.json"),
          join(folder, `state.${index}`),
          `pay-${index}`,
          String(offset),
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      children.push(child);
      const seen: Seen[] = [];
      let rest = "";
      child.stdout.setEncoding("utf8");
      child.stdout.on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) seen.push(JSON.parse(line));
      });
      return { seen, current: () => seen.at(-1)?.serial ?? 0 };
    }

    /** Answers everything wrongly in turn: old, cut off, mixed up, another's, nothing at all. */
    async function hostile(at: number, serial: number): Promise<Server> {
      const oldBundle = await makeBundle(desk, serial - 1, {
        policy: policyOf({ ...PERMIT_PAY, id: "old" }),
      });
      const stolen = await makeBundle(thief, serial + 100, {
        policy: policyOf({ ...PERMIT_PAY, id: "stolen" }),
      });
      const now = Math.floor((Date.now() + offset) / 1000) * 1000;
      const times = { issued: now, expires: now + 3_600_000 };
      const heads = [
        // Signed by us once, and replayed.
        toBytes(await makeHead(desk, await targetOf(oldBundle), { ...times, version: serial - 1 })),
        // Signed by somebody else.
        toBytes(
          await makeHead(thief, await targetOf(stolen), { ...times, version: serial + 1000 }),
        ),
        await readFile(join(folder, "public/payments/head/production.json")),
      ] as const;
      let turn = 0;
      return listen(at, (url, answer) => {
        turn += 1;
        if (turn % 7 === 0) return;
        if (turn % 5 === 0) {
          answer(304, Buffer.alloc(0));
          return;
        }
        if (url.includes("/root/")) {
          answer(turn % 2 === 0 ? 404 : 200, Buffer.from(thief.rootBytes));
          return;
        }
        const body = url.includes("/head/")
          ? (heads[turn % heads.length] ?? heads[0])
          : toBytes(turn % 2 === 0 ? stolen : oldBundle);
        answer(200, turn % 3 === 0 ? body.subarray(0, body.length / 2) : body);
      });
    }
  },
);

function slow(at: number): Promise<Server> {
  return listen(at, (_url, answer) => {
    setTimeout(() => answer(404, Buffer.alloc(0)), 2000);
  });
}

async function listen(
  port: number,
  handle: (url: string, answer: (status: number, body: Uint8Array) => void) => void,
): Promise<Server> {
  const server = createServer((request, response) => {
    handle(request.url ?? "", (status, body) => {
      response.writeHead(status);
      response.end(status === 304 ? undefined : body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

function put(target: PublishTarget, path: string, bytes: Uint8Array): Promise<void> {
  return target.write(path, bytes);
}
