import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { describeReplayStore } from "../../core/test/support/describe-replay-store.ts";
import { createFakeClock } from "../../core/test/support/fake-clock.ts";
import { createSqliteReplayStore } from "../src/node.ts";

const isLong = process.env["PORTCULLIS_LONG"] === "1";
const folder = mkdtempSync(join(tmpdir(), "portcullis-replay-"));
let files = 0;
const freshPath = (): string => join(folder, `${(files += 1)}.sqlite`);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeReplayStore("SQLite", (parts) => createSqliteReplayStore({ path: freshPath(), ...parts }));

describe("over a restart", () => {
  test("what was used stays used", async () => {
    const path = freshPath();
    const clock = createFakeClock();
    const seconds = clock.now() / 1000;
    const first = createSqliteReplayStore({ path, clock });
    expect(await first.consume("a", seconds, seconds + 5)).toBe("ok");
    first.close();
    await expect(first.consume("b", seconds, seconds + 5)).rejects.toThrow("not open");
    const second = createSqliteReplayStore({ path, clock });
    expect(await second.consume("a", seconds, seconds + 5)).toBe("replayed");
    expect(await second.consume("b", seconds, seconds + 5)).toBe("ok");
  });

  test("a clock that another one was ahead of revives nothing", async () => {
    const path = freshPath();
    const clock = createFakeClock();
    const ahead = createFakeClock(clock.now() + 60_000);
    const seconds = clock.now() / 1000;
    await createSqliteReplayStore({ path, clock }).consume("a", seconds, seconds + 5);
    await createSqliteReplayStore({ path, clock: ahead }).consume("b", seconds + 60, seconds + 65);
    const store = createSqliteReplayStore({ path, clock });
    expect(await store.consume("a", seconds, seconds + 5)).toBe("cold");
  });
});

test.for([
  ["skewSeconds", { skewSeconds: 3 }],
  ["maxKeys", { maxKeys: 0 }],
  ["file", { path: "/nowhere/at/all.sqlite" }],
] as const)("refuses the option %s", ([option, options]) => {
  expect(() => createSqliteReplayStore({ path: freshPath(), ...options })).toThrow(option);
});

/** How often a token was won; how many tokens each of the two won. */
const count = (won: readonly (readonly number[])[]) => ({
  wins: won.flat().length,
  tokens: new Set(won.flat()).size,
  // A race that only one of them ran proves nothing.
  isRace: won.every((each) => each.length > 0),
});

describe("two that present the same ids", () => {
  const tokens = isLong ? 10_000 : 200;
  const racer = join(import.meta.dirname, "support/race-replay-store.ts");
  const expected = { wins: tokens, tokens, isRace: true };

  test("threads: exactly one wins each", { timeout: 600_000 }, async () => {
    const path = freshPath();
    const startAt = Date.now() + 2000;
    createSqliteReplayStore({ path }).close();
    const won = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<readonly number[]>((resolve, reject) => {
            const worker = new Worker(racer, { workerData: { path, tokens, startAt }, execArgv });
            worker.once("message", resolve);
            worker.once("error", reject);
          }),
      ),
    );
    expect(count(won)).toEqual(expected);
  });

  test("processes: exactly one wins each", { timeout: 600_000 }, async () => {
    const path = freshPath();
    createSqliteReplayStore({ path }).close();
    const startAt = Date.now() + 3000;
    const won = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<readonly number[]>((resolve, reject) => {
            const args = [...execArgv, racer, path, String(tokens), String(startAt)];
            const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
            let output = "";
            child.stdout.on("data", (chunk) => (output += String(chunk)));
            child.once("error", reject);
            child.once("exit", (code) =>
              code === 0 ? resolve(JSON.parse(output)) : reject(new Error(output)),
            );
          }),
      ),
    );
    expect(count(won)).toEqual(expected);
  });
});

const execArgv = ["--conditions=portcullis-source", "--disable-warning=ExperimentalWarning"];
