import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { BenchOptions, BenchResult } from "./bench-result.ts";

/**
 * Runs a bench in a process of its own, so that none is timed on what another has left: compiled
 * code, heap, caches.
 */
export async function runApart(name: string, options: BenchOptions): Promise<BenchResult> {
  const task = { name, options };
  return (await askProcess("bench-process.ts", task, `bench "${name}"`)) as BenchResult;
}

/** Starts a script of this folder, sends it a task and gives its answer. */
export async function askProcess(script: string, task: object, what: string): Promise<unknown> {
  const child = fork(join(import.meta.dirname, script), { stdio: "inherit" });
  child.send(task);
  const ended = once(child, "exit").then(() => {
    throw new Error(`The process of ${what} ended without an answer.`);
  });
  const [answer] = (await Promise.race([once(child, "message"), ended])) as [unknown];
  return answer;
}
