import { createGuard, createMemoryLimitStore, trustedPrincipal } from "@portcullis/core";
import type { FactProvider, Guard, Json, LimitStore } from "@portcullis/core";
import { createSqlFacts, linearMatcher, typedFacts } from "@portcullis/inspect";
import { validatePolicyYaml } from "@portcullis/policy";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createStillClock } from "../../packages/policy/src/policy-tests/still-clock.ts";

const RUNS = process.env["PORTCULLIS_LONG"] === "1" ? 2000 : 60;
const TIMEOUT = { timeout: process.env["PORTCULLIS_LONG"] === "1" ? 1_800_000 : 120_000 };

const sql = createSqlFacts();
await sql.ready();
const facts: readonly FactProvider[] = [...typedFacts(), sql.provider];
const clock = createStillClock();
const context = { principal: trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } }) };

/** Members of a policy besides its tool and its permit. */
type Parts = Readonly<Record<string, unknown>>;

async function guardOf(parts: Parts, limits?: LimitStore): Promise<Guard> {
  const text = JSON.stringify({
    portcullis: 1,
    name: "lowering",
    identity: "host",
    tools: {
      act: {
        class: "write",
        input: {
          type: "object",
          properties: { x: { type: "string" }, n: { type: "integer" }, on: { type: "boolean" } },
        },
      },
    },
    rules: [{ id: "all", effect: "permit", tools: ["act"] }],
    ...parts,
  });
  const result = await validatePolicyYaml({ file: "p.yaml", text }, { facts });
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join("\n"));
  return createGuard({
    policy: result.document,
    facts,
    matcher: linearMatcher(),
    clock,
    ...(limits === undefined ? {} : { limits }),
  });
}

/** How much a decision grants: nothing, with a person, everything. */
const RANK = { deny: 0, "approval-required": 1, permit: 2 } as const;

async function rankOf(guard: Guard, args: Json): Promise<number> {
  const { outcome } = await guard.check({ callId: "1", tool: "act", args }, context);
  return RANK[outcome];
}

/** What a style allows and refuses, from small to large. */
interface Lists {
  readonly allow: readonly string[];
  readonly forbid: readonly string[];
}

/** One style with the entries that its lists choose from, and values to judge. */
interface StyleCase {
  readonly name: string;
  readonly entries: readonly string[];
  readonly values: readonly string[];
  readonly style: (lists: Lists) => Parts;
}

const STYLES: readonly StyleCase[] = [
  {
    name: "sql",
    entries: ["select", "insert", "update", "delete", "merge", "ddl"],
    values: [
      "SELECT 1",
      "SELECT * FROM a FOR UPDATE",
      "INSERT INTO a VALUES (1)",
      "INSERT INTO a SELECT * FROM b",
      "UPDATE a SET x = 1",
      "DELETE FROM a",
      "DROP TABLE a",
      "SELECT * INTO b FROM a",
      "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x",
      "SELECT 1; SELECT 2",
      "SELECT evil()",
      "no statement",
    ],
    style: ({ allow, forbid }) => ({
      sql: {
        allow: [...allow],
        ...(forbid.some((kind) => !allow.includes(kind))
          ? { forbid: forbid.filter((kind) => !allow.includes(kind)) }
          : {}),
      },
    }),
  },
  {
    name: "endpoints",
    entries: ["/*", "/a/*", "/a/b", "/a/*/c", "/a/*/c/*", "/d"],
    values: [
      "/",
      "/a",
      "/a/",
      "/a/b",
      "/A/B",
      "/a/b/c",
      "/a/x/c/d",
      "/d",
      "/d/",
      "/a/../d",
      "/a//b",
      "//d",
    ].map((path) => `https://h.example${path}`),
    style: ({ allow, forbid }) => ({
      endpoints: {
        hosts: ["h.example"],
        allow: [...allow],
        ...(forbid.length === 0 ? {} : { forbid: [...forbid] }),
      },
    }),
  },
  {
    name: "commands",
    entries: ["ls", "cat", "rm", "git", "sudo", "/bin/ls"],
    values: [
      "ls",
      "ls; rm x",
      "sudo rm x",
      "cat a | ls",
      "ls > x",
      "ls 2>/dev/null",
      "$X",
      "/bin/ls",
      "",
      "ls $(git x)",
    ],
    style: ({ allow }) => ({ commands: { allow: [...allow] } }),
  },
  {
    name: "roots",
    entries: ["/", "/a", "/a/b", "/a/bc", "/d", "/a/b/c/d"],
    values: [
      "/",
      "/a",
      "/a/b",
      "/a/bc/x",
      "/a/b/c/d/e",
      "/d/../a",
      "a",
      "..",
      "/x",
      "/a/b/../../d",
      "~",
      "/A/b",
    ],
    style: ({ allow }) => ({ roots: [...allow] }),
  },
];

function styled(style: StyleCase, lists: Lists): Parts {
  return { styles: [{ tool: "act", argument: "x", ...style.style(lists) }] };
}

describe.for(STYLES)("a style of $name", (style) => {
  const lists = fc.record({
    allow: fc.subarray([...style.entries], { minLength: 1 }),
    forbid: fc.subarray([...style.entries]),
  });

  test(
    "refuses at least what its absence does, never grants, in whatever order",
    TIMEOUT,
    async () => {
      const bare = await guardOf({});
      const nothing = await guardOf({ rules: [] });
      await fc.assert(
        fc.asyncProperty(lists, fc.constantFrom(...style.values), async (chosen, x) => {
          const narrowed = await rankOf(await guardOf(styled(style, chosen)), { x });
          expect(narrowed).toBeLessThanOrEqual(await rankOf(bare, { x }));
          const turned = { allow: chosen.allow.toReversed(), forbid: chosen.forbid.toReversed() };
          expect(await rankOf(await guardOf(styled(style, turned)), { x })).toBe(narrowed);
          const ungranted = await guardOf({ ...styled(style, chosen), rules: [] });
          expect(await rankOf(ungranted, { x })).toBe(await rankOf(nothing, { x }));
        }),
        { numRuns: RUNS },
      );
    },
  );

  test(
    "one more entry of allow never narrows, one more of forbid never widens",
    TIMEOUT,
    async () => {
      const seen = { permitted: 0, moved: 0 };
      await fc.assert(
        fc.asyncProperty(
          lists,
          fc.constantFrom(...style.entries),
          fc.constantFrom(...style.values),
          async ({ allow, forbid }, entry, x) => {
            const less = await rankOf(await guardOf(styled(style, { allow, forbid: [] })), { x });
            const wider = { allow: [...new Set([...allow, entry])], forbid: [] };
            const more = await rankOf(await guardOf(styled(style, wider)), { x });
            expect(more).toBeGreaterThanOrEqual(less);
            const forbidding = { allow, forbid: [...new Set([...forbid, entry])] };
            const refusing = await rankOf(await guardOf(styled(style, forbidding)), { x });
            expect(refusing).toBeLessThanOrEqual(less);
            seen.permitted += less === RANK.permit ? 1 : 0;
            seen.moved += more > less || refusing < less ? 1 : 0;
          },
        ),
        { numRuns: RUNS },
      );
      expect(seen.permitted).toBeGreaterThan(RUNS / 20);
      expect(seen.moved).toBeGreaterThan(0);
    },
  );
});

function thresholds(approval: readonly object[], deny: number): object {
  return { ...(approval.length === 0 ? {} : { approval }), deny };
}

function listed(limits: readonly object[]): Parts {
  return { limits: limits.map((limit, index) => ({ id: `l${index}`, per: ["agent"], ...limit })) };
}

describe("risk", () => {
  const CONDITIONS = [
    "args.on",
    "has(args.n) && args.n > 1",
    'args.x == "a"',
    "args.n / 0 == 1",
    "true",
  ];
  const factor = fc.record({
    when: fc.constantFrom(...CONDITIONS),
    points: fc.nat(60),
    factor: fc.constantFrom("f", "g"),
  });
  const args = fc.record(
    { x: fc.constantFrom("a", "b"), n: fc.nat(3), on: fc.boolean() },
    { requiredKeys: [] },
  );
  const level = fc.record({
    from: fc.integer({ min: 1, max: 60 }),
    queue: fc.constantFrom("p", "q"),
  });

  test(
    "one more addition or level, or a lower refusal, never widens; order changes nothing",
    TIMEOUT,
    async () => {
      let moved = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(factor, { maxLength: 3 }),
          factor,
          fc.uniqueArray(level, { maxLength: 2, selector: ({ from }) => from }),
          level,
          fc.tuple(fc.integer({ min: 61, max: 100 }), fc.integer({ min: 61, max: 100 })),
          args,
          async (add, another, levels, higher, bounds, given) => {
            const [low, high] = [Math.min(...bounds), Math.max(...bounds)];
            const parts = (more: object): Parts => ({
              risk: { add, ...more },
            });
            const base = await guardOf(parts({ thresholds: thresholds(levels, high) }));
            const rank = await rankOf(base, given);
            const added = await guardOf({
              risk: {
                add: [...add, another],
                thresholds: thresholds(levels, high),
              },
            });
            const refused = await guardOf(parts({ thresholds: thresholds(levels, low) }));
            const taken = levels.some(({ from }) => from === higher.from);
            const asked = await guardOf(
              parts({ thresholds: thresholds(taken ? levels : [...levels, higher], high) }),
            );
            const turned = await guardOf({
              risk: {
                add: add.toReversed(),
                thresholds: thresholds(levels.toReversed(), high),
              },
            });
            const after = [
              await rankOf(added, given),
              await rankOf(refused, given),
              await rankOf(asked, given),
            ];
            for (const each of after) expect(each).toBeLessThanOrEqual(rank);
            expect(await rankOf(turned, given)).toBe(rank);
            moved += after.some((each) => each < rank) ? 1 : 0;
          },
        ),
        { numRuns: RUNS },
      );
      expect(moved).toBeGreaterThan(RUNS / 20);
    },
  );
});

describe("limits", () => {
  const limit = fc.oneof(
    fc.record({ rate: fc.integer({ min: 1, max: 4 }).map((count) => `${count}/min`) }),
    fc.record({ concurrent: fc.integer({ min: 1, max: 3 }) }),
    fc.record({
      budget: fc
        .record({
          amount: fc.integer({ min: 1, max: 8 }),
          cost: fc.constantFrom<Json>("args.n", 1, 2),
          soft: fc.boolean(),
        })
        .map(({ soft, ...budget }): Json => ({
          unit: "u",
          window: "1h",
          ...budget,
          ...(soft ? { soft: { at: 0.5, require: "approval" } } : {}),
        })),
    }),
  );

  test(
    "one more limit never widens, whatever ran before; order changes nothing",
    TIMEOUT,
    async () => {
      let moved = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(limit, { maxLength: 2 }),
          limit,
          fc.array(fc.nat(4), { maxLength: 5 }),
          fc.nat(4),
          async (limits, another, before, n) => {
            const all = [...limits, another];
            /** The call after those before, which all limits counted, under some of them. */
            const next = async (parts: Parts): Promise<number> => {
              const store = createMemoryLimitStore({ clock });
              const first = await guardOf(listed(all), store);
              for (const cost of before) {
                await first.execute(
                  { callId: "0", tool: "act", args: { n: cost } },
                  context,
                  () => null,
                );
              }
              const guard = await guardOf(parts, store);
              const { kind } = await guard.execute(
                { callId: "1", tool: "act", args: { n } },
                context,
                () => null,
              );
              return kind === "completed" ? 2 : kind === "approval-required" ? 1 : 0;
            };
            const more = await next(listed(all));
            const less = await next(listed(limits));
            expect(more).toBeLessThanOrEqual(less);
            const { limits: named } = listed(all);
            const turned = Array.isArray(named) ? [...named].toReversed() : [];
            expect(await next({ limits: turned })).toBe(more);
            moved += more < less ? 1 : 0;
          },
        ),
        { numRuns: RUNS },
      );
      expect(moved).toBeGreaterThan(RUNS / 20);
    },
  );
});
