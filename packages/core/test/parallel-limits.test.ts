import fc from "fast-check";
import { expect, test } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import { createMemoryLimitStore } from "../src/memory/limit-store.ts";
import type { Limit, LimitScope } from "../src/policy-document.ts";
import type { LimitStore } from "../src/ports/limit-store.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const SCOPES: readonly LimitScope[] = ["agent", "user", "session", "tool", "tenant"];
const COST = { op: "var", t: "dyn", name: "args", path: ["cost"] } as const;

const limit: fc.Arbitrary<Omit<Limit, "id">> = fc
  .record({
    per: fc.subarray([...SCOPES], { minLength: 1 }),
    tools: fc.constantFrom(undefined, ["a"], ["a", "b"]),
    rate: fc.option(fc.integer({ min: 1, max: 6 })),
    budget: fc.option(fc.integer({ min: 1, max: 30 })),
    concurrent: fc.option(fc.integer({ min: 1, max: 3 })),
  })
  .filter(({ rate, budget, concurrent }) =>
    [rate, budget, concurrent].some((part) => part !== null),
  )
  .map(({ per, tools, rate, budget, concurrent }) => ({
    per,
    ...(tools === undefined ? {} : { tools }),
    ...(rate === null ? {} : { rates: [{ count: rate, windowSeconds: 3600 }] }),
    ...(budget === null
      ? {}
      : { budget: { unit: "usd", amount: budget, windowSeconds: 3600, cost: COST } }),
    ...(concurrent === null ? {} : { concurrent }),
  }));

const call = fc.record({
  tool: fc.constantFrom("a", "b"),
  chain: fc.constantFrom(["x"], ["y"], ["x", "y"]),
  user: fc.constantFrom("user:ann", "user:bob"),
  session: fc.constantFrom("s", "t"),
  tenant: fc.constantFrom("p", "q"),
  cost: fc.integer({ min: 0, max: 10 }),
  ends: fc.constantFrom("well", "throws", "costs less"),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

const contextOf = ({
  chain: [agent = "x", ...delegators],
  user,
  session,
  tenant,
}: Call): ContextInput => ({
  principal: trustedPrincipal({
    agent: { id: agent },
    delegators: delegators.map((id) => ({ id })),
    user: { id: user },
  }),
  session: { id: session, isNew: true },
  facts: { tenant },
});

/** Every counter that a limit has for a call; an agent's is one for each actor of the chain. */
const keysOf = ({ per }: Pick<Limit, "per">, one: Call): readonly string[] => {
  const agents = per.includes("agent") ? one.chain : [""];
  return agents.map((agent) =>
    JSON.stringify([
      one.tenant,
      ...SCOPES.filter((scope) => per.includes(scope)).map((scope) => {
        if (scope === "agent") return agent;
        // A session's ledger is that of its user.
        return scope === "session" ? [one.session, one.tenant, one.user] : one[scope];
      }),
    ]),
  );
};

interface Spent {
  calls: number;
  cost: number;
  running: number;
}

test("parallel calls never overspend a limit, whatever its scopes and however they interleave", async () => {
  const seen = { completed: 0, denied: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(limit, { minLength: 1, maxLength: 3 }),
      fc.array(call, { minLength: 1, maxLength: 30, size: "max" }),
      async (scheduler, parts, calls) => {
        const limits = parts.map((part, index) => ({ id: `l${index}`, ...part }));
        const clock = createFakeClock();
        const inner = createMemoryLimitStore({ clock });
        const later = <T>(work: () => Promise<T>): Promise<T> =>
          scheduler.schedule(Promise.resolve()).then(work);
        const store: LimitStore = {
          reserve: (demands) => later(() => inner.reserve(demands)),
          settle: (...end) => later(() => inner.settle(...end)),
          release: (id) => later(() => inner.release(id)),
        };
        const input = { type: "object", additionalProperties: true };
        const guard = await createGuard({
          policy: fixturePolicy({
            tools: { a: tool({ input }), b: tool({ input }) },
            rules: [permit("all", ["a", "b"])],
            limits,
          }),
          clock,
          limits: store,
        });
        const spent = new Map<string, Spent>();
        const problems: string[] = [];
        const countersOf = (one: Call) =>
          limits
            .filter(({ tools }) => tools?.includes(one.tool) !== false)
            .flatMap((each) =>
              keysOf(each, one).map((key) => {
                const name = `${each.id} ${key}`;
                const held = spent.get(name) ?? { calls: 0, cost: 0, running: 0 };
                spent.set(name, held);
                return { each, held, name };
              }),
            );
        const begin = (one: Call): void => {
          for (const { each, held, name } of countersOf(one)) {
            held.calls += 1;
            held.cost += one.cost;
            held.running += 1;
            const most = each.rates?.[0]?.count ?? Infinity;
            if (held.calls > most) problems.push(`${name}: ${held.calls} of ${most} calls`);
            const amount = each.budget?.amount ?? Infinity;
            if (held.cost > amount) problems.push(`${name}: ${held.cost} of ${amount} usd`);
            const slots = each.concurrent ?? Infinity;
            if (held.running > slots) problems.push(`${name}: ${held.running} of ${slots} at once`);
          }
        };
        const finish = (one: Call, lowered: number): void => {
          for (const { held } of countersOf(one)) {
            held.running -= 1;
            held.cost -= one.cost - lowered;
          }
        };
        const run = async (one: Call, index: number): Promise<void> => {
          const asked = { callId: String(index), tool: one.tool, args: { cost: one.cost } };
          const outcome = await guard.execute(asked, contextOf(one), async (_, control) => {
            begin(one);
            await scheduler.schedule(Promise.resolve());
            const lowered = one.ends === "costs less" ? one.cost / 2 : one.cost;
            if (one.ends === "costs less") control.cost(lowered);
            finish(one, lowered);
            if (one.ends === "throws") throw new Error("broken");
          });
          if (outcome.kind === "denied") {
            seen.denied += 1;
            if (outcome.denial.code !== "limit-exceeded") problems.push(outcome.denial.code);
          } else seen.completed += 1;
        };
        await scheduler.waitFor(Promise.all(calls.map(run)));
        expect(problems).toEqual([]);
      },
    ),
    { numRuns: process.env["PORTCULLIS_LONG"] === "1" ? 5000 : 150 },
  );
  // Neither everything nor nothing was refused.
  expect(Math.min(seen.completed, seen.denied)).toBeGreaterThan(100);
}, 600_000);
