import { createHash } from "node:crypto";
import type { Json, JsonObject } from "@portcullis/core";
import {
  compareWithLock,
  EMPTY_LOCK,
  pinTools,
  scanDefinition,
  scanText,
} from "@portcullis/inspect";
import type { PresentedTool } from "@portcullis/inspect";
import type { BenchOptions, BenchResult } from "./bench-result.ts";
import { contender, measure } from "./measure.ts";
import {
  readAttacks,
  readAttackTexts,
  readBenign,
  readCleanResults,
  readInjectedResults,
  readRuleCases,
} from "./inspect-data.ts";
import type { LabelledText } from "./inspect-data.ts";
import { wilson } from "./wilson.ts";

/** One measured share. */
interface Row {
  readonly data: string;
  readonly what: string;
  readonly hits: number;
  readonly cases: number;
  /** Whether the share may stand; absent where there is no bar. */
  readonly meets?: boolean;
}

const MOST_FALSE_ALARMS = 0.01;
const LEAST_RECALL = 0.6;
const MOST_FALSE_RESULTS = 0.02;
const LEAST_INJECTED = 153;
/** Longest time of one definition, and 95 % of the results, in milliseconds. */
const MOST_DEFINITION_MS = 1;
const MOST_RESULT_MS = 5;

const digest = {
  sha256: (text: string): string => createHash("sha256").update(text, "utf8").digest("base64url"),
};
const options = { digest, by: "bench", at: "2026-11-20T00:00:00.000Z" };

/**
 * Measures the definition scanner with and without a lock, and the signals of injected instructions,
 * on the recorded data; every share with its confidence interval.
 */
export async function benchInspectDefinitions({ data }: BenchOptions): Promise<BenchResult> {
  const rows = [...(await benchDefinitions(data)), ...(await benchTexts(data))];
  const times = await benchTimes(data);
  const results = [...rows.map(toResult), ...times];
  const missed = [
    ...rows.filter(({ meets }) => meets === false).map(({ data: set, what }) => `${set}: ${what}`),
    ...times.filter(({ meets }) => meets === false).map(({ what }) => JSON.stringify(what)),
  ];
  return { passed: missed.length === 0, results, report: toReport(rows, times, missed) };
}

function suspected({ definition }: PresentedTool): boolean {
  return scanDefinition(definition).verdict !== "clean";
}

function isFound({ text }: LabelledText): boolean {
  return scanText(text).verdict !== "clean";
}

async function benchDefinitions(data: string): Promise<readonly Row[]> {
  const benign = await readBenign(data);
  const attacks = await readAttacks(data);
  const names = new Set(
    attacks
      .filter(({ kind }) => kind === "modification")
      .map(({ tool }) => `${tool.server}\n${tool.definition.name}`),
  );
  const stubs = [...names].map((key): PresentedTool => {
    const [server = "", name = ""] = key.split("\n");
    return { server, definition: { name, description: `Stub of ${name}.` } };
  });
  const { lock } = await pinTools(EMPTY_LOCK, [...benign, ...stubs], options);
  const refused = async (tool: PresentedTool): Promise<boolean> =>
    (await compareWithLock(lock, tool, options)).verdict !== "clean";
  const locked = await countAsync(
    attacks.map(({ tool }) => tool),
    refused,
  );
  const alarms = await countAsync(benign, refused);
  const modifications = attacks.filter(({ kind }) => kind === "modification");
  const described = modifications.filter(({ isResult }) => !isResult);
  const additions = attacks.filter(({ kind }) => kind === "addition");
  const found = count(modifications, ({ tool }) => suspected(tool));
  const flagged = count(benign, suspected);
  const set = "mcp-tools";
  return [
    {
      data: set,
      what: "with a lock, changed or added tools refused",
      hits: locked,
      cases: attacks.length,
      meets: locked === attacks.length,
    },
    {
      data: set,
      what: "with a lock, real tools refused",
      hits: alarms,
      cases: benign.length,
      meets: alarms === 0,
    },
    {
      data: set,
      what: "by itself, modified definitions found",
      hits: found,
      cases: modifications.length,
      meets: found >= LEAST_RECALL * modifications.length,
    },
    {
      data: set,
      what: "of them in the description",
      hits: count(described, ({ tool }) => suspected(tool)),
      cases: described.length,
    },
    {
      data: set,
      what: "by itself, added tools found",
      hits: count(additions, ({ tool }) => suspected(tool)),
      cases: additions.length,
    },
    {
      data: set,
      what: "by itself, real tools flagged",
      hits: flagged,
      cases: benign.length,
      meets: flagged <= MOST_FALSE_ALARMS * benign.length,
    },
    {
      data: set,
      what: "of them called poisoned",
      hits: count(benign, ({ definition }) => scanDefinition(definition).verdict === "poisoned"),
      cases: benign.length,
    },
  ];
}

async function benchTexts(data: string): Promise<readonly Row[]> {
  const clean = await readCleanResults(data);
  const injected = await readInjectedResults(data);
  const { positive, negative } = await readRuleCases(data);
  const attacks = await readAttackTexts(data);
  const alarms = count(clean, isFound);
  const found = count(injected, isFound);
  const groups = [...new Set(injected.map(({ group }) => group))].map((group) =>
    injected.filter((row) => row.group === group),
  );
  const wholly = count(groups, (rows) => rows.every(isFound));
  return [
    {
      data: "agentdojo",
      what: "clean results flagged",
      hits: alarms,
      cases: clean.length,
      meets: alarms <= MOST_FALSE_RESULTS * clean.length,
    },
    {
      data: "injecagent",
      what: "injected results found",
      hits: found,
      cases: injected.length,
      meets: found > LEAST_INJECTED,
    },
    {
      data: "injecagent",
      what: "injected requests found in every result",
      hits: wholly,
      cases: groups.length,
    },
    {
      data: "atr",
      what: "cases of rules found",
      hits: count(positive, isFound),
      cases: positive.length,
    },
    {
      data: "atr",
      what: "counter-cases of rules flagged",
      hits: count(negative, isFound),
      cases: negative.length,
    },
    {
      data: "injection-text",
      what: "attack texts found",
      hits: count(attacks, isFound),
      cases: attacks.length,
    },
  ];
}

async function benchTimes(data: string): Promise<readonly JsonObject[]> {
  const definitions = (await readBenign(data)).map(({ definition }) => definition);
  const texts = [...(await readCleanResults(data)), ...(await readInjectedResults(data))].map(
    ({ text }) => text,
  );
  const timings = await measure(
    [
      contender("scan of a definition", definitions, scanDefinition),
      contender("scan of a result", texts, (text) => scanText(text)),
    ],
    { rounds: 5 },
  );
  const bars = [MOST_DEFINITION_MS, MOST_RESULT_MS];
  return timings.map(({ name, medianNs }, index) => ({
    bench: "inspect",
    data: index === 0 ? "mcp-tools" : "agentdojo, injecagent",
    what: name,
    medianNs,
    meets: medianNs < (bars[index] ?? 0) * 1e6,
  }));
}

function count<T>(items: readonly T[], holds: (item: T) => boolean): number {
  return items.filter(holds).length;
}

async function countAsync<T>(
  items: readonly T[],
  holds: (item: T) => Promise<boolean>,
): Promise<number> {
  const answers = await Promise.all(items.map(holds));
  return answers.filter(Boolean).length;
}

function toResult({ data, what, hits, cases, meets }: Row): JsonObject {
  const [low, high] = wilson(hits, cases);
  return {
    bench: "inspect",
    data,
    what,
    hits,
    cases,
    share: hits / cases,
    low,
    high,
    ...(meets === undefined ? {} : { meets }),
  };
}

function toReport(
  rows: readonly Row[],
  times: readonly JsonObject[],
  missed: readonly string[],
): string {
  const lines = rows.map(({ data, what, hits, cases, meets }) => {
    const [low, high] = wilson(hits, cases).map(percent);
    const bar = meets === undefined ? "" : meets ? "  met" : "  MISSED";
    return `  ${data.padEnd(14)}  ${what.padEnd(46)}  ${hits}/${cases} = ${percent(hits / cases)} (${low} to ${high})${bar}`;
  });
  const durations = times.map(
    ({ data, what, medianNs }) =>
      `  ${toText(data).padEnd(14)}  ${toText(what).padEnd(46)}  ${(Number(medianNs) / 1e6).toFixed(3)} ms`,
  );
  return [
    "## inspect: definitions and results, 95 % intervals by Wilson",
    ...lines,
    ...durations,
    ...missed.map((what) => `  missed: ${what}`),
  ].join("\n");
}

function toText(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
