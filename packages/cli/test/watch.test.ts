import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CliIo } from "../src/cli-io.ts";
import { INIT_FILES } from "../src/init-files.ts";
import { run } from "../src/run.ts";
import { watchFolders } from "../src/watch-folders.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const FILES = Object.fromEntries(INIT_FILES.map(({ name, text }) => [name, text]));

/** Something that is told once to stop. */
function createInterrupt() {
  const listeners = new Set<() => void>();
  return {
    interrupt: () => {
      for (const listener of listeners) listener();
    },
    onInterrupt: (stop: () => void) => {
      listeners.add(stop);
      return () => listeners.delete(stop);
    },
    listeners,
  };
}

/** Waits until a condition holds. */
async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("watchFolders", () => {
  test("acts on a change, and on many at once only once", async () => {
    const folder = await temporaryFolder({ a: "0" });
    const { interrupt, onInterrupt, listeners } = createInterrupt();
    let runs = 0;
    const watching = watchFolders([folder], {
      act: async () => {
        runs += 1;
      },
      quietMs: 200,
      onInterrupt,
    });
    expect(runs).toBe(1);
    // Without a pause, so that a slow machine does not make it changes far apart.
    for (let count = 0; count < 20; count += 1) writeFileSync(join(folder, "a"), String(count));
    await until(() => runs > 1);
    expect(runs).toBeLessThan(12);
    interrupt();
    await watching;
    expect(listeners.size).toBe(0);
  });

  test("acts again on a change that comes while it acts, never twice at once", async () => {
    const folder = await temporaryFolder({ a: "0" });
    const { interrupt, onInterrupt } = createInterrupt();
    let active = 0;
    let most = 0;
    let runs = 0;
    const watching = watchFolders([folder], {
      act: async () => {
        runs += 1;
        active += 1;
        most = Math.max(most, active);
        if (runs === 2) await writeFile(join(folder, "a"), "again");
        await new Promise((resolve) => setTimeout(resolve, 60));
        active -= 1;
      },
      quietMs: 10,
      onInterrupt,
    });
    await writeFile(join(folder, "a"), "1");
    await until(() => runs >= 3);
    interrupt();
    await watching;
    expect(most).toBe(1);
    expect(active).toBe(0);
  });

  test("ends with the error of what it does", async () => {
    const folder = await temporaryFolder({ a: "0" });
    const { onInterrupt, listeners } = createInterrupt();
    let runs = 0;
    const watching = watchFolders([folder], {
      act: async () => {
        runs += 1;
        if (runs > 1) throw new Error("broken");
      },
      quietMs: 10,
      onInterrupt,
    });
    await writeFile(join(folder, "a"), "1");
    await expect(watching).rejects.toThrow("broken");
    expect(listeners.size).toBe(0);
  });
});

test("`--watch` runs the tests again after each change, survives a broken file, ends when interrupted", async () => {
  const cwd = await temporaryFolder(FILES);
  const { interrupt, onInterrupt, listeners } = createInterrupt();
  const printed = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr") => ({
    isTerminal: false,
    write: async (text: string) => {
      printed[name] += text;
    },
  });
  const io: CliIo = {
    stdin: (async function* () {})(),
    stdout: output("stdout"),
    stderr: output("stderr"),
    cwd,
    env: {},
    onInterrupt,
  };
  const ended = run(["test", "--watch"], io);
  await until(() => printed.stderr.includes("Waiting"));
  expect(printed.stdout).toContain("14 passed");
  const policy = FILES["policy.yaml"] ?? "";
  const path = join(cwd, "policy.yaml");
  await writeFile(path, policy.replace("args.amount > 100", "args.amount > 101"));
  await until(() => printed.stdout.includes("failed"));
  await writeFile(path, policy.replace("effect: forbid", "effect: no"));
  await until(() => printed.stderr.includes("The policy has"));
  const before = printed.stdout.length;
  await writeFile(path, policy);
  await until(() => printed.stdout.slice(before).includes("14 passed\n"));
  interrupt();
  expect(await ended).toBe(0);
  expect(listeners.size).toBe(0);
});

test("SIGINT ends the process with the code of the last run", async () => {
  const cwd = await temporaryFolder(FILES);
  const bin = join(import.meta.dirname, "../src/bin.ts");
  const child = spawn(
    process.execPath,
    ["--conditions=portcullis-source", bin, "test", "--watch"],
    {
      cwd,
      env: { ...process.env, NODE_ENV: "", NO_COLOR: "1" },
    },
  );
  let stderr = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
    if (stderr.includes("Waiting for changes")) child.kill("SIGINT");
  });
  const [code, signal] = await new Promise<readonly [number | null, string | null]>((resolve) => {
    child.on("close", (...end) => resolve(end));
  });
  expect({ code, signal }).toEqual({ code: 0, signal: null });
});
