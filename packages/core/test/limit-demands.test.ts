import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LimitedCall } from "../src/limits/limit-demands.ts";
import { limitDemands, tokenSpends } from "../src/limits/limit-demands.ts";
import type { Limit } from "../src/policy-document.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { Refusal } from "../src/refusal.ts";
import type { Node } from "../src/rule-ast.ts";

const COST: Node = { op: "lit", t: "double", value: 20 };

const call = (more: Partial<LimitedCall> = {}): LimitedCall => ({
  tool: "refund",
  principal: trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } }),
  facts: {},
  sessionKey: "s1",
  costOf: () => 20,
  ...more,
});

const limit = (more: Partial<Limit> = {}): Limit => ({
  id: "limit",
  per: ["agent"],
  rates: [{ count: 5, windowSeconds: 60 }],
  ...more,
});

const demandsOf = (
  limits: readonly Limit[],
  more: Partial<LimitedCall> = {},
): ReturnType<typeof limitDemands> => limitDemands({ name: "support", limits }, call(more));

const thrower = (error: Error) => (): never => {
  throw error;
};

const keyOf = (of: { agent: string; user: string; tenant: string | null }): string | undefined =>
  demandsOf([limit({ per: ["agent", "user"] })], {
    principal: trustedPrincipal({ agent: { id: of.agent }, user: { id: of.user } }),
    facts: of.tenant === null ? {} : { tenant: of.tenant },
  })[0]?.key;

const refusal = (code: string): unknown => expect.objectContaining({ name: "Refusal", code });

describe("limitDemands", () => {
  test("writes every part of a limit as a demand of its own", () => {
    const whole = limit({
      rates: [
        { count: 5, windowSeconds: 60, burst: 2 },
        { count: 50, windowSeconds: 3600 },
      ],
      budget: { unit: "usd", amount: 500, windowSeconds: 86_400, cost: COST, soft: { at: 0.8 } },
      concurrent: 2,
    });
    const base = { limit: "limit", key: '["support","limit","bot"]' };
    expect(demandsOf([whole])).toEqual([
      { kind: "rate", ...base, rate: { count: 5, windowSeconds: 60, burst: 2 } },
      { kind: "rate", ...base, rate: { count: 50, windowSeconds: 3600 } },
      {
        kind: "budget",
        ...base,
        amount: 500,
        windowSeconds: 86_400,
        cost: 20,
        softAmount: 400,
      },
      { kind: "concurrent", ...base, most: 2, leaseSeconds: 900 },
    ]);
  });

  test.for([
    { per: ["agent"], key: ["bot"] },
    { per: ["user", "agent"], key: ["bot", "user:ann"] },
    { per: ["session"], key: ["s1"] },
    { per: ["tool"], key: ["refund"] },
    { per: ["tenant"], facts: { tenant: "acme" }, key: ["acme", "acme"] },
    { per: ["agent"], facts: { tenant: "acme" }, key: ["acme", "bot"] },
    { per: ["agent"], facts: { tenant: 42 }, key: [42, "bot"] },
    {
      per: ["tenant", "tool", "session", "user", "agent"],
      facts: { tenant: "acme" },
      key: ["acme", "bot", "user:ann", "s1", "refund", "acme"],
    },
  ] as const)("keys $per in the fixed order", ({ per, key, ...more }) => {
    const [demand] = demandsOf([limit({ per })], more);
    expect(JSON.parse(demand?.key ?? "")).toEqual(["support", "limit", ...key]);
  });

  test("spends the limits of every actor, of each once", () => {
    const principal = trustedPrincipal({
      agent: { id: "c" },
      delegators: [{ id: "b" }, { id: "a" }, { id: "b" }],
    });
    const keys = demandsOf([limit()], { principal }).map(({ key }) => key);
    expect(keys).toEqual(["c", "b", "a"].map((id) => `["support","limit","${id}"]`));
    expect(demandsOf([limit({ per: ["session"] })], { principal })).toHaveLength(1);
  });

  test("takes the limits that cover the tool, and those without tools", () => {
    const limits = [
      limit({ id: "other", tools: ["read"] }),
      limit({ id: "this", tools: ["read", "refund"] }),
      limit({ id: "all" }),
    ];
    expect(demandsOf(limits).map((demand) => demand.limit)).toEqual(["this", "all"]);
  });

  test.for([
    {
      name: "no person",
      more: { principal: trustedPrincipal({ agent: { id: "b" } }) },
      per: ["user"],
    },
    { name: "no tenant", more: {}, per: ["tenant"] },
    { name: "no session", more: { sessionKey: "" }, per: ["session"] },
    { name: "an empty scope", more: {}, per: [] },
    { name: "an unknown scope", more: {}, per: ["agent", "planet"] as unknown as ["agent"] },
    {
      name: "no actor",
      more: { principal: { agent: { id: "b", roles: [] }, chain: [], ceiling: [] } },
      per: ["agent"],
    },
    { name: "an empty tenant", more: { facts: { tenant: "" } }, per: ["agent"] },
    { name: "a tenant that is a list", more: { facts: { tenant: ["a"] } }, per: ["agent"] },
    { name: "a tenant that is null", more: { facts: { tenant: null } }, per: ["agent"] },
    { name: "half a character", more: { sessionKey: "\ud800" }, per: ["session"] },
  ] as const)("refuses for $name", ({ more, per }) => {
    expect(() => demandsOf([limit({ per })], more)).toThrow(refusal("limit-unavailable"));
  });

  test.for([undefined, Number.NaN, Infinity, -Infinity, -1, -1e-9])(
    "refuses a cost of %s",
    (cost) => {
      const budgeted = limit({ budget: { unit: "usd", amount: 5, windowSeconds: 60, cost: COST } });
      expect(() => demandsOf([budgeted], { costOf: () => cost })).toThrow(
        refusal("limit-unavailable"),
      );
    },
  );

  test("refuses a cost that throws, but lets a refusal through", () => {
    const budgeted = limit({ budget: { unit: "usd", amount: 5, windowSeconds: 60, cost: COST } });
    expect(() => demandsOf([budgeted], { costOf: thrower(new Error("x")) })).toThrow(
      refusal("limit-unavailable"),
    );
    const exceeded = new Refusal("work-exceeded");
    expect(() => demandsOf([budgeted], { costOf: thrower(exceeded) })).toThrow(exceeded);
  });

  test.for([0, 60])("refuses a token budget over %s s without reported use", (windowSeconds) => {
    const tokens = limit({ rates: [], budget: { unit: "tokens", amount: 5, windowSeconds } });
    expect(() => demandsOf([tokens])).toThrow(refusal("limit-unavailable"));
  });

  test("asks a token budget whether what was reported fits, and adds nothing", () => {
    const budget = { unit: "tokens", amount: 50, windowSeconds: 60, soft: { at: 0.5 } };
    const usage = { inputTokens: 900, outputTokens: 900 };
    expect(demandsOf([limit({ rates: [], budget })], { usage })).toEqual([
      {
        kind: "budget",
        limit: "limit",
        key: '["support","limit","bot"]',
        amount: 50,
        windowSeconds: 60,
        cost: 0,
        softAmount: 25,
      },
    ]);
  });

  test.for([
    [999, 1, true],
    [1, 999, true],
    [1000, 1, false],
    [0, 1001, false],
    [Number.NaN, 0, false],
  ] as const)("a request of %s and %s tokens fits into 1000: %s", ([input, output, fits]) => {
    const request = limit({ budget: { unit: "tokens", amount: 1000, windowSeconds: 0 } });
    const usage = { inputTokens: input, outputTokens: output };
    const judge = (): unknown => {
      try {
        return demandsOf([request], { usage }).length;
      } catch (error) {
        return error;
      }
    };
    expect(judge()).toEqual(fits ? 1 : refusal("limit-exceeded"));
  });

  test("refuses a window of a request for anything but tokens", () => {
    const odd = limit({ budget: { unit: "usd", amount: 5, windowSeconds: 0 } });
    const usage = { inputTokens: 0, outputTokens: 0 };
    expect(() => demandsOf([odd], { usage })).toThrow(refusal("limit-unavailable"));
  });

  test("spends reported tokens on every budget of tokens, under the keys of the calls", () => {
    const budget = { unit: "tokens", amount: 5, windowSeconds: 60 };
    const limits = [
      limit({ id: "day", rates: [], budget, tools: ["other"] }),
      limit({ id: "each", per: ["session", "agent", "user"], budget }),
      limit({ id: "request", budget: { ...budget, windowSeconds: 0 } }),
      limit({ id: "tenant", per: ["tenant"], budget }),
      limit({ id: "usd", budget: { ...budget, unit: "usd" } }),
    ];
    const spends = tokenSpends({ name: "support", limits }, { ...call(), tokens: 7 });
    const base = { kind: "budget", amount: Number.MAX_VALUE, windowSeconds: 60, cost: 7 };
    expect(spends).toEqual([
      { ...base, limit: "day", key: '["support","day","bot"]' },
      { ...base, limit: "each", key: '["support","each","bot","user:ann","s1"]' },
    ]);
    const [, each] = limits;
    const usage = { inputTokens: 1, outputTokens: 1 };
    const demands = demandsOf(each === undefined ? [] : [each], { usage });
    expect(demands.map(({ key }) => key)).toContain(spends[1]?.key);
  });

  test("costs one where the budget says nothing, and evaluates a cost once", () => {
    let evaluated = 0;
    const costOf = (): number => (evaluated += 1);
    const plain = limit({ rates: [], budget: { unit: "calls", amount: 5, windowSeconds: 60 } });
    expect(demandsOf([plain], { costOf })).toMatchObject([{ cost: 1 }]);
    expect(evaluated).toBe(0);
    const principal = trustedPrincipal({ agent: { id: "b" }, delegators: [{ id: "a" }] });
    const priced = limit({
      rates: [],
      budget: { unit: "usd", amount: 5, windowSeconds: 60, cost: COST },
    });
    const demands = demandsOf([priced], { principal, costOf });
    expect(demands).toMatchObject([{ cost: 1 }, { cost: 1 }]);
  });

  test("names the limit and its place for people, in the refusal", () => {
    const placed = limit({ per: ["tenant"], at: "policy.yaml:3:5" });
    expect(() => demandsOf([placed])).toThrow(
      expect.objectContaining({
        detail: { retryable: "no", rule: { id: "limit:limit", source: "policy.yaml:3:5" } },
      }),
    );
  });

  test("never gives two different callers the same key", () => {
    const part = fc.string({ minLength: 1, maxLength: 8, unit: "grapheme" });
    const caller = fc.record({ agent: part, user: part, tenant: fc.option(part) });
    fc.assert(
      fc.property(caller, caller, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});
