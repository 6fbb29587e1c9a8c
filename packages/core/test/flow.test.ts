import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { platform } from "#platform";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import type { RunControl } from "../src/guard.ts";
import type { Json } from "../src/json.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import type { PolicyDocument, Rule, ToolEntry } from "../src/policy-document.ts";
import type { Scanner } from "../src/ports/scanner.ts";
import type { SessionStore } from "../src/ports/session-store.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { LabelsOfNode, Node } from "../src/rule-ast.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";
import { path } from "./support/policy-builders.ts";

const labelsOf = (at: string, more: Partial<LabelsOfNode> = {}): Node => ({
  op: "labelsOf",
  t: { list: "string" },
  a: path(at),
  ...more,
});
const carries = (label: string, at: string, more: Partial<LabelsOfNode> = {}): Node => ({
  op: "in",
  t: "bool",
  a: { op: "lit", t: "string", value: label },
  b: labelsOf(at, more),
});
const forbid = (id: string, when: Node): Rule => ({ id, effect: "forbid", tools: ["send"], when });

const open = { type: "object", additionalProperties: true };
const entry = (more: Partial<ToolEntry> = {}): ToolEntry => tool({ input: open, ...more });

const flowPolicy = (
  rules: readonly Rule[] = [forbid("untrusted", carries("untrusted", "args.to"))],
  more: Partial<PolicyDocument> = {},
): PolicyDocument =>
  fixturePolicy({
    tools: {
      read: entry({ result: { labels: ["untrusted"] } }),
      plain: entry(),
      vault: entry({ result: { labels: ["secret"] } }),
      send: entry({ class: "send" }),
    },
    rules: [permit("all", ["read", "plain", "vault", "send"]), ...rules],
    ...more,
  });

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
const context: ContextInput = { principal, session: { id: "s1", isNew: true } };

/** Runs tools one after the other in one session; the outcome of the last call. */
async function setUp(policy: PolicyDocument = flowPolicy(), options: Partial<GuardOptions> = {}) {
  const guard = await createGuard({ policy, ...options });
  let calls = 0;
  const call = (name: string, args: Json, result: unknown, within: ContextInput = context) =>
    guard.execute({ callId: String((calls += 1)), tool: name, args }, within, () => result);
  const send = async (to: Json, within?: ContextInput): Promise<string> => {
    const outcome = await call("send", { to }, "sent", within);
    return outcome.kind === "denied"
      ? (outcome.denial.rule?.id ?? outcome.denial.code)
      : outcome.kind;
  };
  return { guard, call, send };
}

describe("a value that a labelled result held", () => {
  test.for<[string, unknown, Json, boolean]>([
    ["is found whole", { iban: "XY-9" }, "XY-9", true],
    ["is found in other case", { name: "Mallory" }, "MALLORY", true],
    ["is found with other white space", "transfer to  Mallory\nSmith", "Mallory Smith", true],
    ["is found in full-width letters", { name: "Mallory" }, "Ｍａｌｌｏｒｙ", true],
    ["is found with invisible characters", { name: "Mallory" }, "Mal\u200Blo\u00ADry", true],
    ["is found inside a text", "please pay account 4711-0815-23 today", "4711-0815-23", true],
    [
      "is found without its separators",
      "IBAN DE89 3704 0044 0532 0130 00",
      "DE89370400440532013000",
      true,
    ],
    ["is found with other separators", "call +49 (170) 123 4567", "49-170-123-4567", true],
    ["is found by 8 characters", "the word is swordfis, now", "swordfis", true],
    [
      "is not found by 7 of its letters in running text",
      "the word is swordfi now",
      "swordfi",
      false,
    ],
    [
      "is found inside a longer value",
      { code: "the quick brown fox jumps over" },
      "Dear all, the quick brown fox jumps over it",
      true,
    ],
    [
      "gives away 24 characters",
      "abcdefghijklmnopqrstuvwxyz",
      "xx abcdefghijklmnopqrstuvwx yy",
      true,
    ],
    ["does not give away 23", "abcdefghijklmnopqrstuvwxyz", "xx abcdefghijklmnopqrstuvw yy", false],
    ["is found as a token", "mail a@b.io now", "a@b.io", true],
    ["is found as a token of a longer value", "mail a@b.io now", "mailto:a@b.io?subject=hi", true],
    [
      "is found in JSON too deep to be read, so all may be it",
      `${'{"a":'.repeat(80)}"Bob"${"}".repeat(80)}`,
      "Ann",
      true,
    ],
    ["is found by a walk of its own, so all may be it", { *[Symbol.iterator]() {} }, "Ann", true],
    ["is a part of a longer token", `${"-".repeat(500_000)}x 4711-0815`, "4711-0815", true],
    [
      "is found percent-encoded twice",
      "the launch code is blue zebra seven",
      "https://x.example/?q=launch%2520code%2520%2569s%20%62lue%2520zebra%20se%76en",
      true,
    ],
    [
      "is found percent-encoded",
      "the launch code is blue zebra seven",
      "https://x.example/?q=launch%20code%20%69s%20%62lue%20zebra%20se%76en",
      true,
    ],
    ["is found as a number", { amount: 98_765 }, 98_765, true],
    ["is found as a number of another sign", { amount: 98_765 }, -98_765, true],
    ["is found as a number in a text", "pay 12,345.50 now", 12_345.5, true],
    ["is found as a number spelt differently", "pay 12.345,50 now", "12345.5", true],
    ["is found as a text of a number", { amount: 98_765 }, "98765", true],
    ["is too small a number", { amount: 999 }, 999, false],
    ["is too small a number in a text", { amount: "999" }, "999", false],
    ["is found in JSON within a text", '{"a":{"b":"Bob"}}', "Bob", true],
    ["is found as a name that looks like data", { DE12: 1 }, "DE12", true],
    ["is no name of a field", { recipient: "Bob" }, "recipient", false],
    ["is found in a map", new Map([["k1", "Bob"]]), "Bob", true],
    ["is found in a set", new Set(["Bob"]), "Bob", true],
    ["is found below a list", [[{ x: "Bob" }]], "Bob", true],
    ["is found in a list of arguments", { x: "Bob" }, ["Ann", "Bob"], true],
    ["is found in an object of arguments", { x: "Bob" }, { deep: { to: "Bob" } }, true],
    ["is found as a name in the arguments", { x: "k-77" }, { "k-77": 1 }, true],
    ["is another value", { x: "Bob" }, "Ann", false],
    ["is a truth value", { x: true }, true, false],
    ["is bytes, so all may be it", new Uint8Array([1]), "Ann", true],
    ["is an instance that may show anything", new URL("https://x.example"), "Ann", true],
  ])("%s", async ([, result, to, isFound]) => {
    const { call, send } = await setUp();
    await call("read", {}, result);
    expect(await send(to)).toBe(isFound ? "untrusted" : "completed");
  });

  test("carries nothing before it was read, and in another session", async () => {
    const { call, send } = await setUp();
    expect(await send("Mallory")).toBe("completed");
    await call("read", {}, { name: "Mallory" });
    expect(await send("Mallory")).toBe("untrusted");
    expect(await send("Mallory", { principal, session: { id: "s2", isNew: true } })).toBe(
      "completed",
    );
  });

  test("carries the label of its own result only, and those of all results that held it", async () => {
    const { call, send } = await setUp(
      flowPolicy([
        forbid("a-secret", carries("secret", "args.to")),
        forbid("b-untrusted", carries("untrusted", "args.to")),
      ]),
    );
    await call("vault", {}, { pin: "one-time-77", both: "shared-88" });
    await call("read", {}, { text: "note-99", both: "shared-88" });
    expect(await send("one-time-77")).toBe("a-secret");
    expect(await send("note-99")).toBe("b-untrusted");
    // Read again from elsewhere, a value keeps what it carried.
    await call("plain", {}, { pin: "one-time-77" });
    await call("read", {}, { pin: "one-time-77" });
    expect(await send("one-time-77")).toBe("a-secret");
    expect(await send("shared-88")).toBe("a-secret");
  });

  test("is the user's where the user said it, and only then", async () => {
    const { call, send } = await setUp();
    await call("read", {}, { a: "Bob", b: "Mallory" });
    const said: ContextInput = { ...context, request: ["Send it to Bob."] };
    expect(await send("Bob", said)).toBe("completed");
    expect(await send("Mallory", said)).toBe("untrusted");
  });

  test("is found in what an error of the tool tells", async () => {
    const { guard, send } = await setUp();
    await guard.execute({ callId: "x", tool: "read", args: {} }, context, () => {
      throw new Error("no such customer: Mallory-1");
    });
    expect(await send("Mallory-1")).toBe("untrusted");
    expect(await send("Ann")).toBe("completed");
  });

  test("makes every value labelled where the tool is suspended with it", async () => {
    const { guard, send } = await setUp();
    const interrupt = new Error("ask Mallory");
    const call = { callId: "x", tool: "read", args: {}, isSuspension: () => true };
    await expect(
      guard.execute(call, context, () => {
        throw interrupt;
      }),
    ).rejects.toBe(interrupt);
    expect(await send("anything at all")).toBe("untrusted");
  });
});

const parts = (chunks: readonly unknown[]) => async (_: unknown, control: RunControl) => {
  const given: unknown[] = [];
  for (const chunk of chunks) given.push(...(await control.push(chunk)));
  given.push(...(await control.end()));
  return undefined;
};

describe("a stream", () => {
  test.for<[string, readonly unknown[], Json]>([
    ["within a part", ["pay Mallory-1 now", "ok"], "Mallory-1"],
    ["over two parts", ["pay Mall", "ory-1 now"], "Mallory-1"],
    ["character by character", Array.from("pay account 4711-0815 now"), "4711-0815"],
    ["as a whole short text", Array.from("Bob"), "Bob"],
    [
      "in objects of several forms",
      [
        { type: "delta", text: "Mall" },
        { id: "n1", type: "delta", text: "ory-1 x" },
      ],
      "Mallory-1",
    ],
    [
      "in objects",
      [
        { type: "delta", text: "Mall" },
        { type: "delta", text: "ory-1 x" },
      ],
      "Mallory-1",
    ],
  ])("gives away a value %s", async ([, chunks, to]) => {
    const { guard, send } = await setUp();
    await guard.execute({ callId: "x", tool: "read", args: {} }, context, parts(chunks));
    expect(await send(to)).toBe("untrusted");
    expect(await send("Ann")).toBe("completed");
  });

  test("is labelled before the first part is given out", async () => {
    const memory = createMemorySessionStore({ clock: platform.clock });
    const order: string[] = [];
    const sessions: SessionStore = {
      ...memory,
      async addValues(key, values) {
        await memory.addValues(key, values);
        if (values.exact.length > 0) order.push("kept");
      },
    };
    const { guard } = await setUp(flowPolicy(), { sessions });
    await guard.execute({ callId: "x", tool: "read", args: {} }, context, async (_, control) => {
      await control.push("one");
      order.push("given");
    });
    expect(order).toEqual(["kept", "given"]);
  });
});

const exempting = (exempt: readonly string[], properties: Json) =>
  flowPolicy(undefined, {
    tools: {
      ...flowPolicy().tools,
      send: entry({
        class: "send",
        flow: { exempt },
        input: { type: "object", properties, additionalProperties: true },
      }),
    },
  });

describe("an exempt argument", () => {
  test.for<[string, readonly string[], Json, Json, string]>([
    ["carries nothing", ["/to"], {}, "tab-4711", "completed"],
    ["is another one", ["/id"], {}, "tab-4711", "untrusted"],
    ["is no list", ["/to"], {}, ["tab-4711"], "untrusted"],
    ["is any element", ["/to/*"], {}, ["tab-4711"], "completed"],
    ["is no member by `*`", ["/to/*"], {}, { a: "tab-4711" }, "untrusted"],
    [
      "is no member by `*` that looks like an element",
      ["/to/*"],
      {},
      { 7: "tab-4711" },
      "untrusted",
    ],
    ["is no name in it", ["/to/*"], {}, { "tab-4711": "" }, "untrusted"],
    ["is the element that it names", ["/to/0"], {}, ["x", "tab-4711"], "untrusted"],
    ["is no text", ["/to"], {}, `tab-4711 ${"x".repeat(60)}`, "untrusted"],
    ["is one of a closed list", [], { to: { enum: ["tab-4711"] } }, "tab-4711", "completed"],
    [
      "is in a closed list in a list",
      [],
      { to: { items: { enum: ["tab-4711"] } } },
      ["tab-4711"],
      "completed",
    ],
    [
      "is not closed by an alternative",
      [],
      { to: { anyOf: [{ enum: ["tab-4711"] }, {}] } },
      "tab-4711",
      "untrusted",
    ],
  ])("%s", async ([, exempt, properties, to, expected]) => {
    const { call, send } = await setUp(exempting(exempt, properties));
    await call("read", {}, { id: "tab-4711" });
    expect(await send(to)).toBe(expected);
  });

  test("cannot be all arguments", async () => {
    await expect(setUp(exempting([""], {}))).rejects.toThrow(/exempt/);
  });
});

const legal = (
  from: readonly string[],
  entries: Partial<Record<string, Partial<ToolEntry>>> = {},
) =>
  flowPolicy([forbid("untrusted", carries("untrusted", "args.to", { derived: "inherit" }))], {
    tools: {
      ...flowPolicy().tools,
      bill: entry({ result: { labels: ["untrusted"] }, ...entries["bill"] }),
      send: entry({
        class: "send",
        flow: { from: { "/to": from, "/many/*": from, "/cc": ["bill#/note"] } },
      }),
    },
    rules: [
      permit("all", ["read", "plain", "vault", "bill", "send"]),
      forbid("untrusted", carries("untrusted", "args.to", { derived: "inherit" })),
      forbid("many", {
        op: "and",
        t: "bool",
        of: [{ op: "has", t: "bool", a: path("args.many") }, carries("untrusted", "args.many")],
      }),
    ],
  });

describe("an argument that may come from a declared result", () => {
  test.for<[string, string, unknown, Json, string]>([
    ["carries nothing from there", "bill#/iban", { iban: "DE-4711" }, "DE-4711", "completed"],
    ["is spelt otherwise", "bill#/iban", { iban: "DE 47 11" }, "de4711", "completed"],
    ["is a number", "bill#/no", { no: 47_110 }, 47_110, "completed"],
    ["came in a text of JSON", "bill#/iban", '{"iban":"DE-4711"}', "DE-4711", "completed"],
    ["is one of a list", "bill#/all/*/iban", { all: [{}, { iban: "DE-1" }] }, "DE-1", "completed"],
    ["stood elsewhere", "bill#/iban", { iban: "x", note: "DE-4711" }, "DE-4711", "untrusted"],
    ["stood deeper", "bill#/iban", { iban: { a: "DE-4711" } }, "DE-4711", "untrusted"],
    ["is a part of it", "bill#/iban", { iban: "DE-4711-0815" }, "DE-4711", "untrusted"],
    ["holds it", "bill#/iban", { iban: "DE-4711-0815" }, "x DE-4711-0815", "untrusted"],
    ["is no member by `*`", "bill#/all/*", { all: { a: "DE-4711" } }, "DE-4711", "untrusted"],
    ["was inherited", "bill#/constructor", { iban: "DE-4711" }, "Object", "untrusted"],
  ])("%s", async ([, source, result, to, expected]) => {
    const { call, send } = await setUp(legal([source]));
    await call("bill", {}, result);
    await call("read", {}, { other: "DE-4711", more: 47_110 });
    expect(await send(to)).toBe(expected);
  });

  test("carries what it did where another tool held it", async () => {
    const { call, send } = await setUp(legal(["bill#/iban"]));
    await call("read", {}, { iban: "DE-4711" });
    expect(await send("DE-4711")).toBe("untrusted");
  });

  test("comes from one of several, also from one without labels", async () => {
    const { call, send } = await setUp(
      legal(["bill#/iban", "plain#/iban"], { bill: { result: { labels: [] } } }),
    );
    await call("plain", {}, { iban: "DE-1" });
    await call("bill", {}, { iban: "DE-2" });
    await call("read", {}, { a: "DE-1", b: "DE-2", c: "DE-3" });
    expect(await send("DE-1")).toBe("completed");
    expect(await send("DE-2")).toBe("completed");
    expect(await send("DE-3")).toBe("untrusted");
  });

  test("is that argument and no other", async () => {
    const { call } = await setUp(legal(["bill#/iban"]));
    await call("bill", {}, { iban: "DE-1" });
    await call("read", {}, { iban: "DE-2" });
    const outcome = async (many: Json) => (await call("send", { to: "", many }, "sent")).kind;
    expect(await outcome(["DE-1"])).toBe("completed");
    expect(await outcome(["DE-1", "DE-2"])).toBe("denied");
    expect(await outcome([["DE-1"]])).toBe("denied");
  });

  test("is none where the values of the session cannot be told apart", async () => {
    const { call, send } = await setUp(legal(["bill#/iban"]));
    await call("bill", {}, { iban: "DE-4711", scan: new Uint8Array([1]) });
    expect(await send("DE-4711")).toBe("untrusted");
  });

  test.for([["nobody#/iban"], ["bill"], ["bill#iban"], ["#/iban"], ["bill#/~2"]])(
    "is refused: %s",
    async ([source = ""]) => {
      await expect(setUp(legal([source]))).rejects.toThrow(/flow\/from|\/from/);
    },
  );
});

test("a tool without labels makes no value known", async () => {
  const { call, send } = await setUp(
    flowPolicy([forbid("inherits", carries("untrusted", "args.to", { derived: "inherit" }))]),
  );
  await call("read", {}, { name: "Mallory" });
  await call("plain", { text: "TWFsbG9yeQ" }, { text: "TWFsbG9yeQ" });
  expect(await send("TWFsbG9yeQ")).toBe("inherits");
});

test("a value that only in part was found is of unknown origin", async () => {
  const { call, send } = await setUp(
    flowPolicy([forbid("secret", carries("secret", "args.to", { derived: "inherit" }))]),
  );
  await call("vault", {}, { pin: "7777-1234" });
  await call("read", {}, { text: "abcdefghijklmnopqrstuvwxyz", code: "AB-99" });
  expect(await send("abcdefghijklmnopqrstuvwxyz")).toBe("completed");
  expect(await send("code AB-99")).toBe("secret");
  expect(await send("AB-99")).toBe("completed");
  expect(await send("abcdefghijklmnopqrstuvwxyz and Zm9vYmFyYmF6")).toBe("secret");
});

describe("fails closed", () => {
  test.for(["addValues", "findLabels"] as const)("when %s fails", async (method) => {
    const sessions: SessionStore = {
      ...createMemorySessionStore({ clock: platform.clock }),
      [method]: () => Promise.reject(new Error("secret detail")),
    };
    const { call } = await setUp(flowPolicy(), { sessions });
    const outcome = await call("read", {}, { name: "Mallory" });
    expect(JSON.stringify(outcome)).not.toContain("Mallory");
    expect(JSON.stringify(outcome)).not.toContain("detail");
    expect(outcome.kind).toBe(method === "addValues" ? "failed" : "denied");
  });

  test("when the store answers less than was asked", async () => {
    const sessions: SessionStore = {
      ...createMemorySessionStore({ clock: platform.clock }),
      findLabels: async () => ({ everywhere: [], exact: [], shingles: [] }),
    };
    const { send } = await setUp(flowPolicy(), { sessions });
    expect(await send("Mallory")).toBe("session-unavailable");
  });

  test("when labels came from a policy that keeps no values", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const without = await setUp(flowPolicy([]), { sessions });
    await without.call("read", {}, { name: "Mallory" });
    const { send } = await setUp(flowPolicy(), { sessions });
    expect(await send("Mallory")).toBe("untrusted");
  });

  test("when the deployment's key changed", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const first = await setUp(flowPolicy(), { sessions });
    await first.call("read", {}, { name: "Mallory" });
    const { send } = await setUp(flowPolicy(), { sessions });
    expect(await send("Ann")).toBe("untrusted");
  });

  test("when a session was forgotten or is not known", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock, maxSessions: 1 });
    const { call, send } = await setUp(flowPolicy(), { sessions });
    const old: ContextInput = { principal, session: { id: "s1" } };
    await call("read", {}, { name: "Mallory" }, context);
    expect(await send("Ann", { principal, session: { id: "s2", isNew: true } })).toBe("completed");
    expect(await send("Ann", old)).toBe("untrusted");
    expect(await send("Ann", { principal, session: { id: "s3" } })).toBe("untrusted");
  });

  test("when a result has too many values, also for later results", async () => {
    const { call, send } = await setUp(
      flowPolicy([
        forbid("a-secret", carries("secret", "args.to")),
        forbid("b-untrusted", carries("untrusted", "args.to")),
      ]),
    );
    await call("vault", {}, { pin: "one-time-77" });
    expect(await send("Ann")).toBe("completed");
    const many = Array.from({ length: 20_000 }, (_, index) => `v${index}`);
    await call("read", {}, many);
    await call("read", {}, many);
    expect(await send("Ann")).toBe("completed");
    await call("read", {}, many);
    expect(await send("Ann")).toBe("a-secret");
    // What could not be told apart is not forgotten either.
    expect(await send("one-time-77")).toBe("a-secret");
  }, 60_000);

  test("when one result is too long", async () => {
    const { call, send } = await setUp();
    await call("read", {}, "x y z ".repeat(200_000).slice(0, 1_000_000));
    expect(await send("Ann")).toBe("completed");
    await call("read", {}, "a".repeat(600_000));
    expect(await send("Ann")).toBe("untrusted");
  });

  test("when the arguments are too long to be looked up", async () => {
    const { call, send } = await setUp();
    await call("read", {}, { name: "Mallory" });
    expect(await send("b".repeat(200_000))).toBe("completed");
    expect(await send(["b".repeat(200_000), "c".repeat(200_000)])).toBe("untrusted");
  });

  test("when the arguments are too many to be looked up", async () => {
    const { call, send } = await setUp();
    await call("read", {}, { name: "Mallory" });
    const many = Array.from({ length: 9000 }, (_, index) => `x${index}`);
    expect(await send(many.slice(0, 8000))).toBe("completed");
    expect(await send(many)).toBe("untrusted");
  });

  test("when the user's words are too long to be searched", async () => {
    const { call, send } = await setUp();
    await call("read", {}, { name: "Bob" });
    expect(await send("Bob", { ...context, request: ["Bob"] })).toBe("completed");
    const request = ["Bob", ...Array.from({ length: 17 }, () => "x ".repeat(500_000))];
    expect(await send("Bob", { ...context, request })).toBe("untrusted");
  });

  test("where labels were not loaded, a condition is an error", async () => {
    const { send } = await setUp(
      flowPolicy([forbid("absent", carries("untrusted", "args.absent"))]),
    );
    expect(await send("Ann")).toBe("absent");
  });
});

test("a value of unknown origin inherits only where the rule says so", async () => {
  const { call, send } = await setUp(
    flowPolicy([forbid("derived", carries("untrusted", "args.to", { derived: "inherit" }))]),
  );
  expect(await send("Ann")).toBe("completed");
  await call("read", {}, { name: "Mallory" });
  expect(await send("Ann")).toBe("derived");
  expect(await send("Ann", { ...context, request: ["write to Ann"] })).toBe("completed");
  expect(await send(7)).toBe("completed");
});

test("elements of a quantifier carry their labels", async () => {
  const when: Node = {
    op: "exists",
    t: "bool",
    over: path("args.to"),
    as: "x",
    body: carries("untrusted", "x"),
  };
  const { call, send } = await setUp(flowPolicy([forbid("some", when)]));
  await call("read", {}, { name: "Mallory" });
  expect(await send(["Ann", "Mallory"])).toBe("some");
  expect(await send(["Ann"])).toBe("completed");
});

test("parallel calls of a session keep all their values", async () => {
  const { call, send } = await setUp();
  await Promise.all(
    Array.from({ length: 40 }, (_, index) => call("read", {}, { name: `person-${index}` })),
  );
  const found = await Promise.all(
    Array.from({ length: 40 }, (_, index) => send(`person-${index}`)),
  );
  expect(new Set(found)).toEqual(new Set(["untrusted"]));
});

test("a sub-agent in the same session meets the values of its parent", async () => {
  const { call, send } = await setUp();
  await call("read", {}, { name: "Mallory" });
  const child = trustedPrincipal({
    agent: { id: "helper" },
    user: { id: "user:ann" },
  });
  expect(await send("Mallory", { principal: child, session: { id: "s1" } })).toBe("untrusted");
  // Without the session it is an unknown one, in which everything is labelled.
  expect(await send("Ann", { principal: child })).toBe("untrusted");
});

test("rewritten arguments are looked up again", async () => {
  const clamp: Rule = {
    id: "clamp",
    effect: "require",
    tools: ["send"],
    obligations: [{ type: "clamp", path: "/amount", max: 5000 }],
  };
  const policy = flowPolicy([forbid("amount", carries("untrusted", "args.amount")), clamp]);
  const { call } = await setUp(policy);
  await call("read", {}, { most: 5000 });
  const outcome = await call("send", { amount: 70_000 }, "sent");
  expect(outcome).toMatchObject({ kind: "denied", denial: { rule: { id: "amount" } } });
  // With the labels of the arguments as they came, the clamped value would be an unknown one.
  const other = await setUp(policy);
  await other.call("read", {}, { most: 4999 });
  expect((await other.call("send", { amount: 70_000 }, "sent")).kind).toBe("completed");
});

test("an approval lets the call pass and cleans nothing", async () => {
  const asks: Rule = {
    id: "ask",
    effect: "require",
    tools: ["send"],
    when: carries("untrusted", "args.to"),
    obligations: [{ type: "approval", ...flowPolicy().approval }],
  };
  const { call } = await setUp(flowPolicy([asks]));
  expect((await call("send", { to: "Mallory" }, "sent")).kind).toBe("completed");
  await call("read", {}, { name: "Mallory" });
  expect((await call("send", { to: "Mallory" }, "sent")).kind).toBe("approval-required");
  expect((await call("send", { to: "Mallory" }, "sent")).kind).toBe("approval-required");
});

test("a policy that reads no labels of values keeps none and asks for none", async () => {
  const memory = createMemorySessionStore({ clock: createFakeClock() });
  const addValues = vi.fn<SessionStore["addValues"]>((key, values) =>
    memory.addValues(key, values),
  );
  const findLabels = vi.fn<SessionStore["findLabels"]>((key, query) =>
    memory.findLabels(key, query),
  );
  const sessions = { ...memory, addValues, findLabels };
  const { call, send } = await setUp(flowPolicy([]), { sessions });
  await call("read", {}, { name: "Mallory" });
  await send("Mallory");
  expect(addValues).not.toHaveBeenCalled();
  expect(findLabels).not.toHaveBeenCalled();
});

test("no value reaches the store in the clear", async () => {
  const memory = createMemorySessionStore({ clock: createFakeClock() });
  const seen: string[] = [];
  const sessions: SessionStore = {
    ...memory,
    addValues(key, values) {
      seen.push(JSON.stringify(values));
      return memory.addValues(key, values);
    },
    findLabels(key, query) {
      seen.push(JSON.stringify(query));
      return memory.findLabels(key, query);
    },
  };
  const { call, send } = await setUp(flowPolicy(), { sessions });
  await call("read", {}, { name: "Mallory Smith" });
  await send("Mallory Smith");
  expect(seen.length).toBeGreaterThan(1);
  expect(seen.join("")).not.toMatch(/mallory|smith/i);
});

test("any part of 24 characters or whole value of 8 is found, however it is spaced and cased", async () => {
  const { call, send } = await setUp();
  const secret = "q7w8e9r0t1y2u3i4o5p6a7s8d9f0g1h2j3k4l5z6x7c8v9b0n1m2";
  await call("read", {}, `prefix ${secret} suffix`);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: secret.length - 24 }),
      fc.integer({ min: 24, max: secret.length }),
      fc.constantFrom("", " ", "-", ".", "\u200B", "\n"),
      fc.boolean(),
      async (from, length, separator, upper) => {
        const part = secret.slice(from, from + length);
        const spaced = Array.from(part).join(separator);
        expect(await send(`see ${upper ? spaced.toUpperCase() : spaced}!`)).toBe("untrusted");
      },
    ),
    { numRuns: 100 },
  );
});

describe("a result in which signals are found", () => {
  const signals: Scanner = {
    id: "evil",
    kinds: ["injection"],
    scan(text) {
      const start = text.indexOf("EVIL");
      const found = { kind: "injection", rule: "evil", start, end: start + 4 } as const;
      return { status: "complete", findings: start < 0 ? [] : [{ ...found, confidence: "high" }] };
    },
  };
  const policy = flowPolicy([forbid("suspect", carries("suspicious", "args.to"))]);

  test("makes its own values suspicious", async () => {
    const { call, send } = await setUp(policy, { signals });
    await call("plain", {}, { name: "Ann-1" });
    await call("plain", {}, { text: "so EVIL", name: "Mallory-1" });
    expect(await send("Mallory-1")).toBe("suspect");
    expect(await send("Ann-1")).toBe("completed");
  });

  test("makes every value suspicious where parts of it were given out before", async () => {
    const { guard, send } = await setUp(policy, { signals });
    await guard.execute(
      { callId: "x", tool: "plain", args: {} },
      context,
      parts(["Mallory-1", " EVIL"]),
    );
    expect(await send("Mallory-1")).toBe("suspect");
  });
});
