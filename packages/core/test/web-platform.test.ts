import { createHash, createHmac } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createGuard } from "../src/create-guard.ts";
import { platform as node } from "../src/platform/node.ts";
import { platform as web } from "../src/platform/web.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { fixturePolicy } from "./support/fixture-policy.ts";

const TEXTS = ["", "abc", "ü€😀", "\u0000", "x".repeat(100_000)];

afterEach(() => vi.unstubAllGlobals());

describe("web and Node compute the same", () => {
  test.for(TEXTS)("%j", async (text) => {
    const sha256 = createHash("sha256").update(text, "utf8").digest("base64url");
    const hmac = createHmac("sha256", `key ${text}`).update(text, "utf8").digest("base64url");
    for (const { digest } of [web, node]) {
      expect(await digest.sha256(text)).toBe(sha256);
      expect(await digest.hmacSha256(`key ${text}`, text)).toBe(hmac);
    }
  });

  test("every byte value is written in the alphabet of base64url", () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (let from = 0; from < 256; from += 16) {
      const bytes = all.subarray(from, from + 16);
      vi.stubGlobal("crypto", {
        getRandomValues: (given: Uint8Array) => (given.set(bytes), given),
      });
      expect(web.random.id()).toBe(Buffer.from(bytes).toString("base64url"));
    }
  });
});

test.for([
  ["web", web],
  ["Node", node],
] as const)("%s: ids have 128 bits and do not repeat", ([, { random }]) => {
  const ids = Array.from({ length: 1000 }, () => random.id());
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
});

describe.for([
  ["web", web],
  ["Node", node],
] as const)("%s: time", ([, platform]) => {
  const { clock } = platform;
  test("fires once, and never after it was cancelled", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const fired: string[] = [];
      clock.schedule(50, () => fired.push("kept"));
      const cancel = clock.schedule(50, () => fired.push("cancelled"));
      cancel();
      vi.advanceTimersByTime(49);
      expect(fired).toEqual([]);
      vi.advanceTimersByTime(1000);
      expect(fired).toEqual(["kept"]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("the wall clock is the system's, the monotonic one never goes back", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
    try {
      const before = clock.monotonic();
      expect(clock.now()).toBe(1_800_000_000_000);
      vi.setSystemTime(1_700_000_000_000);
      expect(clock.now()).toBe(1_700_000_000_000);
      expect(clock.monotonic()).toBeGreaterThanOrEqual(before);
    } finally {
      vi.useRealTimers();
    }
  });

  test("an abort reaches who listens", () => {
    const handle = platform.createAbort();
    expect(handle.signal.aborted).toBe(false);
    handle.abort("stop");
    expect(handle.signal).toMatchObject({ aborted: true, reason: "stop" });
  });
});

test("a runtime without asynchronous context has no scope, and nothing else is missing", async () => {
  const scope = web.createScope();
  const { digest, random, clock } = web;
  const guard = await createGuard({ policy: fixturePolicy(), scope, digest, random, clock });
  const principal = trustedPrincipal({ agent: { id: "bot" } });
  const call = { callId: "c", tool: "look", args: {} };
  const run = (): unknown => guard.currentScope() ?? "no scope";
  expect(await guard.execute(call, { principal }, run)).toMatchObject({ value: "no scope" });
});

test("a digest that fails denies", async () => {
  const { digest } = web;
  const guard = await createGuard({ policy: fixturePolicy(), digest });
  vi.stubGlobal("crypto", { subtle: {} });
  const principal = trustedPrincipal({ agent: { id: "bot" } });
  const call = { callId: "c", tool: "look", args: {} };
  const run = vi.fn<() => number>(() => 1);
  expect(await guard.execute(call, { principal }, run)).toMatchObject({ kind: "denied" });
  expect(run).not.toHaveBeenCalled();
});
