import { execFile } from "node:child_process";
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { INIT_FILES } from "../src/init-files.ts";
import { writeNewFiles } from "../src/write-new-files.ts";
import { runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const NAMES = INIT_FILES.map(({ name }) => name).toSorted();

test("writes a policy, a test and an example", async () => {
  const cwd = await temporaryFolder();
  const { code, stdout } = await runCli(["init"], { cwd });
  expect(code).toBe(0);
  expect((await readdir(cwd)).toSorted()).toEqual(NAMES);
  for (const name of NAMES) expect(stdout).toContain(`wrote ${name}`);
});

test("makes the folder that is named", async () => {
  const cwd = await temporaryFolder();
  expect((await runCli(["init", "a/b"], { cwd })).code).toBe(0);
  expect((await readdir(join(cwd, "a/b"))).toSorted()).toEqual(NAMES);
});

test("the policy begins with the schema line and says when to change `identity`", async () => {
  const cwd = await temporaryFolder();
  await runCli(["init"], { cwd });
  const lines = (await readFile(join(cwd, "policy.yaml"), "utf8")).split("\n");
  expect(lines[0]).toBe(
    "# yaml-language-server: $schema=./node_modules/@portcullis/policy/schema/policy.v1.json",
  );
  const at = lines.indexOf("identity: host");
  expect(lines.slice(3, at).join("\n")).toMatch(/^#.*\n# Change it to `token`/);
});

test("twice is once", async () => {
  const cwd = await temporaryFolder();
  await runCli(["init"], { cwd });
  const { code, stdout } = await runCli(["init", "--json"], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    written: [],
    unchanged: INIT_FILES.map(({ name }) => name),
    conflicts: [],
  });
});

describe("a file with other content", () => {
  test("is listed, and nothing is written", async () => {
    const cwd = await temporaryFolder({ "example.mjs": "mine" });
    const { code, stdout, stderr } = await runCli(["init"], { cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("example.mjs");
    expect(await readdir(cwd)).toEqual(["example.mjs"]);
    expect(await readFile(join(cwd, "example.mjs"), "utf8")).toBe("mine");
  });

  test("is replaced with --force", async () => {
    const cwd = await temporaryFolder({ "example.mjs": "mine" });
    expect((await runCli(["init", "--force"], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, "example.mjs"), "utf8")).not.toBe("mine");
  });

  test("behind a link is left alone, also with --force", async () => {
    const cwd = await temporaryFolder({ "elsewhere/target": "mine" });
    await symlink(join(cwd, "elsewhere/target"), join(cwd, "policy.yaml"));
    expect((await runCli(["init"], { cwd })).code).toBe(1);
    expect((await runCli(["init", "--force"], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, "elsewhere/target"), "utf8")).toBe("mine");
    expect((await lstat(join(cwd, "policy.yaml"))).isSymbolicLink()).toBe(false);
  });

  test("a dangling link is a conflict, not a way out of the folder", async () => {
    const cwd = await temporaryFolder();
    await symlink(join(cwd, "nowhere"), join(cwd, "policy.yaml"));
    expect((await runCli(["init"], { cwd })).code).toBe(1);
    expect(await readdir(cwd)).toEqual(["policy.yaml"]);
  });
});

test("a file that comes in between is not overwritten", async () => {
  const cwd = await temporaryFolder();
  const twice = [
    { name: "a", text: "first" },
    { name: "a", text: "second" },
  ];
  await expect(writeNewFiles(cwd, twice)).rejects.toThrow("EEXIST");
  expect(await readFile(join(cwd, "a"), "utf8")).toBe("first");
});

test("a folder in the way is a usage error", async () => {
  const cwd = await temporaryFolder();
  await mkdir(join(cwd, "policy.yaml"));
  const { code, stderr } = await runCli(["init", "--force"], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain("A folder stands where a file should be written.");
});

test("a target that is a file is a usage error", async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, "target"), "");
  expect((await runCli(["init", "target"], { cwd })).code).toBe(2);
});

describe("what it writes works", () => {
  const root = join(import.meta.dirname, "../../..");
  const node = process.execPath;
  const start = async (): Promise<string> => {
    const cwd = await temporaryFolder();
    await runCli(["init"], { cwd });
    await symlink(join(root, "node_modules"), join(cwd, "node_modules"));
    return cwd;
  };

  test("its test passes", { timeout: 60_000 }, async () => {
    const cwd = await start();
    const { stdout } = await promisify(execFile)(
      node,
      ["--conditions=portcullis-source", "--test", "--test-reporter=tap"],
      { cwd, env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_ENV: undefined } },
    );
    expect(stdout).toMatch(/^# pass 9$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  test("its policy tests pass, and see every rule and clause both ways", async () => {
    const cwd = await start();
    const { code, stdout } = await runCli(["test", "--min-coverage", "100"], { cwd });
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^14 passed$/m),
    });
  });

  test("its policy is laid out canonically", async () => {
    const cwd = await start();
    expect(await runCli(["fmt", "--check"], { cwd })).toMatchObject({ code: 0, stdout: "" });
  });

  test("its example runs and shows a call of each kind", { timeout: 60_000 }, async () => {
    const cwd = await start();
    const { stdout } = await promisify(execFile)(
      node,
      ["--conditions=portcullis-source", "example.mjs"],
      { cwd, env: { ...process.env, NODE_ENV: undefined } },
    );
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("deleted /tmp/report.txt");
    expect(lines[1]).toContain('"code":"forbidden-by-rule"');
    expect(lines[2]).toContain('"code":"approval-required"');
  });

  test("the first call of the documentation is denied, with its place", async () => {
    const cwd = await start();
    const { code, stdout } = await runCli(["eval", "--tool", "rm", "--args", '{"path":"/"}'], {
      cwd,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^DENY no-root-delete policy\.yaml:15:11\n/);
  });
});
