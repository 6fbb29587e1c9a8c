import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, createHmac, hash, randomBytes } from "node:crypto";
import type { Random } from "../ports/runtime.ts";
import type { Scope, ScopePort } from "../ports/scope-port.ts";
import type { Platform } from "./contract.ts";

/** Bytes drawn at once: one system call for many ids. */
const POOL_BYTES = 4096;
const ID_BYTES = 16;

function createRandom(): Random {
  let pool = randomBytes(POOL_BYTES);
  let used = 0;
  return {
    id() {
      if (used === POOL_BYTES) {
        pool = randomBytes(POOL_BYTES);
        used = 0;
      }
      used += ID_BYTES;
      return pool.toString("base64url", used - ID_BYTES, used);
    },
  };
}

/** Node's defaults: synchronous hashing, `AsyncLocalStorage`, unreferenced timers. */
export const platform: Platform = {
  digest: {
    sha256: (text) =>
      typeof hash === "function"
        ? hash("sha256", text, "base64url")
        : createHash("sha256").update(text, "utf8").digest("base64url"),
    hmacSha256: (key, text) => createHmac("sha256", key).update(text, "utf8").digest("base64url"),
  },
  random: createRandom(),
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  },
  createAbort: () => new AbortController(),
  anySignal: (signals) => AbortSignal.any([...signals]),
  createScope(): ScopePort {
    const storage = new AsyncLocalStorage<Scope>();
    return {
      current: () => storage.getStore(),
      run: (scope, work) => storage.run(scope, work),
    };
  },
};
