import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countVotes, coversDemands, uniteDemands } from "../src/approvals/approver-demands.ts";
import type { Approvers } from "../src/policy-document.ts";
import type { ApprovalVote } from "../src/ports/approval-store.ts";

const vote = (approver: string, ...roles: string[]): ApprovalVote => ({ approver, roles, at: "t" });
const demand = (count: number, ...roles: string[]): Approvers => ({ roles, count });
const isMet = (votes: readonly ApprovalVote[], demands: readonly Approvers[]): boolean => {
  const { filled, places } = countVotes(votes, demands);
  return filled === places;
};

describe("countVotes", () => {
  test.for([
    { name: "nobody", votes: [], demands: [demand(1)], met: false },
    { name: "nobody, nothing demanded", votes: [], demands: [], met: false },
    { name: "anyone, nothing demanded", votes: [vote("a")], demands: [], met: true },
    { name: "the role", votes: [vote("a", "x")], demands: [demand(1, "x")], met: true },
    { name: "another role", votes: [vote("a", "y")], demands: [demand(1, "x")], met: false },
    { name: "one of two", votes: [vote("a", "x")], demands: [demand(2, "x")], met: false },
    {
      name: "one person twice",
      votes: [vote("a", "x"), vote("a", "x")],
      demands: [demand(2, "x")],
      met: false,
    },
    {
      name: "one person in two roles",
      votes: [vote("a", "x", "y")],
      demands: [demand(1, "x"), demand(1, "y")],
      met: false,
    },
    {
      name: "two people, of whom the first could fill either place",
      votes: [vote("a", "x", "y"), vote("b", "x")],
      demands: [demand(1, "x"), demand(1, "y")],
      met: true,
    },
    { name: "no people demanded", votes: [vote("a")], demands: [demand(0)], met: false },
    { name: "half a person", votes: [vote("a")], demands: [demand(0.5)], met: false },
    { name: "no number", votes: [vote("a")], demands: [demand(Number.NaN)], met: false },
    { name: "an endless number", votes: [vote("a")], demands: [demand(Infinity)], met: false },
    { name: "a huge number", votes: [vote("a")], demands: [demand(1e9)], met: false },
  ])("$name: $met", ({ votes, demands, met }) => {
    expect(isMet(votes, demands)).toBe(met);
  });

  test("agrees with trying every assignment of people to places", () => {
    const roles = fc.subarray(["x", "y", "z"]);
    const anyVotes = fc
      .array(roles, { maxLength: 5 })
      .map((all) => all.map((held, index) => vote(String(index), ...held)));
    const anyDemands = fc.array(fc.record({ roles, count: fc.integer({ min: 1, max: 2 }) }), {
      minLength: 1,
      maxLength: 2,
    });
    const most = (
      places: readonly (readonly string[])[],
      votes: readonly ApprovalVote[],
    ): number => {
      const [place, ...others] = places;
      if (place === undefined) return 0;
      const filled = votes
        .filter((one) => place.length === 0 || place.some((role) => one.roles.includes(role)))
        .map(
          (one) =>
            1 +
            most(
              others,
              votes.filter((other) => other !== one),
            ),
        );
      return Math.max(most(others, votes), ...filled);
    };
    fc.assert(
      fc.property(anyVotes, anyDemands, (votes, demands) => {
        const places = demands.flatMap((one) => Array.from({ length: one.count }, () => one.roles));
        expect(countVotes(votes, demands)).toEqual({
          filled: most(places, votes),
          places: places.length,
        });
      }),
    );
  });
});

describe("coversDemands and uniteDemands", () => {
  const roles = fc.subarray(["x", "y"]);
  const demands = fc.array(fc.record({ roles, count: fc.integer({ min: 1, max: 2 }) }), {
    maxLength: 3,
  });
  const anyVotes = fc
    .array(roles, { maxLength: 6 })
    .map((all) => all.map((held, index) => vote(String(index), ...held)));

  test("what is covered is met by whoever meets what covers it", () => {
    fc.assert(
      fc.property(demands, demands, anyVotes, (held, asked, votes) => {
        fc.pre(coversDemands(held, asked) && isMet(votes, held));
        expect(isMet(votes, asked)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("a union covers both lists", () => {
    fc.assert(
      fc.property(demands, demands, (asked, held) => {
        const both = uniteDemands(asked, held);
        expect([coversDemands(both, asked), coversDemands(both, held)]).toEqual([true, true]);
      }),
    );
  });

  test.for([
    { held: [demand(1, "x")], asked: [demand(2, "x")], covered: false },
    { held: [demand(2, "x")], asked: [demand(1, "x")], covered: true },
    { held: [demand(1)], asked: [demand(1, "x")], covered: false },
    { held: [demand(1, "x")], asked: [demand(1)], covered: true },
    { held: [demand(1, "x")], asked: [demand(1, "x", "y")], covered: true },
    { held: [demand(1, "x", "y")], asked: [demand(1, "x")], covered: false },
    { held: [demand(1, "x")], asked: [demand(1, "x"), demand(1, "x")], covered: false },
    { held: [], asked: [demand(1, "x")], covered: false },
    { held: [], asked: [], covered: true },
  ])("$held covers $asked: $covered", ({ held, asked, covered }) => {
    expect(coversDemands(held, asked)).toBe(covered);
  });
});
