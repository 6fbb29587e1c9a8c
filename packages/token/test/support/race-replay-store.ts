// Presents the same ids as another thread or process does at the same moments, and says which it won.
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { createSqliteReplayStore } from "../../src/node.ts";

interface Race {
  readonly path: string;
  readonly tokens: number;
  /** When the first token is presented; the others follow each other by two milliseconds. */
  readonly startAt: number;
}

const [, , path = "", tokens = "0", startAt = "0"] = process.argv;
const race: Race =
  parentPort === null
    ? { path, tokens: Number(tokens), startAt: Number(startAt) }
    : (workerData as Race);

const store = createSqliteReplayStore({ path: race.path, busyTimeoutMs: 10_000 });
const seconds = Math.floor(Date.now() / 1000) + 3600;
const won: number[] = [];
for (let token = 0; token < race.tokens; token += 1) {
  // Now one comes first, now the other.
  const wait = race.startAt + 2 * token + 3 * Math.random() - Date.now();
  if (wait > 0) await sleep(wait);
  const answer = await store.consume(`holder:${token}`, seconds, seconds + 5);
  if (answer === "ok") won.push(token);
  else if (answer !== "replayed") throw new Error(`The store answered ${answer}.`);
}
store.close();
if (parentPort === null) process.stdout.write(JSON.stringify(won));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
else parentPort.postMessage(won);
