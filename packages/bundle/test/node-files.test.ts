import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  createDirectorySource,
  createDirectoryTarget,
  createFileStorage,
  readBundleFolder,
  writeBundleFolder,
} from "../src/node/index.ts";
import { verifyBundle } from "../src/index.ts";
import { makeBundle, NOW, openDesk, outcomeOf, targetOf } from "./support/desk.ts";

const folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "portcullis-files-"));
  folders.push(folder);
  return folder;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const BLOB = `bundles/${"a".repeat(64)}.json`;

describe("storage in a folder", () => {
  test("what is written is read, by nobody else, and leaves nothing beside it", async () => {
    const folder = join(await temporary(), "state");
    const storage = createFileStorage(folder);
    expect(await storage.read("state.json")).toBeUndefined();
    await storage.write("state.json", utf8("{}"));
    await storage.write(BLOB, utf8("bundle"));
    await storage.write("state.json", utf8("[]"));
    expect(Buffer.from((await storage.read("state.json")) ?? []).toString()).toBe("[]");
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, "state.json"))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).toSorted()).toEqual(["bundles", "lock", "state.json"]);
    await storage.remove(BLOB);
    expect(await storage.read(BLOB)).toBeUndefined();
    await storage.close?.();
    expect(await readdir(folder)).not.toContain("lock");
  });

  test.for(["../state.json", "bundles/../../x", "/etc/passwd", "state.json/", "other"])(
    "path tricks: %s is no name of the storage",
    async (name) => {
      const storage = createFileStorage(await temporary());
      expect(await outcomeOf(() => storage.write(name, utf8("")))).toBe(
        "ERR_BUNDLE_UNAVAILABLE storage",
      );
      expect(await outcomeOf(() => storage.read(name))).toBe("ERR_BUNDLE_UNAVAILABLE storage");
    },
  );

  test("two processes: the second one reads and never writes", async () => {
    const folder = await temporary();
    const first = createFileStorage(folder);
    const second = createFileStorage(folder);
    await first.write("state.json", utf8("first"));
    expect(await outcomeOf(() => second.write("state.json", utf8("second")))).toBe(
      "ERR_BUNDLE_UNAVAILABLE storage",
    );
    expect(Buffer.from((await second.read("state.json")) ?? []).toString()).toBe("first");
    await first.close?.();
    expect(await outcomeOf(() => second.write("state.json", utf8("second")))).toBe("ok");
  });

  test("a lock that nobody renews is taken over, and its owner notices", async () => {
    const folder = await temporary();
    const first = createFileStorage(folder);
    await first.write("state.json", utf8("first"));
    const long = new Date(Date.now() - 121_000);
    await utimes(join(folder, "lock"), long, long);
    const second = createFileStorage(folder);
    await second.write("state.json", utf8("second"));
    expect(await outcomeOf(() => first.write("state.json", utf8("first")))).toBe(
      "ERR_BUNDLE_UNAVAILABLE storage",
    );
  });

  test("a lock of a process that is gone is taken over at once; any other text is not", async () => {
    const { hostname } = await import("node:os");
    const folder = await temporary();
    const storage = createFileStorage(folder);
    const lock = (owner: object | string): Promise<void> =>
      writeFile(join(folder, "lock"), typeof owner === "string" ? owner : JSON.stringify(owner));
    const write = (): Promise<string> => outcomeOf(() => storage.write("state.json", utf8("x")));
    const gone = { pid: 4_194_303, host: hostname(), origin: 1, id: "x" };
    await lock({ ...gone, host: "elsewhere" });
    expect(await write()).toBe("ERR_BUNDLE_UNAVAILABLE storage");
    await lock("");
    expect(await write()).toBe("ERR_BUNDLE_UNAVAILABLE storage");
    await lock(gone);
    expect(await write()).toBe("ok");
  });

  test("a link is not followed", async () => {
    const folder = await temporary();
    await writeFile(join(folder, "secret"), "secret");
    await symlink(join(folder, "secret"), join(folder, "state.json"));
    const storage = createFileStorage(folder);
    expect(await outcomeOf(() => storage.read("state.json"))).toBe(
      "ERR_BUNDLE_UNAVAILABLE not-found",
    );
  });
});

describe("a bundle in directory form", () => {
  test("has the digest of its single-file form, and is taken from a directory source", async () => {
    const desk = await openDesk();
    const bundle = await makeBundle(desk, 42, { sources: { "a/b.yaml": "x", "policy.yaml": "y" } });
    const target = await targetOf(bundle);
    const base = await temporary();
    const folder = join(base, "payments/bundle", target.digest.slice(7));
    await writeBundleFolder(folder, bundle);
    const bytes = await readBundleFolder(folder);
    const verified = await verifyBundle(bytes, { root: desk.root, now: NOW, target });
    expect(verified.digest).toBe(target.digest);
    const source = createDirectorySource({ base, name: "payments", channel: "production" });
    const read = await source.bundle(target.digest, 1_000_000, new AbortController().signal);
    expect(read).toEqual(bytes);
  });

  test("links and foreign files in it are refused", async () => {
    const desk = await openDesk();
    const bundle = await makeBundle(desk, 42);
    const folder = await temporary();
    await writeBundleFolder(folder, bundle);
    await symlink("/etc/hostname", join(folder, "source/link"));
    expect(await outcomeOf(() => readBundleFolder(folder))).toBe(
      "ERR_BUNDLE_UNAVAILABLE not-found",
    );
    await rm(join(folder, "source/link"));
    await mkdir(join(folder, "scripts"));
    await writeFile(join(folder, "scripts/run.json"), "{}");
    expect(await outcomeOf(() => readBundleFolder(folder))).toBe(
      "ERR_BUNDLE_INVALID unknown-folder",
    );
  });

  test("nothing is written outside of the folder", async () => {
    const bundle = await makeBundle(await openDesk(), 42);
    const outer = await temporary();
    const bent = { ...bundle, files: { ...bundle.files, "source/../../../escaped": "x" } };
    expect(await outcomeOf(() => writeBundleFolder(join(outer, "in"), bent))).toBe(
      "ERR_BUNDLE_INVALID path",
    );
    expect(await readdir(outer)).toEqual([]);
  });
});

describe("sources and targets in a folder", () => {
  test("a new head is noticed at once", async () => {
    const base = await temporary();
    const target = createDirectoryTarget(base, "payments");
    await target.write("payments/head/production.json", utf8("1"));
    const source = createDirectorySource({ base, name: "payments", channel: "production" });
    const signal = new AbortController().signal;
    const first = await source.head(undefined, signal);
    const tag = first === "unchanged" ? undefined : first.tag;
    expect(await source.head(tag, signal)).toBe("unchanged");
    const changed = source.changed?.(tag, signal);
    await target.write("payments/head/production.json", utf8("2"));
    await changed;
    expect(await source.head(tag, signal)).not.toBe("unchanged");
  });

  test.for(["../x.json", "payments/keys/1.json", "payments/root/../../x.json", "/etc/passwd"])(
    "path tricks: %s is no path of the layout",
    async (path) => {
      const target = createDirectoryTarget(await temporary(), "payments");
      expect(await outcomeOf(() => target.write(path, utf8("")))).toBe("ERR_BUNDLE_INVALID path");
    },
  );

  test("a document that is too large, a folder or a link is not read", async () => {
    const base = await temporary();
    await mkdir(join(base, "payments/head"), { recursive: true });
    const head = join(base, "payments/head/production.json");
    const source = createDirectorySource({ base, name: "payments", channel: "production" });
    const read = (): Promise<string> =>
      outcomeOf(() => source.head(undefined, new AbortController().signal));
    expect(await read()).toBe("ERR_BUNDLE_UNAVAILABLE not-found");
    await writeFile(head, Buffer.alloc(64 * 1024 + 1));
    expect(await read()).toBe("ERR_BUNDLE_INVALID too-large");
    await rm(head);
    await mkdir(head);
    expect(await read()).toBe("ERR_BUNDLE_UNAVAILABLE not-found");
  });
});
