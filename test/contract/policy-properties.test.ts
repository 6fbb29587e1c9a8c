import { compilePolicy, couldPermit, evaluatePolicy } from "@portcullis/core";
import type { CompiledPolicy, Evaluation } from "@portcullis/core";
import { validatePolicyYaml } from "@portcullis/policy";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateArguments, toSchema } from "./cel/argument-shape.ts";
import type { ObjectShape } from "./cel/argument-shape.ts";
import { choiceNumbers, createChoices } from "./cel/choices.ts";
import { generateTyped } from "./cel/generate-condition.ts";
import { generateSituation } from "./cel/generate-situation.ts";
import { toRequest } from "./cel/portcullis-side.ts";
import type { Situation } from "./cel/portcullis-side.ts";
import { ROLES } from "./cel/readable.ts";
import { referenceMatcher } from "./cel/reference-side.ts";

const RUNS = process.env["PORTCULLIS_LONG"] === "1" ? 3000 : 120;
const SEED = 20_261_120;
const TIMEOUT = { timeout: process.env["PORTCULLIS_LONG"] === "1" ? 1_800_000 : 120_000 };

const EFFECTS = ["permit", "forbid", "require"] as const;
type Effect = (typeof EFFECTS)[number];

/** A rule as YAML has it. */
interface RuleSource {
  readonly id: string;
  readonly effect: Effect;
  readonly tools: readonly ["act"];
  readonly when?: string;
  readonly obligations?: readonly object[];
}

interface Generated {
  readonly args: ObjectShape;
  readonly rules: readonly RuleSource[];
  readonly situations: readonly Situation[];
}

function ruleOf(index: number, effect: Effect, when: string | undefined): RuleSource {
  return {
    id: `r${String(index).padStart(2, "0")}`,
    effect,
    tools: ["act"],
    ...(when === undefined ? {} : { when }),
    ...(effect === "require" ? { obligations: [{ notify: { channel: `c${index}` } }] } : {}),
  };
}

/** Rules of all effects with generated conditions, and requests. */
const generated: fc.Arbitrary<Generated> = fc
  .tuple(
    choiceNumbers(40),
    fc.array(fc.tuple(fc.constantFrom(...EFFECTS), choiceNumbers(120), fc.nat(5)), {
      minLength: 1,
      maxLength: 6,
      size: "max",
    }),
    fc.array(choiceNumbers(120), { minLength: 1, maxLength: 5, size: "max" }),
  )
  .map(([shape, rules, situations]) => {
    const args = generateArguments(createChoices(shape));
    return {
      args,
      rules: rules.map(([effect, numbers, plain], index) => {
        const when = generateTyped(args, createChoices(numbers));
        return ruleOf(index, effect, plain === 0 ? undefined : when);
      }),
      situations: situations.map((numbers) => generateSituation(args, createChoices(numbers))),
    };
  });

/** Compiles rules as a YAML file. */
async function compileRules(
  args: ObjectShape,
  rules: readonly RuleSource[],
): Promise<CompiledPolicy> {
  const text = JSON.stringify({
    portcullis: 1,
    name: "properties",
    roles: Object.fromEntries(ROLES.map((role) => [role, {}])),
    tools: { act: { class: "write", input: toSchema(args) } },
    rules,
  }).replaceAll("\uffff", "\\uffff");
  const result = await validatePolicyYaml({ file: "p.yaml", text });
  if (!result.ok) {
    throw new Error(result.issues.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  }
  return compilePolicy(result.document, { matcher: referenceMatcher });
}

/** How much an evaluation grants: 0 nothing, 1 with obligations, 2 everything. */
function grantOf({ verdict, obligations }: Evaluation): 0 | 1 | 2 {
  if (verdict === "deny") return 0;
  return channelsOf({ obligations }).length === 0 ? 2 : 1;
}

/** Who must be told; one channel for each `require` that applied. */
function channelsOf({ obligations }: Pick<Evaluation, "obligations">): readonly string[] {
  return obligations.notify.map(({ channel }) => channel);
}

/** Whether every member of the first is one of the second. */
function isPart(part: readonly string[], whole: readonly string[]): boolean {
  return part.every((item) => whole.includes(item));
}

function pick<T>(items: readonly T[], at: number): T {
  const item = items[at % items.length];
  if (item === undefined) throw new TypeError("nothing to pick from");
  return item;
}

/** What a call may do under the same rules with one fewer and with all. */
interface Step {
  readonly less: Evaluation;
  readonly more: Evaluation;
  readonly couldLess: boolean;
  readonly couldMore: boolean;
}

/** Takes one rule of the effects away, and judges every request with and without it. */
async function forEachStep(
  effects: readonly Effect[],
  body: (step: Step) => void,
): Promise<{ readonly steps: number; readonly moved: number }> {
  const seen = { steps: 0, moved: 0 };
  await fc.assert(
    fc.asyncProperty(generated, fc.nat(20), async ({ args, rules, situations }, at) => {
      const candidates = rules.filter(({ effect }) => effects.includes(effect));
      fc.pre(candidates.length > 0);
      const gone = pick(candidates, at);
      const fewer = await compileRules(
        args,
        rules.filter((rule) => rule !== gone),
      );
      const all = await compileRules(args, rules);
      for (const situation of situations) {
        const request = toRequest(situation);
        const step = {
          less: evaluatePolicy(fewer, request),
          more: evaluatePolicy(all, request),
          couldLess: couldPermit(fewer, request),
          couldMore: couldPermit(all, request),
        };
        body(step);
        seen.steps += 1;
        seen.moved += grantOf(step.less) === grantOf(step.more) ? 0 : 1;
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
  return seen;
}

describe("over policies of generated conditions, from YAML to the verdict", () => {
  test("one more permit never narrows", TIMEOUT, async () => {
    const { steps, moved } = await forEachStep(
      ["permit"],
      ({ less, more, couldLess, couldMore }) => {
        expect(grantOf(more)).toBeGreaterThanOrEqual(grantOf(less));
        // A permit carries no obligation and takes none away.
        expect(less.verdict === "deny" || isPart(channelsOf(more), channelsOf(less))).toBe(true);
        expect(less.verdict === "deny" || isPart(channelsOf(less), channelsOf(more))).toBe(true);
        expect(couldMore || !couldLess).toBe(true);
      },
    );
    expect(moved / steps).toBeGreaterThan(0.05);
  });

  test("one more forbid or require never widens", TIMEOUT, async () => {
    const { steps, moved } = await forEachStep(
      ["forbid", "require"],
      ({ less, more, couldLess, couldMore }) => {
        expect(grantOf(more)).toBeLessThanOrEqual(grantOf(less));
        expect(more.verdict === "deny" || isPart(channelsOf(less), channelsOf(more))).toBe(true);
        expect(couldLess || !couldMore).toBe(true);
      },
    );
    expect(moved / steps).toBeGreaterThan(0.05);
  });

  test("order changes nothing", TIMEOUT, async () => {
    await fc.assert(
      fc.asyncProperty(generated, fc.nat(20), async ({ args, rules, situations }, by) => {
        const at = by % rules.length;
        const turned = [...rules.slice(at), ...rules.slice(0, at)];
        const policies = await Promise.all(
          [rules, turned, rules.toReversed()].map((order) => compileRules(args, order)),
        );
        for (const situation of situations) {
          const [first, ...others] = policies.map((policy) =>
            withoutPlaces(evaluatePolicy(policy, toRequest(situation))),
          );
          for (const other of others) expect(other).toEqual(first);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  test("an erring forbid or require applies, an erring permit does not", TIMEOUT, async () => {
    const seen = { true: 0, false: 0, error: 0 };
    const always = ruleOf(0, "permit", undefined);
    await fc.assert(
      fc.asyncProperty(generated, async ({ args, rules, situations }) => {
        for (const { when } of rules) {
          if (when === undefined) continue;
          const [holds, fails, forbid, require] = await Promise.all([
            compileRules(args, [ruleOf(1, "permit", when)]),
            compileRules(args, [ruleOf(1, "permit", `!(${when})`)]),
            compileRules(args, [always, ruleOf(1, "forbid", when)]),
            compileRules(args, [always, ruleOf(1, "require", when)]),
          ]);
          for (const situation of situations) {
            const request = toRequest(situation);
            const isTrue = evaluatePolicy(holds, request).verdict === "permit";
            const isFalse = evaluatePolicy(fails, request).verdict === "permit";
            expect(isTrue && isFalse).toBe(false);
            // What neither holds nor fails is an error: no permit of it applies, all else does.
            seen[isTrue ? "true" : isFalse ? "false" : "error"] += 1;
            expect(evaluatePolicy(forbid, request).verdict).toBe(isFalse ? "permit" : "deny");
            expect(channelsOf(evaluatePolicy(require, request))).toEqual(isFalse ? [] : ["c1"]);
          }
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // A run without errors, or without anything else, shows nothing.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(RUNS / 4);
  });
});

/** An evaluation without the places of its rules in the file, and without the work it took. */
function withoutPlaces(evaluation: Evaluation) {
  const { work: _work, rules, rule, ...rest } = evaluation;
  return { ...rest, rule: rule?.id, rules: rules.map(({ id, erred }) => `${id} ${String(erred)}`) };
}
