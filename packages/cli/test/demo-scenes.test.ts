import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { CONTENT_POLICY, playScenes } from "../src/demo.ts";
import type { Scene } from "../src/demo.ts";
import { runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

/** Which scenes are not caught, or not honest any more, without each rule. */
const REDDENED_BY: Readonly<Record<string, readonly Scene["name"][]>> = {
  "read-notes": ["document", "rug-pull", "secret"],
  "no-secrets-in-results": ["secret"],
  "send-mail": ["document"],
  "no-mail-after-foreign-orders": ["document"],
};

interface PolicyText {
  readonly rules: readonly { readonly id: string }[];
}

let source: PolicyText;

beforeAll(async () => {
  source = parse(await readFile(CONTENT_POLICY, "utf8"));
});

const missed = (scenes: readonly Scene[]): readonly string[] =>
  scenes.filter(({ isCaught }) => !isCaught).map(({ name }) => name);

test("the document, the rug pull and the secret are each caught", async () => {
  const scenes = await playScenes();
  expect(missed(scenes)).toEqual([]);
  expect(scenes.map(({ name }) => name)).toEqual(["document", "rug-pull", "secret"]);
  const said = scenes.map(({ guarded }) => guarded);
  expect(said[0]).toMatch(/^found in it: .*override-order.*no-mail-after-foreign-orders$/);
  expect(said[1]).toMatch(/^hidden from the list, on record after .* definition-changed$/);
  expect(said[2]).toMatch(/^the model reads: Deploy on Friday\. .*\[REDACTED:[\w-]+\]$/);
});

test("the table of this test names every rule", () => {
  expect(source.rules.map(({ id }) => id).toSorted()).toEqual(Object.keys(REDDENED_BY).toSorted());
});

test.for(Object.entries(REDDENED_BY))("without %s the demo turns red", async ([id, names]) => {
  const rules = source.rules.filter((rule) => rule.id !== id);
  const folder = await temporaryFolder({});
  const policy = join(folder, "policy.yaml");
  await writeFile(policy, stringify({ ...source, rules }));
  expect(missed(await playScenes({ policy }))).toEqual(names);
});

test("without the lock the rug pull is not caught", async () => {
  expect(missed(await playScenes({ isLocked: false }))).toEqual(["rug-pull"]);
});

test("the verb shows them", async () => {
  const { code, stdout } = await runCli(["demo"], { cwd: await temporaryFolder({}) });
  expect(code).toBe(0);
  expect(stdout).toContain("✓ A document that gives orders\n");
  expect(stdout).toContain("✓ A definition that changes in the middle of a session\n");
  expect(stdout).toContain("✓ A secret in a tool's result\n");
});
