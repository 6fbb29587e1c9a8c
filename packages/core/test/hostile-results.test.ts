import { describe, expect, test } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { Guard } from "../src/guard.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import type { Scanner } from "../src/ports/scanner.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const SECRET = "sk-abcd1234";
const principal = trustedPrincipal({ agent: { id: "bot" } });
const context: ContextInput = { principal, session: { id: "s1", isNew: true } };
const look = { callId: "c1", tool: "look", args: {} };

const scanner: Scanner = {
  id: "test",
  kinds: ["secret"],
  scan: (text) => ({
    status: "complete",
    findings: [...text.matchAll(/sk-[a-z0-9]{8}/g)].map(({ 0: found, index }) => ({
      kind: "secret",
      rule: "key",
      start: index,
      end: index + found.length,
      confidence: "high",
    })),
  }),
};

const redacts = (target: "args" | "result") =>
  ({
    id: `redact-${target}`,
    effect: "require",
    tools: ["look"],
    obligations: [{ type: "redact", target, kinds: ["secret"] }],
  }) as const;

async function createRedacting(maxBytes = 1000): Promise<Guard> {
  const policy = fixturePolicy({
    tools: { look: tool({ result: { labels: [], maxBytes } }) },
    rules: [permit("p", ["look"]), redacts("result")],
  });
  return createGuard({ policy, scanner });
}

/** Everything that a reader or a serialiser gets to see of a value. */
function show(value: unknown): string {
  const elements = value instanceof Map || value instanceof Set ? [...value] : [];
  const members = Object.entries(Object(value));
  return JSON.stringify([value, String(value), elements, members], (_, member: unknown) =>
    member instanceof Set ? [...member] : member,
  );
}

class Wrapped {
  readonly #text = SECRET;
  toJSON(): string {
    return this.#text;
  }
}

describe("a redacted result shows the secret nowhere", () => {
  test.for<readonly [where: string, make: () => unknown]>([
    ["as a name", () => ({ deep: [{ [SECRET]: 1 }] })],
    ["as a name of a class instance", () => Object.assign(new Error("x"), { [SECRET]: 1 })],
    ["as the key of a map", () => new Map([[SECRET, 1]])],
    ["in a map", () => new Map([["a", { b: SECRET }]])],
    ["in a set", () => new Set([[SECRET]])],
    ["as a member of a map", () => Object.assign(new Map(), { a: SECRET })],
    ["as a member of an array", () => Object.assign([1], { a: SECRET })],
    ["in a text object", () => ({ a: Object(SECRET) })],
    [
      "behind an accessor",
      () => ({
        get a() {
          return SECRET;
        },
      }),
    ],
    ["in the address of a URL", () => ({ a: new URL(`https://x/?k=${SECRET}`) })],
    ["behind a toJSON", () => ({ a: new Wrapped() })],
    ["behind a plain toJSON", () => ({ a: { toJSON: () => ({ b: SECRET }) } })],
  ])("%s", async ([, make]) => {
    const guard = await createRedacting();
    const outcome = await guard.execute(look, context, make);
    expect(show(outcome.kind === "completed" ? outcome.value : outcome)).not.toContain(SECRET);
  });

  test("and what has none passes as it is, whatever its class", async () => {
    const guard = await createRedacting();
    const value = {
      date: new Date(0),
      url: new URL("https://x/"),
      bytes: new Uint8Array(3),
      map: new Map([["a", new Set(["b"])]]),
      error: new Error("fine"),
      list: [undefined, null, 1],
    };
    const outcome = await guard.execute(look, context, () => value);
    expect(outcome).toMatchObject({ kind: "completed" });
    expect(outcome.kind === "completed" && outcome.value).toBe(value);
  });

  test.for<readonly [name: string, make: () => unknown]>([
    ["an iterator", () => ({ a: [SECRET][Symbol.iterator]() })],
    ["a promise", () => ({ a: Promise.resolve(SECRET) })],
    ["a stream", () => ({ a: new ReadableStream() })],
  ])("%s inside is withheld", async ([, make]) => {
    const guard = await createRedacting();
    expect(await guard.execute(look, context, make)).toMatchObject({
      kind: "failed",
      error: { name: "WithheldResult" },
    });
  });

  test("names that become equal keep their members", async () => {
    const guard = await createRedacting();
    const value = { [SECRET]: 1, "sk-abcd9999": 2 };
    expect(await guard.execute(look, context, () => value)).toMatchObject({
      value: { "[REDACTED:key]": 1, "[REDACTED:key:2]": 2 },
    });
  });

  test("bytes that read like a text with a secret are withheld", async () => {
    const guard = await createRedacting();
    const bytes = Uint8Array.from(`\u00ff${SECRET}`, (unit) => unit.charCodeAt(0));
    const wide = Uint8Array.from(SECRET.replaceAll(/./g, "$&\0"), (unit) => unit.charCodeAt(0));
    for (const value of [{ bytes }, { wide }, { buffer: bytes.buffer }]) {
      expect(await guard.execute(look, context, () => value)).toMatchObject({
        kind: "failed",
        error: { name: "WithheldResult" },
      });
    }
  });
});

describe("the size of a result counts", () => {
  test.for<readonly [what: string, make: () => unknown]>([
    ["names", () => ({ ["a".repeat(600)]: { ["b".repeat(600)]: 1 } })],
    ["numbers", () => Array.from({ length: 300 }, () => 1234)],
    ["truth values", () => Array.from({ length: 300 }, () => true)],
    ["large integers", () => [2n ** 8000n]],
    ["texts in a set", () => new Set(["a".repeat(1001)])],
    ["keys of a map", () => new Map([["a".repeat(1001), 1]])],
  ])("%s", async ([, make]) => {
    const guard = await createRedacting();
    expect(await guard.execute(look, context, make)).toMatchObject({ kind: "failed" });
  });
});

test("a name that imitates a denial is marked", async () => {
  const policy = fixturePolicy();
  const guard = await createGuard({ policy });
  const value = { "portcullis.denied": 1 };
  expect(await guard.execute(look, context, () => value)).toMatchObject({
    value: { "tool-text:portcullis.denied": 1 },
  });
});

test("a message of line ends is read once, not once for each of them", async () => {
  const guard = await createGuard({ policy: fixturePolicy() });
  // Quadratic work would take minutes, so that the test would time out.
  const outcome = await guard.execute(look, context, () => {
    throw new Error("\n".repeat(640_000));
  });
  expect(outcome).toMatchObject({ kind: "failed", error: { message: "\n".repeat(2000) } });
});

test("a secret in the name of an argument is redacted before the call, in records and prompts", async () => {
  const input = { type: "object", additionalProperties: true };
  const policy = fixturePolicy({
    tools: { look: tool({ input }) },
    rules: [permit("p", ["look"]), redacts("args")],
    audit: { level: "enhanced" },
  });
  const sink = createMemoryDecisionSink();
  const guard = await createGuard({ policy, scanner, sink });
  const call = { ...look, args: { a: { [SECRET]: true } } };
  const outcome = await guard.execute(call, context, (args) => args);
  expect(outcome).toMatchObject({ value: { a: { "[REDACTED:key]": true } } });
  expect(JSON.stringify(sink.records)).not.toContain(SECRET);
  const messages = [{ input: { [SECRET]: SECRET } }];
  expect(JSON.stringify(await guard.redact(messages, context))).not.toContain(SECRET);
});
