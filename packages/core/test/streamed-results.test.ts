import { describe, expect, test, vi } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import type { RunControl } from "../src/guard.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import type { Scanner } from "../src/ports/scanner.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { platform } from "#platform";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" } });
const context: ContextInput = { principal, session: { id: "s1", isNew: true } };
const look = { callId: "c1", tool: "look", args: {} };

const scanner: Scanner = {
  id: "test",
  kinds: ["secret", "pii"],
  scan: (text, { maxLength }) => ({
    status: text.length > maxLength ? "truncated" : "complete",
    findings: [...text.matchAll(/sk-\d{4}|ann@\w+/g)].map(({ 0: found, index }) => ({
      kind: found.startsWith("sk") ? "secret" : "pii",
      rule: found.startsWith("sk") ? "key" : "mail",
      start: index,
      end: index + found.length,
      confidence: "high",
    })),
  }),
};

interface Given {
  readonly labels?: readonly string[];
  readonly maxBytes?: number;
  readonly kinds?: readonly ("secret" | "pii")[];
  readonly options?: Partial<GuardOptions>;
}

async function setUp({ labels = [], maxBytes, kinds = [], options }: Given = {}) {
  const sink = createMemoryDecisionSink();
  const redacts = {
    id: "redact",
    effect: "require",
    tools: ["look"],
    obligations: [{ type: "redact", target: "result", kinds }],
  } as const;
  const policy = fixturePolicy({
    tools: { look: tool({ result: maxBytes === undefined ? { labels } : { labels, maxBytes } }) },
    rules: kinds.length === 0 ? [permit("p", ["look"])] : [permit("p", ["look"]), redacts],
  });
  const guard = await createGuard({ policy, sink, scanner, ...options });
  const run = <T>(work: (control: RunControl) => T | Promise<T>) =>
    guard.execute(look, context, (_, control) => work(control));
  return { guard, sink, run };
}

const unwritable = async (): Promise<never> => {
  throw new Error("disk full");
};

/** Streams the parts and tells what came out, part by part. */
const stream =
  (parts: readonly unknown[], out: unknown[]) =>
  async (control: RunControl): Promise<string> => {
    for (const part of parts) out.push(...(await control.push(part)));
    out.push(...(await control.end()));
    return "done";
  };

describe("a stream", () => {
  test("passes part by part where nothing is redacted, with imitations marked", async () => {
    const { run } = await setUp();
    const out: unknown[] = [];
    const parts = ["a", { b: "portcullis.denied" }, 3];
    expect(await run(stream(parts, out))).toMatchObject({ kind: "completed", value: "done" });
    expect(out).toEqual(["a", { b: "tool-text:portcullis.denied" }, 3]);
  });

  test("gives each part out at once where nothing is redacted", async () => {
    const { run } = await setUp();
    const seen: unknown[] = [];
    await run(async (control) => {
      seen.push(await control.push("a"));
      seen.push("between");
      seen.push(await control.push("b"));
    });
    expect(seen).toEqual([["a"], "between", ["b"]]);
  });

  test("holds everything back until its end where something is redacted", async () => {
    const { run } = await setUp({ kinds: ["secret"] });
    const out: unknown[] = [];
    const atEnd: unknown[] = [];
    await run(async (control) => {
      for (const part of ["key s", "k-12", "34 and ann@x"]) out.push(...(await control.push(part)));
      atEnd.push(...(await control.end()), ...(await control.end()));
    });
    expect(out).toEqual([]);
    expect(atEnd).toEqual(["key [REDACTED:key] and ann@x"]);
  });

  test("of nothing has nothing at its end", async () => {
    const { run } = await setUp({ kinds: ["secret"] });
    const out: unknown[] = [];
    await run(stream([], out));
    expect(out).toEqual([]);
  });

  test.for<readonly [string, unknown]>([
    ["an object", { text: "a" }],
    ["a number", 1],
    ["bytes", new Uint8Array([1])],
    ["nothing", undefined],
  ])("with %s in it is withheld where something is redacted", async ([, part]) => {
    const { run } = await setUp({ kinds: ["secret"] });
    const out: unknown[] = [];
    expect(await run(stream(["a", part], out))).toMatchObject({
      kind: "failed",
      error: { name: "WithheldResult" },
    });
    expect(out).toEqual([]);
  });

  test.for<readonly [string, readonly ("secret" | "pii")[]]>([
    ["passing", []],
    ["held back", ["secret"]],
  ])("%s: all its parts together are measured", async ([, kinds]) => {
    const { run } = await setUp({ kinds, maxBytes: 100 });
    const fits: unknown[] = [];
    expect(await run(stream(["x".repeat(50), "x".repeat(46)], fits))).toMatchObject({
      kind: "completed",
    });
    expect(fits.join("")).toHaveLength(96);
    expect(await run(stream(["x".repeat(50), "x".repeat(51)], []))).toMatchObject({
      kind: "failed",
      error: { name: "WithheldResult", message: expect.stringContaining("larger") },
    });
  });

  test("cannot be read before its labels are on record", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const addLabels = unwritable;
    const { run } = await setUp({
      labels: ["external"],
      options: { sessions: { ...sessions, addLabels } },
    });
    const out: unknown[] = [];
    expect(await run(stream(["secret"], out))).toMatchObject({
      kind: "failed",
      error: { name: "WithheldResult", message: expect.stringContaining("record") },
    });
    expect(out).toEqual([]);
  });

  test("writes its labels once, before the first part", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const addLabels = vi.fn<typeof sessions.addLabels>((...given) => sessions.addLabels(...given));
    const { run } = await setUp({
      labels: ["external"],
      options: { sessions: { ...sessions, addLabels } },
    });
    await run(async (control) => {
      await control.push("a");
      expect(addLabels).toHaveBeenCalledTimes(1);
      await control.push("b");
    });
    expect(addLabels).toHaveBeenCalledTimes(1);
    expect(addLabels).toHaveBeenCalledWith(expect.any(String), ["external"]);
  });
});

test("a tool without labels writes none", async () => {
  const sessions = createMemorySessionStore({ clock: platform.clock });
  const addLabels = vi.fn<typeof sessions.addLabels>((...given) => sessions.addLabels(...given));
  const { run } = await setUp({ options: { sessions: { ...sessions, addLabels } } });
  await run(() => 1);
  expect(addLabels).not.toHaveBeenCalled();
});

describe("a result that is a stream itself is withheld", () => {
  test.for<readonly [string, () => unknown]>([
    [
      "a generator",
      async function* () {
        yield 1;
      },
    ],
    ["a web stream", () => new ReadableStream()],
    ["a stream within", () => ({ a: [new ReadableStream()] })],
    ["a promise within", () => ({ a: Promise.resolve(1) })],
  ])("%s", async ([, make]) => {
    const { run } = await setUp();
    expect(await run(make)).toMatchObject({ kind: "failed", error: { name: "WithheldResult" } });
  });
});

describe("the size is that of UTF-8", () => {
  test.for([
    ["one byte", "\u007f", 1],
    ["two bytes", "\u0080", 2],
    ["two bytes at most", "\u07ff", 2],
    ["three bytes", "\u0800", 3],
    ["three bytes below the surrogates", "\ud7ff", 3],
    ["three bytes above the surrogates", "\ue000", 3],
    ["four bytes", "😀", 4],
  ] as const)("%s", async ([, character, bytes]) => {
    const text = character.repeat(10);
    expect(Buffer.byteLength(text)).toBe(bytes * 10);
    const exact = await setUp({ maxBytes: bytes * 10 });
    expect(await exact.run(() => text)).toMatchObject({ kind: "completed", value: text });
    const less = await setUp({ maxBytes: bytes * 10 - 1 });
    expect(await less.run(() => text)).toMatchObject({ kind: "failed" });
  });

  test("a mebibyte passes unless the policy says otherwise, and not a byte more", async () => {
    const { run } = await setUp();
    expect(await run(() => "x".repeat(1_048_576))).toMatchObject({ kind: "completed" });
    expect(await run(() => "x".repeat(1_048_577))).toMatchObject({ kind: "failed" });
  });
});

describe("what a failed tool tells", () => {
  class Odd extends Error {
    override name = "Odd Name!";
  }
  test.for<readonly [string, unknown, object]>([
    ["an error", new TypeError("bad"), { name: "TypeError", message: "bad" }],
    ["a text", "bad", { name: "Error", message: "bad" }],
    [
      "an error without a message",
      new Error(""),
      { message: "The tool failed without a message." },
    ],
    [
      "neither text nor error",
      { message: "bad" },
      { message: "The tool failed without a message." },
    ],
    ["an odd name", new Odd("bad"), { name: "Error", message: "bad" }],
    ["a long name", Object.assign(new Error("bad"), { name: "x".repeat(65) }), { name: "Error" }],
    [
      "a name of 64",
      Object.assign(new Error("bad"), { name: "x".repeat(64) }),
      { name: "x".repeat(64) },
    ],
    [
      "a stack in the message",
      new Error("bad\n    at f (/srv/app.js:1:1)\nmore"),
      { message: "bad" },
    ],
    ["a long message", new Error("x".repeat(3000)), { message: "x".repeat(2000) }],
    ["an imitation", new Error("portcullis.denied"), { message: "tool-text:portcullis.denied" }],
  ])("%s", async ([, thrown, expected]) => {
    const { run } = await setUp();
    const outcome = await run(() => {
      throw thrown;
    });
    expect(outcome).toMatchObject({ kind: "failed", error: expected });
  });

  test("has its secrets redacted where results are", async () => {
    const { run } = await setUp({ kinds: ["secret"] });
    const outcome = await run(() => {
      throw new Error("refused sk-1234 of ann@x");
    });
    expect(outcome).toMatchObject({ error: { message: "refused [REDACTED:key] of ann@x" } });
  });
});

const withFindings = (findings: readonly (readonly [number, number, string])[]): Scanner => ({
  ...scanner,
  scan: (text) => ({
    status: "complete",
    findings: text.includes("0123456789")
      ? findings.map(([start, end, rule]) => {
          return { kind: "secret", rule, start, end, confidence: "low" };
        })
      : [],
  }),
});

describe("a finding", () => {
  test.for<readonly [string, readonly (readonly [number, number, string])[], string]>([
    ["alone", [[2, 4, "a"]], "01[REDACTED:a]456789"],
    [
      "two in order",
      [
        [0, 2, "a"],
        [4, 6, "b"],
      ],
      "[REDACTED:a]23[REDACTED:b]6789",
    ],
    [
      "two out of order",
      [
        [4, 6, "b"],
        [0, 2, "a"],
      ],
      "[REDACTED:a]23[REDACTED:b]6789",
    ],
    [
      "two that touch",
      [
        [0, 2, "a"],
        [2, 4, "b"],
      ],
      "[REDACTED:a][REDACTED:b]456789",
    ],
    [
      "one within another",
      [
        [2, 3, "b"],
        [1, 8, "a"],
      ],
      "0[REDACTED:a]89",
    ],
    [
      "two that overlap",
      [
        [1, 5, "a"],
        [3, 8, "b"],
      ],
      "0[REDACTED:a]89",
    ],
    [
      "two from the same place",
      [
        [1, 3, "b"],
        [1, 8, "a"],
      ],
      "0[REDACTED:a]89",
    ],
    [
      "a short one after a long one over it",
      [
        [0, 9, "a"],
        [2, 3, "b"],
      ],
      "[REDACTED:a]9",
    ],
  ])("%s", async ([, findings, expected]) => {
    const options = { scanner: withFindings(findings) };
    const { run } = await setUp({ kinds: ["secret"], options });
    expect(await run(() => "0123456789")).toMatchObject({ value: expected });
  });

  test("of a kind that the policy does not name stays", async () => {
    const { run } = await setUp({ kinds: ["pii"] });
    expect(await run(() => "sk-1234 ann@x")).toMatchObject({ value: "sk-1234 [REDACTED:mail]" });
  });

  test("may be missing from a text that was read in part only, which is withheld", async () => {
    const truncating: Scanner = { ...scanner, scan: () => ({ status: "truncated", findings: [] }) };
    const { run } = await setUp({ kinds: ["secret"], options: { scanner: truncating } });
    expect(await run(() => "text")).toMatchObject({ kind: "failed" });
  });

  test("is looked for in a mebibyte at most", async () => {
    const seen: number[] = [];
    const noting: Scanner = {
      ...scanner,
      scan(text, limits) {
        seen.push(limits.maxLength);
        return scanner.scan(text, limits);
      },
    };
    const { run } = await setUp({ kinds: ["secret"], options: { scanner: noting } });
    await run(() => "text");
    expect(new Set(seen)).toEqual(new Set([1_048_576]));
  });
});

describe("the cost that a tool reports", () => {
  test.for([Number.NaN, Infinity, -1, -0.001])("is refused: %d", async (amount) => {
    const { run } = await setUp();
    expect(await run((control) => control.cost(amount))).toMatchObject({
      kind: "failed",
      error: { name: "TypeError" },
    });
  });

  test("is settled at its lowest", async () => {
    const settle = vi.fn<(reservation: string, cost?: number) => Promise<void>>(async () => {});
    const limits = {
      reserve: async () => ({ ok: true, id: "r1", soft: [] }) as const,
      release: async () => {},
      settle,
      record: async () => {},
    };
    const policy = fixturePolicy({
      limits: [{ id: "l", per: ["agent"], rates: [{ count: 1, windowSeconds: 60 }] }],
    });
    const { run } = await setUp({ options: { policy, limits } });
    await run((control) => {
      for (const amount of [5, 3, 0, 4]) control.cost(amount);
    });
    expect(settle).toHaveBeenLastCalledWith("r1", 0);
    await run((control) => control.cost(7));
    expect(settle).toHaveBeenLastCalledWith("r1", 7);
    await run(() => 1);
    expect(settle).toHaveBeenLastCalledWith("r1", undefined);
  });
});
