import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGuard } from "../src/create-guard.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import type { ContextInput } from "../src/call-context.ts";
import { createMemoryLimitStore } from "../src/memory/limit-store.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import type { Limit } from "../src/policy-document.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { fixturePolicy } from "./support/fixture-policy.ts";

const look = { callId: "c", tool: "look", args: {} };

const inSession = (id: string, agent = "bot", tenant?: string): ContextInput => ({
  principal: trustedPrincipal({ agent: { id: agent }, user: { id: "user:ann" } }),
  session: { id, isNew: true },
  ...(tenant === undefined ? {} : { facts: { tenant } }),
});

const daily = (amount: number, more: Partial<Limit> = {}): Limit => ({
  id: "day",
  per: ["agent"],
  budget: { unit: "tokens", amount, windowSeconds: 86_400 },
  ...more,
});

const perRequest = (amount: number): Limit => ({
  id: "request",
  per: ["agent"],
  budget: { unit: "tokens", amount, windowSeconds: 0 },
});

async function setUp(limits: readonly Limit[], options: Partial<GuardOptions> = {}) {
  const clock = createFakeClock();
  const guard = await createGuard({ policy: fixturePolicy({ limits }), clock, ...options });
  const use = (context: ContextInput, inputTokens: number, outputTokens = 0): Promise<void> =>
    guard.reportUsage(context, { inputTokens, outputTokens });
  const codeOf = async (context: ContextInput): Promise<string> => {
    const outcome = await guard.execute(look, context, () => null);
    return "denial" in outcome ? outcome.denial.code : outcome.kind;
  };
  return { guard, clock, use, codeOf };
}

describe("a budget of tokens", () => {
  const context = inSession("s");

  test.for([daily(1000), perRequest(1000)])(
    "$id denies while nothing was reported",
    async (one) => {
      const { codeOf, use } = await setUp([one]);
      expect(await codeOf(context)).toBe("limit-unavailable");
      await use(inSession("other"), 1);
      expect(await codeOf(context)).toBe("limit-unavailable");
      await use(context, 0);
      expect(await codeOf(context)).toBe("completed");
    },
  );

  test.for([daily(1000), perRequest(1000)])(
    "$id denies after use that is not known",
    async (one) => {
      const { codeOf, guard, use } = await setUp([one]);
      await use(context, 1);
      await guard.reportUsage(context, undefined);
      expect(await codeOf(context)).toBe("limit-unavailable");
      await use(context, 1);
      expect(await codeOf(context)).toBe("completed");
    },
  );

  test("permits at the amount and denies above it, until the window slid on", async () => {
    const { clock, codeOf, use } = await setUp([daily(1000)]);
    await use(context, 600, 400);
    expect(await codeOf(context)).toBe("completed");
    expect(await codeOf(context)).toBe("completed");
    await use(context, 0, 1);
    expect(await codeOf(context)).toBe("limit-exceeded");
    clock.advance(86_400_000 * 1.1);
    expect(await codeOf(context)).toBe("completed");
  });

  test("counts a single report above the whole amount", async () => {
    const { clock, codeOf, use } = await setUp([daily(1000)]);
    await use(context, 5000);
    expect(await codeOf(context)).toBe("limit-exceeded");
    clock.advance(43_200_000);
    expect(await codeOf(context)).toBe("limit-exceeded");
  });

  test("of one request looks at the last report alone", async () => {
    const { codeOf, use } = await setUp([perRequest(1000)]);
    await use(context, 1000, 1);
    expect(await codeOf(context)).toBe("limit-exceeded");
    await use(context, 500, 500);
    expect(await codeOf(context)).toBe("completed");
    expect(await codeOf(context)).toBe("completed");
  });

  test.for([
    { per: ["agent"], shared: inSession("t", "bot"), apart: inSession("s", "other") },
    { per: ["session"], shared: inSession("s", "bot"), apart: inSession("t", "bot") },
    { per: ["user"], shared: inSession("t", "other"), apart: undefined },
    { per: ["tenant"], shared: undefined, apart: inSession("s", "bot", "globex") },
  ] as const)("per $per is shared and apart as its key says", async ({ per, shared, apart }) => {
    const { codeOf, use } = await setUp([daily(1000, { per })]);
    const own = inSession("s", "bot", per[0] === "tenant" ? "acme" : undefined);
    await use(own, 1001);
    expect(await codeOf(own)).toBe("limit-exceeded");
    for (const other of [shared, apart]) if (other !== undefined) await use(other, 0);
    const sharing = shared === undefined ? "limit-exceeded" : await codeOf(shared);
    expect(sharing).toBe("limit-exceeded");
    expect(apart === undefined ? "completed" : await codeOf(apart)).toBe("completed");
  });

  test("asks for approval above its soft threshold", async () => {
    const budget = { unit: "tokens", amount: 1000, windowSeconds: 3600, soft: { at: 0.8 } };
    const { codeOf, use } = await setUp([daily(1000, { budget })]);
    await use(context, 799);
    expect(await codeOf(context)).toBe("completed");
    await use(context, 1);
    expect(await codeOf(context)).toBe("approval-required");
  });

  test("is not lowered by a tool that says its call cost nothing", async () => {
    const { codeOf, guard, use } = await setUp([daily(1000)]);
    await use(context, 1000);
    await guard.execute(look, context, (_, control) => control.cost(0));
    await use(context, 1);
    expect(await codeOf(context)).toBe("limit-exceeded");
  });

  test.for([
    { inputTokens: -5, outputTokens: 10 },
    { inputTokens: Number.NaN, outputTokens: 0 },
    { inputTokens: 0, outputTokens: Infinity },
  ])("refuses the use $inputTokens, $outputTokens and counts none of it", async (usage) => {
    const { codeOf, guard } = await setUp([daily(1000)]);
    await expect(guard.reportUsage(context, usage)).rejects.toBeInstanceOf(TypeError);
    expect(await codeOf(context)).toBe("limit-unavailable");
  });

  test("is not in the session before its counters have it", async () => {
    const clock = createFakeClock();
    const limits = createMemoryLimitStore({ clock });
    const sessions = createMemorySessionStore({ clock });
    const full = { ...limits, reserve: () => Promise.reject(new Error("down")) };
    const { codeOf, use } = await setUp([daily(1000)], { limits: full, sessions });
    await expect(use(context, 1)).rejects.toThrow("down");
    expect(await codeOf(context)).toBe("limit-unavailable");
    const refusing = { ok: false, limit: "day", retryAfterSeconds: 1 } as const;
    const never = { ...limits, reserve: () => Promise.resolve(refusing) };
    const other = await setUp([daily(1000)], { limits: never, sessions });
    await expect(other.use(context, 1)).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect(await other.codeOf(context)).toBe("limit-unavailable");
  });

  test("lets no call run once the reports are above it, however they interleave", async () => {
    const step = fc.oneof(
      fc.record({ tokens: fc.integer({ min: 0, max: 400 }), session: fc.constantFrom("s", "t") }),
      fc.record({ session: fc.constantFrom("s", "t") }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { maxLength: 24 }),
        async (scheduler, steps) => {
          const clock = createFakeClock();
          const store = createMemoryLimitStore({ clock });
          let reported = 0;
          let highest = 0;
          let lowest = Infinity;
          const limits = {
            ...store,
            reserve: async (demands: Parameters<typeof store.reserve>[0]) => {
              await scheduler.schedule(Promise.resolve());
              const answer = await store.reserve(demands);
              const isReport = demands.some(
                (demand) => demand.kind === "budget" && demand.amount === Number.MAX_VALUE,
              );
              if (isReport)
                for (const one of demands) reported += one.kind === "budget" ? one.cost : 0;
              else if (answer.ok) highest = Math.max(highest, reported);
              else lowest = Math.min(lowest, reported);
              return answer;
            },
          };
          const { codeOf, use } = await setUp([daily(1000)], { limits, clock });
          const all = steps.map((one) =>
            "tokens" in one
              ? use(inSession(one.session), one.tokens)
              : codeOf(inSession(one.session)),
          );
          await scheduler.waitFor(Promise.all(all));
          expect(highest).toBeLessThanOrEqual(1000);
          expect(lowest).toBeGreaterThan(1000);
        },
      ),
    );
  });
});
