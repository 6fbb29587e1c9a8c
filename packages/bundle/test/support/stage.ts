import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Clock } from "@portcullis/core";
import type {
  BundleClient,
  BundleClientOptions,
  BundleSource,
  BundleStatus,
  BundleStorage,
  Envelope,
  HeadDocument,
  HeadTarget,
} from "../../src/index.ts";
import {
  createBundleClient,
  createHttpSource,
  createMemorySource,
  createMemoryStorage,
} from "../../src/index.ts";
import { createDirectorySource, startBundleServer } from "../../src/node/index.ts";
import type { BundleParts, Desk } from "./desk.ts";
import { makeBundle, makeHead, NOW, openDesk, targetOf, toBytes } from "./desk.ts";

/** A clock that moves when it is told to; timers fire when their time is reached. */
interface TestClock extends Clock {
  set(now: number): void;
  advance(ms: number): void;
}

function createTestClock(start = NOW): TestClock {
  let now = start;
  let steady = 0;
  let timers: { readonly at: number; readonly callback: () => void }[] = [];
  return {
    now: () => now,
    monotonic: () => steady,
    schedule(delayMs, callback) {
      // Work that only gives others a turn does not wait for anybody.
      if (delayMs === 0) {
        const immediate = setImmediate(callback);
        return () => clearImmediate(immediate);
      }
      const timer = { at: steady + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    set(time) {
      now = time;
    },
    advance(ms) {
      now += ms;
      steady += ms;
      const due = timers.filter(({ at }) => at <= steady);
      timers = timers.filter(({ at }) => at > steady);
      for (const { callback } of due) callback();
    },
  };
}

export type SourceKind = "memory" | "directory" | "http";

/** A source whose requests are counted, and which can be told to fail. */
export interface Stage {
  readonly desk: Desk;
  readonly clock: TestClock;
  readonly requests: string[];
  readonly storage: BundleStorage;
  readonly statuses: BundleStatus[];
  readonly client: BundleClient;
  /** Another client on the same storage: a restart. */
  restart(options?: Partial<BundleClientOptions>): BundleClient;
  put(path: string, bytes: Uint8Array | undefined): Promise<void>;
  putRoot(version: number, root: Envelope): Promise<void>;
  putHead(head: Envelope): Promise<void>;
  /** Publishes a bundle and a head that names it. */
  publish(serial: number, parts?: BundleParts, head?: Partial<HeadDocument>): Promise<HeadTarget>;
  /** Signs and publishes a head. */
  publishHead(main: HeadTarget, head?: Partial<HeadDocument>): Promise<void>;
  putBundle(bundle: Envelope): Promise<HeadTarget>;
  close(): Promise<void>;
}

export async function setStage(
  kind: SourceKind = "memory",
  options: Partial<BundleClientOptions> = {},
): Promise<Stage> {
  const desk = await openDesk();
  const clock = createTestClock();
  const place = await openPlace(kind);
  const requests: string[] = [];
  const storage = options.storage ?? createMemoryStorage();
  const statuses: BundleStatus[] = [];
  const source = counted(place.source, requests);
  const create = (more: Partial<BundleClientOptions> = {}): BundleClient =>
    createBundleClient({
      name: "payments",
      channel: "production",
      initialRoot: desk.rootBytes,
      source,
      storage,
      instance: "pay-7",
      core: "0.1.0",
      refreshSeconds: 0,
      clock,
      onStatus: (status) => statuses.push(status),
      ...options,
      ...more,
    });
  let version = 0;
  const stage: Stage = {
    desk,
    clock,
    requests,
    storage,
    statuses,
    client: create(),
    restart: create,
    put: (path, bytes) => place.put(path, bytes),
    putRoot: (at, root) => place.put(`payments/root/${at}.json`, toBytes(root)),
    putHead: (head) => place.put("payments/head/production.json", toBytes(head)),
    async publish(serial, parts = {}, head = {}) {
      const target = await stage.putBundle(await makeBundle(desk, serial, parts));
      await stage.publishHead(target, head);
      return target;
    },
    async publishHead(main, head = {}) {
      version = head.version ?? version + 1;
      const now = clock.now();
      const times = { issued: now, expires: now + 3_600_000, version };
      await stage.putHead(await makeHead(desk, main, { ...times, ...head }));
    },
    async putBundle(bundle) {
      const target = await targetOf(bundle);
      await place.put(`payments/bundle/${target.digest.slice(7)}.json`, toBytes(bundle));
      return target;
    },
    close: () => place.close(),
  };
  return stage;
}

interface Place {
  readonly source: BundleSource;
  put(path: string, bytes: Uint8Array | undefined): Promise<void>;
  close(): Promise<void>;
}

const WHERE = { name: "payments", channel: "production" } as const;

async function openPlace(kind: SourceKind): Promise<Place> {
  if (kind === "memory") {
    const source = createMemorySource(WHERE);
    return {
      source,
      put: async (path, bytes) => source.set(path, bytes),
      close: () => Promise.resolve(),
    };
  }
  const folder = await mkdtemp(join(tmpdir(), "portcullis-bundle-"));
  const server = kind === "http" ? await startBundleServer({ folder }) : undefined;
  return {
    source:
      server === undefined
        ? createDirectorySource({ base: folder, ...WHERE })
        : createHttpSource({ base: server.base, ...WHERE }),
    async put(path, bytes) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      if (bytes === undefined) await rm(file, { force: true });
      else await writeFile(file, bytes);
    },
    async close() {
      await server?.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function counted(source: BundleSource, requests: string[]): BundleSource {
  const note = (request: string): void => {
    requests.push(request);
  };
  return {
    root(version, signal) {
      note(`root ${version}`);
      return source.root(version, signal);
    },
    head(tag, signal) {
      note(tag === undefined ? "head" : "head if changed");
      return source.head(tag, signal);
    },
    bundle(digest, maxBytes, signal) {
      note("bundle");
      return source.bundle(digest, maxBytes, signal);
    },
  };
}
