import { compilePolicy, evaluatePolicy, parsePolicy } from "@portcullis/core";
import type { CompiledPolicy, JsonObject } from "@portcullis/core";
import type { BenchResult } from "./bench-result.ts";
import {
  CASES,
  createDocument,
  createRequests,
  createRules,
  toEvaluationRequests,
} from "./decision-load.ts";
import type { DecisionCase, PlainRequest, PlainRule } from "./decision-load.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Measured } from "./gated.ts";
import { contender, measure, measureLatency, ratio } from "./measure.ts";
import type { Contender, Latency, Timing } from "./measure.ts";

const SIZES = [10, 100, 1000, 10_000] as const;
const LARGEST = 10_000;
/** Rules of the policy whose decisions are also timed one by one. */
const USUAL = 100;
const FLOOR_CASES: readonly DecisionCase[] = ["hit", "hit-spread", "miss"];

/**
 * Times the evaluator against a look-up in a `Map` by a concatenated key, over policies of 10 to
 * 10 000 rules, and the loading of the largest policy against `JSON.parse` of the same text.
 */
export function benchDecision(): Promise<BenchResult> {
  return runGated("decision", measureDecision);
}

async function measureDecision(rounds: number): Promise<Measured> {
  const decisions = await measure(SIZES.flatMap(createContenders), { rounds });
  const latency = await measureDecisionLatency();
  const loading = await measure(createLoaders(), { rounds, sampleMs: 500 });
  return {
    results: [
      ...decisions.map(toRow),
      ...loading.map(toRow),
      { rules: USUAL, case: "wall", ...latency },
    ],
    gates: [
      gate("hit at 1000 rules / string-key Map.get", decisions, [
        "1000 hit",
        "1000 map-get-hit",
        8,
      ]),
      gate("miss / string-key Map.get miss", decisions, ["1000 miss", "1000 map-get-miss", 0.5]),
      gate("hit at 10000 rules / hit at 10 rules", decisions, ["10000 hit", "10 hit", 1.5]),
      gate("load 10000 rules / JSON.parse of the same document", loading, [
        `${LARGEST} load`,
        `${LARGEST} json-parse`,
        20,
      ]),
    ],
    lines: [
      ...SIZES.map((size) => {
        const cells = decisions.filter(({ name }) => name.startsWith(`${size} `));
        return line(
          `${size} rules`,
          ...cells.map(({ name, medianNs }) => `${name.split(" ")[1]} ${formatNs(medianNs)}`),
        );
      }),
      line(
        `${USUAL} rules, wall`,
        `p50 ${formatNs(latency.p50Ns)}`,
        `p99 ${formatNs(latency.p99Ns)}`,
        `p99.9 ${formatNs(latency.p999Ns)}`,
      ),
      line(
        `${LARGEST} rules`,
        ...loading.map(({ name, medianNs }) => `${name.split(" ")[1]} ${formatNs(medianNs)}`),
      ),
    ],
  };
}

function gate(
  name: string,
  timings: readonly Timing[],
  [measured, baseline, bar]: readonly [string, string, number],
): Measured["gates"][number] {
  return { gate: name, value: ratio(timings, measured, baseline), bar };
}

function toRow({ name, medianNs, minNs, maxNs, rounds, runs }: Timing): JsonObject {
  const [rules, kind = ""] = name.split(" ");
  return { rules: Number(rules), case: kind, medianNs, minNs, maxNs, rounds, runs };
}

function createContenders(size: number): readonly Contender[] {
  const rules = createRules(size);
  const policy = compilePolicy(parsePolicy(createDocument(rules)));
  const floor = new Map(rules.map((rule) => [`${rule.agent}\0${rule.tool}`, rule]));
  return [
    ...CASES.map((kind) => {
      const requests = createRequests(rules, kind);
      checkAnswers(policy, requests);
      const inputs = toEvaluationRequests(requests);
      return contender(`${size} ${kind}`, inputs, (request) => evaluatePolicy(policy, request));
    }),
    ...FLOOR_CASES.map((kind) => {
      const requests = createRequests(rules, kind);
      return contender(`${size} map-get-${kind}`, requests, (request) => lookUp(floor, request));
    }),
  ];
}

function lookUp(
  floor: ReadonlyMap<string, PlainRule>,
  { agent, tool }: PlainRequest,
): PlainRule | undefined {
  return floor.get(`${agent}\0${tool}`);
}

/** Throws unless every hit is permitted by exactly its rule and everything else is denied. */
export function checkAnswers(policy: CompiledPolicy, requests: readonly PlainRequest[]): void {
  for (const [index, request] of toEvaluationRequests(requests).entries()) {
    const expected = requests[index]?.rule;
    const { verdict, rules } = evaluatePolicy(policy, request);
    const isRight =
      expected === undefined
        ? verdict === "deny" && rules.length === 0
        : verdict === "permit" && rules.length === 1 && rules[0]?.id === expected;
    if (!isRight) throw new Error(`The evaluator answers request ${index} wrongly.`);
  }
}

/** Hits, near misses and misses by the wall clock; reported only. */
async function measureDecisionLatency(): Promise<Latency> {
  const rules = createRules(USUAL);
  const policy = compilePolicy(parsePolicy(createDocument(rules)));
  const requests = CASES.flatMap((kind) => toEvaluationRequests(createRequests(rules, kind)));
  return measureLatency(requests, async (request) => evaluatePolicy(policy, request));
}

function createLoaders(): readonly Contender[] {
  const text = JSON.stringify(createDocument(createRules(LARGEST)));
  const value: unknown = JSON.parse(text);
  const parsed = parsePolicy(value);
  return [
    contender(`${LARGEST} json-parse`, [text], (input) => JSON.parse(input) as unknown),
    contender(`${LARGEST} load`, [value], (input) => compilePolicy(parsePolicy(input))),
    contender(`${LARGEST} compile`, [parsed], (input) => compilePolicy(input)),
  ];
}
