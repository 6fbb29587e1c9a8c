import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "portcullis";
import type { CliIo } from "portcullis";
import { createBundleClient, createBundlePreparer, createMemoryStorage } from "@portcullis/bundle";
import { createDirectorySource } from "@portcullis/bundle/node";
import { createScanner, createSqlFacts, linearMatcher, typedFacts } from "@portcullis/inspect";

const POLICIES = join(import.meta.dirname, "../../policy-bundles");
const names = (await readdir(POLICIES, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "portcullis-policies-"));
  await writeFile(join(cwd, "passphrase"), "correct horse battery", { mode: 0o600 });
  await portcullis("keys", "generate", "--out", "k.jwe", "--public", "k.json");
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const to = (texts: string[]) => ({
  isTerminal: false,
  write: async (text: string) => void texts.push(text),
});

/** Runs the command; what it printed to standard output. */
async function portcullis(...argv: readonly string[]): Promise<string> {
  const out: string[] = [];
  const err: string[] = [];
  const io: CliIo = {
    stdin: (async function* () {})(),
    stdout: to(out),
    stderr: to(err),
    cwd,
    env: { PORTCULLIS_KEY_PASSPHRASE_FILE: "passphrase" },
  };
  const code = await run(argv, io);
  if (code !== 0) throw new Error(`${argv.join(" ")}\n${err.join("")}`);
  return out.join("");
}

describe("every shipped policy builds, is signed, verified, published and activated", () => {
  test.for(names)("%s", { timeout: 60_000 }, async (name) => {
    await cp(join(POLICIES, name), join(cwd, name), { recursive: true });
    const file = `${name}.1.json`;
    const digest = await portcullis("build", name, "--name", name, "--serial", "1", "--out", file);
    await portcullis("sign", file, "--key", "k.jwe", "--yes");
    const root = `${name}.root.json`;
    const keys = "--root k.json --policy k.json --head k.json";
    await portcullis(..."keys root --name".split(" "), name, ...keys.split(" "), "--out", root);
    await portcullis("sign", root, "--key", "k.jwe", "--yes");
    expect(await portcullis("verify", file, "--root", root, "--recompile")).toContain("VERIFIED");
    await portcullis("publish", file, "--to", "dir:public", "--root", root, "--head-key", "k.jwe");
    const sql = createSqlFacts();
    await sql.ready();
    const facts = [...typedFacts(), sql.provider];
    const client = createBundleClient({
      name,
      channel: "production",
      initialRoot: await readFile(join(cwd, root)),
      source: createDirectorySource({ base: join(cwd, "public"), name, channel: "production" }),
      storage: createMemoryStorage(),
      instance: "test",
      core: "0.1.0",
      refreshSeconds: 0,
      prepare: createBundlePreparer({ facts, matcher: linearMatcher(), scanner: createScanner() }),
    });
    expect(await client.refresh()).toMatchObject({ kind: "activated", digest: digest.trim() });
    expect(client.current().ref).toEqual({ name, serial: 1, digest: digest.trim() });
  });
});
