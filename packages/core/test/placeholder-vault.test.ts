import { describe, expect, test, vi } from "vitest";
import type { CanonicalArgs, DecisionRecord, Guard, Node, Outcome, Scanner } from "../src/index.ts";
import { createGuard, createMemoryDecisionSink, trustedPrincipal } from "../src/index.ts";
import { createPlaceholderVault } from "../src/internal/placeholder-vault.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const CARD = "4111111111111111";
const OTHER = "5500000000000004";

const scanner: Scanner = {
  id: "test",
  kinds: ["secret", "pii"],
  scan: (text) => ({
    status: "complete",
    findings: [...text.matchAll(/\b(?:4111111111111111|5500000000000004)\b/g)].map((match) => ({
      kind: "pii" as const,
      rule: "card",
      start: match.index,
      end: match.index + match[0].length,
      confidence: "high" as const,
    })),
  }),
};

const policy = fixturePolicy({
  tools: {
    look: tool({}),
    pay: tool({
      input: {
        type: "object",
        properties: {
          card: { type: "string", maxLength: 60 },
          note: { type: "string" },
          pin: { type: "string", minLength: 20 },
          cards: { type: "array", items: { type: "string" } },
        },
      },
      restore: ["/card", "/cards/*", "/pin"],
    }),
  },
  rules: [
    permit("p", ["look", "pay"]),
    {
      id: "redact",
      effect: "require",
      tools: ["look"],
      obligations: [{ type: "redact", target: "result", kinds: ["pii"] }],
    },
  ],
});

interface World {
  readonly guard: Guard;
  readonly records: () => string;
  look(value: unknown, session?: string): Promise<Outcome<unknown>>;
  pay(
    args: object,
    options?: { readonly session?: string; readonly run?: (args: CanonicalArgs) => unknown },
  ): Promise<Outcome<unknown>>;
}

function contextOf(session: string): Parameters<Guard["execute"]>[1] {
  return {
    principal: trustedPrincipal({ agent: { id: "bot" } }),
    session: { id: session, isNew: true },
  };
}

async function createWorld(): Promise<World> {
  const sink = createMemoryDecisionSink({ maxRecords: 100 });
  const written: DecisionRecord[] = [];
  const guard = await createGuard({
    policy,
    scanner,
    sink: {
      async write(record) {
        written.push(record);
        await sink.write(record);
      },
    },
  });
  let calls = 0;
  return {
    guard,
    records: () => JSON.stringify(written),
    look: (value, session = "s") =>
      guard.execute(
        { callId: `${(calls += 1)}`, tool: "look", args: {} },
        contextOf(session),
        () => value,
      ),
    pay: (args, { session = "s", run = (got: unknown) => got } = {}) =>
      guard.execute({ callId: `${(calls += 1)}`, tool: "pay", args }, contextOf(session), run),
  };
}

/** The placeholder that the model is shown for the card. */
async function shown(world: World, session?: string): Promise<string> {
  const outcome = await world.look(CARD, session);
  if (outcome.kind !== "completed" || typeof outcome.value !== "string")
    throw new TypeError(outcome.kind);
  return outcome.value;
}

test("the tool gets the value, and nobody else does", async () => {
  const world = await createWorld();
  const placeholder = await shown(world);
  expect(placeholder).toMatch(/^\[REDACTED:card:[\w-]+-1\]$/);
  let got: unknown;
  const outcome = await world.pay(
    { card: placeholder, cards: [`no. ${placeholder}`], note: placeholder },
    {
      run(args) {
        got = args;
        return {
          echo: `paid with ${CARD}`,
          card: Number(CARD),
          [CARD]: 1,
          other: OTHER,
          glued: `a${CARD}b`,
        };
      },
    },
  );
  expect(got).toEqual({ card: CARD, cards: [`no. ${CARD}`], note: placeholder });
  expect(outcome).toMatchObject({
    kind: "completed",
    value: {
      echo: `paid with ${placeholder}`,
      card: 0,
      [placeholder]: 1,
      other: expect.stringContaining("[REDACTED:card:"),
    },
    decision: { args: { card: placeholder } },
  });
  expect(world.records()).not.toContain(CARD);
  expect(JSON.stringify(outcome)).not.toContain(CARD);
});

test("one value has one placeholder in all of a session's results", async () => {
  const world = await createWorld();
  const first = await shown(world);
  expect(await world.look([CARD, OTHER])).toMatchObject({
    value: [first, expect.not.stringContaining(first)],
  });
});

test("what a tool throws does not show what it was given", async () => {
  const world = await createWorld();
  const card = await shown(world);
  const outcome = await world.pay(
    { card },
    {
      run: () => {
        throw new Error(`declined: ${CARD}`);
      },
    },
  );
  expect(outcome).toMatchObject({ kind: "failed", error: { message: `declined: ${card}` } });
});

test("what a tool streams is withheld once it was given a value", async () => {
  const world = await createWorld();
  const card = await shown(world);
  const outcome = await world.guard.execute(
    { callId: "x", tool: "pay", args: { card } },
    { principal: trustedPrincipal({ agent: { id: "bot" } }), session: { id: "s" } },
    (_, control) => control.push(CARD.slice(0, 8)),
  );
  expect(outcome).toMatchObject({ kind: "failed", error: { name: "WithheldResult" } });
});

describe("refuses the call", () => {
  test.for([
    ["with a placeholder of another session", "other", (placeholder: string) => placeholder],
    ["with one that was made up", "s", () => "[REDACTED:card:aaaaaaaa-1]"],
    ["with one of the plain form", "s", () => "[REDACTED:card]"],
    ["with the start of one", "s", () => "[REDACTED:card"],
    [
      "with the start of one behind a whole one",
      "s",
      (placeholder: string) => `${placeholder} [REDACTED:`,
    ],
  ] as const)("%s", async ([, session, make]) => {
    const world = await createWorld();
    const placeholder = await shown(world);
    let ran = false;
    const run = (): void => {
      ran = true;
    };
    expect(await world.pay({ card: make(placeholder) }, { session, run })).toMatchObject({
      kind: "denied",
      denial: { code: "obligation-failed" },
    });
    expect(ran).toBe(false);
  });

  test("whose restored arguments do not fit the schema", async () => {
    const world = await createWorld();
    // The placeholder is long enough, the card is not.
    expect(await world.pay({ pin: await shown(world) })).toMatchObject({
      kind: "denied",
      denial: { code: "arguments-invalid" },
    });
  });
});

test("forgets the session that was used longest ago, and never mixes marks", () => {
  let id = 0;
  const vault = createPlaceholderVault({ id: () => `mark${String((id += 1)).padStart(18, "0")}` });
  const ids = new Set<string>();
  const tagOf = (session: string): string =>
    vault.session(session).of(CARD, { rule: "card", kind: "pii" });
  const first = tagOf("first");
  for (let index = 0; index < 1000; index += 1) ids.add(tagOf(`s${index}`));
  expect(vault.session("first").valueOf(first)).toBeUndefined();
  expect(vault.session("s999").valueOf(tagOf("s999"))).toBe(CARD);
});

test("a placeholder carries nothing past what was delegated", async () => {
  const guard = await createGuard({ policy, scanner });
  const except = { card: { type: "not_one_of", excluded: [CARD] } } as const;
  const ceiling = [{ tool: "look" }, { tool: "pay", args: except }] as const;
  const context = {
    principal: trustedPrincipal({ agent: { id: "bot" }, ceiling }),
    session: { id: "s", isNew: true },
  };
  const seen = await guard.execute({ callId: "1", tool: "look", args: {} }, context, () => CARD);
  const placeholder = seen.kind === "completed" ? seen.value : "";
  let ran = false;
  const outcome = await guard.execute(
    { callId: "2", tool: "pay", args: { card: placeholder } },
    context,
    () => {
      ran = true;
    },
  );
  expect(placeholder).toMatch(/^\[REDACTED:/);
  expect([ran, outcome]).toMatchObject([false, { denial: { code: "not-delegated" } }]);
});

test.for([
  ["a rule forbids", "forbid", undefined],
  ["a rule asks more for", "require", [{ type: "notify", channel: "c", priority: "normal" }]],
] as const)("a placeholder carries nothing that %s", async ([, effect, obligations]) => {
  const reads: Node = {
    op: "eq",
    t: "bool",
    a: { op: "var", t: "string", name: "args", path: ["card"] },
    b: { op: "lit", t: "string", value: CARD },
  };
  const asked = (obligations ?? []).map((one) => ({ ...one, required: false }));
  const rule = { id: "card", effect, tools: ["pay"], when: reads };
  const guard = await createGuard({
    policy: {
      ...policy,
      rules: [...policy.rules, { ...rule, ...(obligations ? { obligations: asked } : {}) }],
    },
    scanner,
    notifier: { notify: async () => undefined },
  });
  const context = contextOf("s");
  const seen = await guard.execute({ callId: "1", tool: "look", args: {} }, context, () => CARD);
  const card = seen.kind === "completed" ? seen.value : "";
  const run = vi.fn<() => void>();
  const outcome = await guard.execute({ callId: "2", tool: "pay", args: { card } }, context, run);
  expect(outcome).toMatchObject({ kind: "denied", denial: { code: "obligation-failed" } });
  expect(run).not.toHaveBeenCalled();
});

test("a value is taken out of a longer word that the tool says, and of an error's name", async () => {
  const world = await createWorld();
  const inner = await shown(world);
  const echoed = await world.pay({ card: inner }, { run: () => ({ text: `x${CARD}x` }) });
  expect(JSON.stringify(echoed)).not.toContain(CARD);
  const named = await world.pay(
    { card: inner },
    {
      run: () => {
        throw Object.assign(new Error("declined"), { name: CARD });
      },
    },
  );
  expect(JSON.stringify(named)).not.toContain(CARD);
});

test("of two values, one inside the other, nothing is left over", async () => {
  const nested: Scanner = {
    id: "nested",
    kinds: ["secret", "pii"],
    scan: (text) => ({
      status: "complete",
      findings: [...text.matchAll(/(?:jane\.)?key-111/g)].map(({ 0: found, index }) => ({
        kind: "pii",
        rule: "key",
        start: index,
        end: index + found.length,
        confidence: "high",
      })),
    }),
  };
  const guard = await createGuard({ policy, scanner: nested });
  const context = contextOf("s");
  const values = ["key-111", "jane.key-111"];
  const look = { callId: "1", tool: "look", args: {} };
  const seen = await guard.execute(look, context, () => values);
  const [card, long] = seen.kind === "completed" ? seen.value : [];
  const pay = { callId: "2", tool: "pay", args: { card, cards: [long] } };
  const outcome = await guard.execute(pay, context, () => "sent to jane.key-111");
  expect(outcome).toMatchObject({ kind: "completed", value: `sent to ${long}` });
});
