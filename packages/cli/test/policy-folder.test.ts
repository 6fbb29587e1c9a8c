import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openPolicyFolder } from "../src/policy-folder.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const REFUSED = /lies outside|not that of a file|longer than|ENOENT/;

async function open() {
  const base = await temporaryFolder({
    "policy/policy.yaml": "main",
    "policy/rules/a.yaml": "a",
    "policy/rules/b.yaml": "b",
    "policy/rules/deep/c.yaml": "c",
    "policy/..data/d.yaml": "d",
    "policy/big.yaml": "x".repeat(4 * 1024 * 1024 + 1),
    "policy-other/secret.yaml": "secret",
    "secret.yaml": "secret",
  });
  await symlink(join(base, "secret.yaml"), join(base, "policy/link-out.yaml"));
  await symlink(base, join(base, "policy/folder-out"));
  await symlink(join(base, "policy/..data/d.yaml"), join(base, "policy/link-in.yaml"));
  return await openPolicyFolder(join(base, "policy"));
}

test.for([
  ["the main file", "policy.yaml", "main"],
  ["a file below", "rules/a.yaml", "a"],
  ["a link that stays inside", "link-in.yaml", "d"],
  ["a folder whose name begins with two dots", "..data/d.yaml", "d"],
] as const)("reads %s", async ([, path, text]) => {
  const folder = await open();
  expect(folder.textOf(path)).toBeUndefined();
  expect(await folder.read(path)).toBe(text);
  expect(folder.textOf(path)).toBe(text);
});

test.for([
  ["a path that leads out", "../secret.yaml"],
  ["a path that leads out and looks alike", "../policy-other/secret.yaml"],
  ["a link that leads out", "link-out.yaml"],
  ["a file below a link that leads out", "folder-out/secret.yaml"],
  ["a folder", "rules"],
  ["a file that is too long", "big.yaml"],
  ["what is not there", "none.yaml"],
] as const)("refuses %s", async ([, path]) => {
  const folder = await open();
  await expect(folder.read(path)).rejects.toThrow(REFUSED);
  expect(folder.textOf(path)).toBeUndefined();
});

test("lists the files of a folder and not its folders", async () => {
  const folder = await open();
  expect((await folder.list("rules")).toSorted()).toEqual(["a.yaml", "b.yaml"]);
  await expect(folder.list("..")).rejects.toThrow(REFUSED);
  await expect(folder.list("folder-out")).rejects.toThrow(REFUSED);
});
