import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { platform } from "#platform";
import type { ContextInput } from "../src/call-context.ts";
import { compilePolicy } from "../src/compile-policy.ts";
import { createGuard } from "../src/create-guard.ts";
import { explainRules } from "../src/explain.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import type { Json } from "../src/json.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import { parsePolicy } from "../src/parse-policy.ts";
import type { PolicyDocument, Rule } from "../src/policy-document.ts";
import type { SessionSnapshot, SessionStore } from "../src/ports/session-store.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { Node } from "../src/rule-ast.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";
import * as b from "./support/policy-builders.ts";

const open = tool({ input: { type: "object", additionalProperties: true } });
const calls = b.path("session.calls", { list: { map: "dyn" } });
const kept = (at: string, of = "x") => b.path(`${of}.args.${at}`, "sealed");
const some = (body: Node): Node => b.each("exists", calls, body);
const sameId = some(b.op2("eq", kept("id"), b.path("args.id")));
const forbid = (id: string, when: Node, more: Partial<Rule> = {}): Rule => ({
  id,
  effect: "forbid",
  tools: ["pay"],
  when,
  ...more,
});

const policyOf = (
  rules: readonly Rule[] = [forbid("again", sameId)],
  more: Partial<PolicyDocument> = {},
): PolicyDocument =>
  fixturePolicy({
    tools: { pay: open, look: open },
    rules: [permit("all", ["pay", "look"]), ...rules],
    ...more,
  });

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
const context: ContextInput = { principal, session: { id: "s1", isNew: true } };

async function setUp(policy: PolicyDocument = policyOf(), options: Partial<GuardOptions> = {}) {
  const guard = await createGuard({ policy, ...options });
  let count = 0;
  const call = async (name: string, args: Json, run: () => unknown = () => "ok") => {
    const outcome = await guard.execute(
      { callId: String((count += 1)), tool: name, args },
      context,
      run,
    );
    return outcome.kind === "denied"
      ? (outcome.denial.rule?.id ?? outcome.denial.code)
      : outcome.kind;
  };
  return {
    guard,
    call,
    look: (args: Json) => call("look", args),
    pay: (args: Json) => call("pay", args),
  };
}

const storeWatched = () => {
  const memory = createMemorySessionStore({ clock: platform.clock });
  const seen: { snapshot?: SessionSnapshot } = {};
  const texts: string[] = [];
  const sessions: SessionStore = {
    ...memory,
    async open(request) {
      texts.push(JSON.stringify(request));
      seen.snapshot = await memory.open(request);
      return seen.snapshot;
    },
    close(...end) {
      texts.push(JSON.stringify(end));
      return memory.close(...end);
    },
  };
  return { sessions, seen, texts };
};

const failing: typeof platform.digest.hmacSha256 = (key, text) => {
  if (text.startsWith("value:")) throw new Error("no digest");
  return platform.digest.hmacSha256(key, text);
};

const refused = (when: Node): readonly string[] => {
  try {
    parsePolicy(policyOf([forbid("r", when)]));
  } catch (error) {
    const { issues } = (error as { fields: { issues: { path: string; message: string }[] } })
      .fields;
    return issues.map(({ path, message }) => `${path} ${message}`);
  }
  return [];
};

const hash = (value: Json): string => `${JSON.stringify(value)}${"h".repeat(20)}`;

describe("an argument of an earlier call", () => {
  test.for<[string, Node, Json, Json, string]>([
    ["equals the same text", sameId, { id: "A-1" }, { id: "A-1" }, "r"],
    ["is another text", sameId, { id: "A-1" }, { id: "A-2" }, "completed"],
    ["differs in case", sameId, { id: "a" }, { id: "A" }, "completed"],
    ["equals the same number", sameId, { id: 1e3 }, { id: 1000 }, "r"],
    ["is no text of the number", sameId, { id: "1" }, { id: 1 }, "completed"],
    ["equals null", sameId, { id: null }, { id: null }, "r"],
    ["equals true", sameId, { id: true }, { id: true }, "r"],
    ["equals an object in any order", sameId, { id: { a: 1, b: 2 } }, { id: { b: 2, a: 1 } }, "r"],
    ["equals a list", sameId, { id: [1, "x"] }, { id: [1, "x"] }, "r"],
    ["is a list in another order", sameId, { id: [1, 2] }, { id: [2, 1] }, "completed"],
    ["is absent, which is an error", sameId, { other: 1 }, { id: "A" }, "r"],
    [
      "is absent, which another operand decides",
      some(b.and(b.has(kept("id")), b.op2("eq", kept("id"), b.path("args.id")))),
      { other: 1 },
      { id: "A" },
      "completed",
    ],
    ["is asked for and there", some(b.has(kept("id"))), { id: null }, {}, "r"],
    ["is asked for in what is no object", some(b.has(kept("a.b"))), { a: 1 }, {}, "r"],
    ["is asked for in what is absent", some(b.has(kept("a.b"))), {}, {}, "r"],
    ["is asked for in an object without it", some(b.has(kept("a.b"))), { a: {} }, {}, "completed"],
    [
      "equals a member",
      some(b.op2("eq", kept("a.b"), b.path("args.x"))),
      { a: { b: "A" } },
      { x: "A" },
      "r",
    ],
    [
      "equals a whole of which a member is read",
      some(
        b.and(
          b.op2("eq", kept("a"), b.path("args.x")),
          b.op2("eq", kept("a.b"), b.path("args.x.b")),
        ),
      ),
      { a: { b: "A" } },
      { x: { b: "A" } },
      "r",
    ],
    [
      "is another whole with the same member",
      some(
        b.and(
          b.op2("eq", kept("a"), b.path("args.x")),
          b.op2("eq", kept("a.b"), b.path("args.x.b")),
        ),
      ),
      { a: { b: "A", c: 1 } },
      { x: { b: "A" } },
      "completed",
    ],
    ["equals a literal", some(b.op2("eq", kept("id"), b.lit("A"))), { id: "A" }, {}, "r"],
    ["equals a literal on the left", some(b.op2("eq", b.lit(7), kept("id"))), { id: 7 }, {}, "r"],
    ["is unequal", some(b.op2("ne", kept("id"), b.path("args.id"))), { id: "A" }, { id: "B" }, "r"],
    [
      "is not unequal",
      some(b.op2("ne", kept("id"), b.path("args.id"))),
      { id: "A" },
      { id: "A" },
      "completed",
    ],
    [
      "is unequal to what is absent, an error",
      some(b.op2("ne", kept("id"), b.path("args.id"))),
      { id: "A" },
      {},
      "r",
    ],
    [
      "is in a literal list",
      some(b.op2("in", kept("id"), b.lit(["A", "B"]))),
      { id: "B" },
      {},
      "r",
    ],
    [
      "is in no literal list",
      some(b.op2("in", kept("id"), b.lit(["A", "B"]))),
      { id: "C" },
      {},
      "completed",
    ],
    [
      "is in a list of the arguments",
      some(b.op2("in", kept("id"), b.path("args.ids"))),
      { id: "B" },
      { ids: ["A", "B"] },
      "r",
    ],
    [
      "is a key in the arguments",
      some(b.op2("in", kept("id"), b.path("args.by"))),
      { id: "B" },
      { by: { B: 1 } },
      "r",
    ],
    [
      "is in what is no list, an error",
      some(b.op2("in", kept("id"), b.path("args.ids"))),
      { id: "B" },
      { ids: "B" },
      "r",
    ],
    [
      "equals the user",
      some(b.op2("eq", kept("id"), b.path("principal.user.id", "string"))),
      { id: "user:ann" },
      {},
      "r",
    ],
    [
      "equals one of another call",
      b.each(
        "exists",
        calls,
        b.each("exists", calls, b.op2("eq", kept("id", "x"), kept("to", "y")), "y"),
      ),
      { id: "A", to: "A" },
      {},
      "r",
    ],
    [
      "has a member called like an inherited one",
      some(b.has(kept("toString"))),
      {},
      {},
      "completed",
    ],
  ])("%s", async ([, when, before, args, expected]) => {
    const { look, pay } = await setUp(policyOf([forbid("r", when)]));
    expect(await look(before)).toBe("completed");
    expect(await pay(args)).toBe(expected);
  });

  test("is that of the same session only", async () => {
    const { guard, look, pay } = await setUp();
    await look({ id: "A" });
    expect(await pay({ id: "A" })).toBe("again");
    const other = { principal, session: { id: "s2", isNew: true } };
    const call = { callId: "x", tool: "pay", args: { id: "A" } };
    expect((await guard.execute(call, other, () => "ok")).kind).toBe("completed");
  });

  test("is compared for every actor of the chain", async () => {
    const when = some(b.op2("eq", kept("id"), b.path("principal.agent.id", "string")));
    const guard = await createGuard({ policy: policyOf([forbid("r", when)]) });
    const chain = trustedPrincipal({ agent: { id: "helper" }, delegators: [{ id: "bot" }] });
    const within = { principal: chain, session: { id: "s", isNew: true } };
    const call = (name: string, args: Json) =>
      guard.execute({ callId: name, tool: name, args }, within, () => "ok");
    expect((await call("look", { id: "somebody" })).kind).toBe("completed");
    expect((await call("pay", {})).kind).toBe("completed");
    expect((await call("look", { id: "bot" })).kind).toBe("completed");
    expect((await call("pay", {})).kind).toBe("denied");
  });

  test("is there while its call runs, and parallel calls see each other", async () => {
    const { call } = await setUp();
    const results = await Promise.all(
      Array.from({ length: 20 }, () => call("pay", { id: "A" }, () => "ok")),
    );
    expect(results.filter((result) => result === "completed")).toHaveLength(1);
  });

  test("is the one that ran after a clamp", async () => {
    const clamp: Rule = {
      id: "clamp",
      effect: "require",
      tools: ["look"],
      obligations: [{ type: "clamp", path: "/id", max: 5 }],
    };
    const { look, pay } = await setUp(policyOf([forbid("again", sameId), clamp]));
    expect(await look({ id: 9 })).toBe("completed");
    expect(await pay({ id: 9 })).toBe("completed");
    expect(await pay({ id: 5 })).toBe("again");
  });

  test("of this call is looked up again after a clamp", async () => {
    const clamp: Rule = {
      id: "clamp",
      effect: "require",
      tools: ["pay"],
      obligations: [{ type: "clamp", path: "/id", max: 5 }],
    };
    const { look, pay } = await setUp(policyOf([forbid("again", sameId), clamp]));
    await look({ id: 4 });
    expect(await pay({ id: 9 })).toBe("completed");
    const other = await setUp(policyOf([forbid("again", sameId), clamp]));
    await other.look({ id: 5 });
    expect(await other.pay({ id: 9 })).toBe("again");
  });

  test("counts towards a cost and a risk", async () => {
    const risky = policyOf([], {
      risk: {
        ...policyOf().risk,
        add: [{ when: sameId, points: 90, factor: "again" }],
        approval: [],
        deny: { from: 80 },
      },
    });
    const { look, pay } = await setUp(risky);
    await look({ id: "A" });
    expect(await pay({ id: "B" })).toBe("completed");
    expect(await pay({ id: "A" })).toBe("risk-too-high");
  });
});

describe("fails closed", () => {
  const isFresh = b.each("all", calls, b.op2("ne", kept("id"), b.path("args.id")));
  const permitting = policyOf([], {
    rules: [permit("look", ["look"]), permit("fresh", ["pay"], isFresh)],
  });

  test("where an earlier policy kept other arguments", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const deploymentKey = "a key of this deployment, long enough";
    const other = some(b.op2("eq", kept("to"), b.lit("A")));
    const before = await setUp(policyOf([forbid("r", other)]), { sessions, deploymentKey });
    await before.look({ id: "A", to: "B" });
    const forbidding = await setUp(policyOf(), { sessions, deploymentKey });
    expect(await forbidding.pay({ id: "Z" })).toBe("again");
    const asking = await setUp(policyOf([forbid("r", some(b.has(kept("id"))))]), {
      sessions,
      deploymentKey,
    });
    expect(await asking.pay({ id: "Z" })).toBe("r");
  });

  test("where an earlier policy kept none", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const before = await setUp(policyOf([]), { sessions });
    await before.look({ id: "A" });
    const { pay } = await setUp(permitting, { sessions });
    expect(await pay({ id: "Z" })).toBe("no-applicable-rule");
  });

  test("where the deployment's key changed", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const first = await setUp(permitting, { sessions });
    await first.look({ id: "A" });
    expect(await first.pay({ id: "B" })).toBe("completed");
    const { pay } = await setUp(permitting, { sessions });
    expect(await pay({ id: "Z" })).toBe("no-applicable-rule");
  });

  test("where older calls were dropped and the kept ones do not decide", async () => {
    const { look, pay } = await setUp();
    await look({ id: "old" });
    for (let index = 0; index < 255; index += 1) await look({ id: `n${index}` });
    expect(await pay({ id: "Z" })).toBe("completed");
    expect(await pay({ id: "Z" })).toBe("again");
    expect(await pay({ id: "Y" })).toBe("again");
  });

  test("where more is compared than can be hashed", async () => {
    const when = some(b.op2("in", kept("id"), b.path("args.ids")));
    const ids = Array.from({ length: 4097 }, (_, index) => `n${index}`);
    for (const [most, expected] of [
      [4096, "completed"],
      [4097, "r"],
    ] as const) {
      const { look, pay } = await setUp(policyOf([forbid("r", when)]));
      await look({ id: "x" });
      expect(await pay({ ids: ids.slice(0, most) })).toBe(expected);
    }
    const many = some(b.op2("in", kept("id"), b.lit(ids.slice(1))));
    const other = await setUp(
      policyOf([forbid("r", when), forbid("o", many, { tools: ["look"] })]),
    );
    await other.look({ id: "x" });
    expect(await other.pay({ ids: ids.slice(0, 4096) })).toBe("completed");
    const long = await setUp();
    await long.look({ id: "x" });
    expect(await long.pay({ id: "y".repeat(500_000) })).toBe("completed");
  });

  test("where the digest fails", async () => {
    const { look } = await setUp(policyOf(), {
      digest: { ...platform.digest, hmacSha256: failing },
    });
    expect(await look({ id: "A" })).toBe("session-unavailable");
  });

  test("where nothing was hashed for the question", () => {
    const args = { keyId: "k", byPointer: { "/id": "h".repeat(43) } };
    const session = b.sessionOf({
      calls: [{ ref: "1", tool: "act", outcome: "completed", at: b.NOW, args }],
    });
    const when = some(b.op2("eq", kept("id"), b.path("args.id")));
    expect(b.outcomeOf(when, { session, args: { id: "A" } })).toBe("error");
    const seals = { keyId: "k", byText: new Map([['"A"', "h".repeat(43)]]) };
    expect(b.outcomeOf(when, { session, args: { id: "A" }, seals })).toBe(true);
    expect(b.outcomeOf(when, { session, args: { id: "B" }, seals })).toBe("error");
    const foreign = { ...seals, keyId: "other" };
    expect(b.outcomeOf(when, { session, args: { id: "A" }, seals: foreign })).toBe("error");
  });
});

test("of the arguments only what rules read is kept, and nobody can read it", async () => {
  const { sessions, texts, seen } = storeWatched();
  const { look, pay } = await setUp(policyOf(), { sessions });
  await look({ id: "sensitive", other: "unread", deep: { id: "unread" } });
  await pay({ id: "fine" });
  expect(texts.join("")).not.toMatch(/sensitive|unread|fine/);
  const args = seen.snapshot?.calls[0]?.args;
  expect(Object.keys(args?.byPointer ?? {})).toEqual(["/id"]);
  expect(Object.isFrozen(args)).toBe(true);
  expect(Object.isFrozen(args?.byPointer)).toBe(true);
});

test("a policy that reads none keeps none", async () => {
  const { sessions, seen } = storeWatched();
  const { look } = await setUp(policyOf([]), { sessions });
  await look({ id: "A" });
  await look({ id: "A" });
  expect(seen.snapshot?.calls[0]).not.toHaveProperty("args");
});

test("equal values have equal hashes in one session and others in another", async () => {
  const { sessions, texts } = storeWatched();
  const { guard } = await setUp(policyOf(), { sessions });
  for (const id of ["s1", "s2"]) {
    const call = { callId: id, tool: "look", args: { id: "A" } };
    await guard.execute(call, { principal, session: { id, isNew: true } }, () => "ok");
  }
  const hashes = texts.flatMap((text) => /"\/id":"([^"]+)"/.exec(text)?.[1] ?? []);
  expect(new Set(hashes).size).toBe(2);
});

test("what a session keeps is bounded, whatever the arguments", async () => {
  const rules = Array.from({ length: 32 }, (_, index) =>
    forbid(`r${index}`, some(b.op2("eq", kept(`a${index}`), b.lit("x")))),
  );
  const { sessions, seen } = storeWatched();
  const { look } = await setUp(policyOf(rules), { sessions });
  const big = Object.fromEntries(rules.map((_, index) => [`a${index}`, "z".repeat(10_000)]));
  for (let index = 0; index < 300; index += 1) await look(big);
  expect(seen.snapshot?.calls).toHaveLength(256);
  expect(JSON.stringify(seen.snapshot).length).toBeLessThan(256 * 32 * 64);
}, 60_000);

describe("a policy is refused", () => {
  test.for<[string, Node]>([
    ["that orders them", some(b.op2("lt", kept("n"), b.lit(3)))],
    ["that looks into them", some(b.op2("contains", kept("n"), b.lit("a")))],
    ["that counts them", some(b.op2("eq", b.size(kept("n")), b.lit(1)))],
    ["that takes one for true", some(kept("n"))],
    ["that looks for something in one", some(b.op2("in", b.lit("a"), kept("n")))],
    ["that reads all together", some(b.op2("eq", b.path("x.args", "sealed"), b.lit("a")))],
    ["that asks for all together", some(b.has(b.path("x.args", "sealed")))],
    ["that reads an element", some(b.op2("eq", b.path("x.args.n.0", "sealed"), b.lit("a")))],
    ["that says another type", some(b.op2("eq", b.path("x.args.n", "string"), b.lit("a")))],
    ["that says no type", some(b.op2("eq", b.path("x.args.n", "dyn"), b.lit("a")))],
    ["that says it of an argument", b.op2("eq", b.path("args.n", "sealed"), b.lit("a"))],
    ["without a variable", b.op2("eq", b.path("session.calls.0.args.n", "sealed"), b.lit("a"))],
    ["that compares with a time", some(b.op2("eq", kept("n"), b.path("now", "timestamp")))],
    ["that compares with a computed value", some(b.op2("eq", kept("n"), b.size(b.path("args.n"))))],
    [
      "that compares with the element of another list",
      b.each("exists", b.path("args.ids"), some(b.op2("eq", kept("n"), b.path("y"))), "y"),
    ],
    ["that chooses one", some(b.op2("eq", b.cond(b.TRUE, kept("n"), kept("m")), b.lit(1)))],
    ["that has a default for one", some(b.op2("eq", b.orValue(kept("n"), b.lit("a")), b.lit("a")))],
  ])("%s", ([, when]) => {
    expect(refused(when)).not.toEqual([]);
  });

  test("that reads more than 32 of them", () => {
    const rules = Array.from({ length: 33 }, (_, index) =>
      forbid(`r${index}`, some(b.has(kept(`a${index}`)))),
    );
    expect(() => compilePolicy(policyOf(rules))).toThrow(/at most 32/);
    expect(() => compilePolicy(policyOf(rules.slice(1)))).not.toThrow();
  });
});

test("the trace comes to the same as the decision", () => {
  const values = fc.constantFrom<Json>("A", "B", 1, null);
  const node = fc.constantFrom<Node>(
    some(b.op2("eq", kept("id"), b.path("args.id"))),
    some(b.op2("ne", b.path("args.id"), kept("id"))),
    some(b.op2("in", kept("id"), b.path("args.ids"))),
    b.each("all", calls, b.has(kept("id"))),
    b.each("existsOne", calls, b.op2("eq", kept("id"), b.lit("A"))),
  );
  fc.assert(
    fc.property(
      node,
      fc.array(fc.option(values, { nil: undefined }), { maxLength: 4 }),
      fc.array(values, { maxLength: 3 }),
      fc.boolean(),
      (when, before, ids, isKnown) => {
        const session = b.sessionOf({
          calls: before.map((id, index) => ({
            ref: String(index),
            tool: "act",
            outcome: "completed" as const,
            at: b.NOW,
            args: { keyId: "k", byPointer: { "/id": id === undefined ? "-" : hash(id) } },
          })),
        });
        const all: readonly Json[] = ["A", "B", 1, null];
        const byText = new Map(all.map((value) => [JSON.stringify(value), hash(value)]));
        const first = ids[0];
        const args = first === undefined ? { ids } : { id: first, ids };
        const seals = { keyId: isKnown ? "k" : "other", byText };
        const request = b.requestOf({ session, args, seals });
        const policy = compilePolicy(
          b.documentOf({ rules: [b.rule("asked", "forbid", { when })] }),
        );
        const [trace] = explainRules(policy, request);
        expect(trace?.result).toBe(b.outcomeOf(when, { session, args, seals }, {}));
      },
    ),
    { numRuns: 300 },
  );
});
