import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePolicy } from "../src/compile-policy.ts";
import type { CompiledPolicy } from "../src/compile-policy.ts";
import type { MatchedRule } from "../src/decision.ts";
import { createFrame } from "../src/evaluate/frame.ts";
import { interpret } from "../src/evaluate/interpret.ts";
import { walkNodes } from "../src/evaluate/walk-nodes.ts";
import { evaluatePolicy } from "../src/evaluate-policy.ts";
import type { Evaluation } from "../src/evaluate-policy.ts";
import type { EvaluationRequest } from "../src/evaluation-request.ts";
import { explainRules } from "../src/explain.ts";
import { mergeObligations } from "../src/merge-obligations.ts";
import { parsePolicy } from "../src/parse-policy.ts";
import { policyDigestText } from "../src/policy-digest.ts";
import type { PolicyDocument, Rule } from "../src/policy-document.ts";
import {
  conditionArbitrary,
  documentArbitrary,
  requestArbitrary,
  ruleArbitrary,
  withRules,
} from "./support/policy-arbitrary.ts";
import * as b from "./support/policy-builders.ts";

const numRuns = process.env["PORTCULLIS_LONG"] === "1" ? 100_000 : 2_000;
const timeout = process.env["PORTCULLIS_LONG"] === "1" ? 3_600_000 : 60_000;
const options = { facts: [b.wordFacts()] };

const compile = (document: PolicyDocument): CompiledPolicy => compilePolicy(document, options);
const decide = (document: PolicyDocument, request: EvaluationRequest): Evaluation =>
  evaluatePolicy(compile(document), request);

/** What the policy says, rule by rule and actor by actor, without index and closures. */
function referenceOf(policy: CompiledPolicy, request: EvaluationRequest): Partial<Evaluation> {
  const { principal, tool } = request;
  const { ceiling } = principal;
  const entry = policy.tools.get(tool);
  const isDelegated = ceiling === "unlimited" || ceiling.some((grant) => grant.tool === tool);
  if (!isDelegated) return { verdict: "deny", code: "not-delegated", rules: [] };
  if (entry === undefined) return { verdict: "deny", code: "no-applicable-rule", rules: [] };
  const traces = explainRules(policy, request);
  const applying = traces.filter(({ applies }) => applies);
  const counting = applying.filter(({ shadow }) => !shadow);
  const ids = [...new Set(applying.map(({ id }) => id))].toSorted();
  const rules = ids.map((id): MatchedRule => {
    const same = applying.filter((trace) => trace.id === id);
    const erred = same.some(({ result }) => result === "error");
    const [one] = same;
    return { id, effect: one?.effect ?? "forbid", erred, shadow: one?.shadow ?? false };
  });
  const score = Math.max(
    ...principal.chain.map((actor) => {
      const frame = createFrame(request, entry.view);
      frame.agent = actor;
      const held = policy.document.risk.add.filter(
        ({ when }) =>
          interpret(when, { frame, parts: policy.parts, scope: [], place: "" }).value !== false,
      );
      const points = held.reduce((sum, one) => sum + one.points, 0);
      return Math.min(100, policy.document.risk.base[entry.entry.class] + points);
    }),
  );
  const base = { rules, risk: { score, factors: [] } };
  const forbid = counting.find(({ effect }) => effect === "forbid");
  if (forbid !== undefined) return { ...base, verdict: "deny", code: "forbidden-by-rule" };
  const isPermitted = principal.chain.every((_, at) =>
    counting.some((trace) => trace.effect === "permit" && trace.hop === at),
  );
  if (!isPermitted) return { ...base, verdict: "deny", code: "no-applicable-rule" };
  const { deny } = policy.document.risk;
  if (deny !== undefined && score >= deny.from)
    return { ...base, verdict: "deny", code: "risk-too-high" };
  return { ...base, verdict: "permit" };
}

const more = (effects: readonly Rule["effect"][]): fc.Arbitrary<Rule> =>
  ruleArbitrary
    .filter(({ effect }) => effects.includes(effect))
    .chain((one) => fc.constantFrom("a-first", "r05x", "z-last").map((id) => ({ id, ...one })));

const outcome = (value: unknown): string => (typeof value === "boolean" ? String(value) : "error");

describe("the indexed evaluation", () => {
  test(
    "equals the linear reference, also with absent, wrong-typed and erring values",
    { timeout },
    () => {
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(documentArbitrary, requestArbitrary, (document, request) => {
          const policy = compile(document);
          const result = evaluatePolicy(policy, request);
          const expected = referenceOf(policy, request);
          const answer = result.code ?? result.verdict;
          seen.set(answer, (seen.get(answer) ?? 0) + 1);
          // The reference does not merge obligations.
          const expectedAnswer =
            answer === "obligation-conflict" ? answer : (expected.code ?? expected.verdict);
          expect(answer).toBe(expectedAnswer);
          expect(result.rules).toEqual(expected.rules);
          expect(result.risk.score).toBe(expected.risk?.score ?? 0);
        }),
        { numRuns },
      );
      // The generator reaches every answer, so that none is compared in theory only.
      expect([...seen.keys()].toSorted()).toEqual([
        "forbidden-by-rule",
        "no-applicable-rule",
        "not-delegated",
        "obligation-conflict",
        "permit",
        "risk-too-high",
      ]);
    },
  );

  test("says the same whatever the order of the rules", { timeout }, () => {
    const shuffled = documentArbitrary.chain((document) =>
      fc.tuple(
        fc.constant(document),
        fc.shuffledSubarray([...document.rules], { minLength: document.rules.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, requestArbitrary, ([document, rules], request) => {
        expect(decide({ ...document, rules }, request)).toEqual(decide(document, request));
        expect(policyDigestText({ ...document, rules })).toBe(policyDigestText(document));
      }),
      { numRuns: numRuns / 4 },
    );
  });
});

describe("one more rule", () => {
  test(
    "that permits never narrows: what was permitted stays so, with the same obligations",
    { timeout },
    () => {
      let widened = 0;
      fc.assert(
        fc.property(
          documentArbitrary,
          more(["permit"]),
          requestArbitrary,
          (document, extra, request) => {
            const before = decide(document, request);
            const after = decide(withRules(document, [...document.rules, extra]), request);
            const kept = before.verdict === "permit" ? before : after;
            expect(after.verdict).toBe(kept.verdict);
            expect(after.obligations).toEqual(kept.obligations);
            if (before.verdict !== after.verdict) widened += 1;
          },
        ),
        { numRuns },
      );
      expect(widened).toBeGreaterThan(0);
    },
  );

  test(
    "that forbids or requires never widens: what was denied stays so, obligations only grow",
    { timeout },
    () => {
      let narrowed = 0;
      fc.assert(
        fc.property(
          documentArbitrary,
          more(["forbid", "require"]),
          requestArbitrary,
          (document, extra, request) => {
            const before = decide(document, request);
            const after = decide(withRules(document, [...document.rules, extra]), request);
            const isPermitted = after.verdict === "permit";
            expect(before.verdict === "deny" && isPermitted).toBe(false);
            const grown = isPermitted
              ? mergeObligations([before.obligations, after.obligations])
              : after.obligations;
            expect(grown).toEqual(after.obligations);
            if (before.verdict !== after.verdict) narrowed += 1;
          },
        ),
        { numRuns },
      );
      expect(narrowed).toBeGreaterThan(0);
    },
  );
});

const OPERATORS =
  "lit var fact eq ne lt le gt ge in and or not cond has orValue size startsWith endsWith contains matches within userSaid anomaly add sub mul div mod neg all exists existsOne convert".split(
    " ",
  );

describe("a condition", () => {
  test("comes to the same by closures and by walking its tree", { timeout }, () => {
    const seen = { true: 0, false: 0, error: 0 };
    const operators = new Set<string>();
    fc.assert(
      fc.property(conditionArbitrary, requestArbitrary, (when, request) => {
        const asked = {
          ...request,
          tool: "act",
          principal: { ...request.principal, ceiling: "unlimited" as const },
        };
        walkNodes(when, "", ({ op }) => operators.add(op));
        const policy = compile(b.documentOf({ rules: [b.rule("r", "forbid", { when })] }));
        const [match] = evaluatePolicy(policy, asked).rules;
        const [trace] = explainRules(policy, {
          ...asked,
          principal: { ...asked.principal, chain: asked.principal.chain.slice(0, 1) },
        });
        const alone = evaluatePolicy(policy, {
          ...asked,
          principal: { ...asked.principal, chain: asked.principal.chain.slice(0, 1) },
        });
        const expected = trace?.result === "error" ? "error" : outcome(trace?.result);
        const [found] = alone.rules;
        const actual = found === undefined ? "false" : found.erred ? "error" : "true";
        expect(actual).toBe(expected);
        // What one actor alone makes applicable is applicable to the chain.
        expect(match !== undefined || actual === "false").toBe(true);
        seen[expected as keyof typeof seen] += 1;
      }),
      { numRuns },
    );
    expect([...operators].toSorted()).toEqual(OPERATORS.toSorted());
    // Each outcome must be common enough for the comparison to mean something.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(numRuns / 50);
  });

  test("is accepted by the loader as it was generated", { timeout }, () => {
    fc.assert(
      fc.property(documentArbitrary, (document) => {
        expect(parsePolicy(document)).toEqual(document);
      }),
      { numRuns: numRuns / 4 },
    );
  });
});
