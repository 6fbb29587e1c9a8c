// Neutralises core's checks one by one and wants a test to notice each.
//
// node test/mutation/main.ts                 all of core's deciding files; `--write` keeps the result
// node test/mutation/main.ts --files stages  those whose path matches; `--tests` likewise
// node test/mutation/main.ts --sample 25     so many of them, always the same
// node test/mutation/main.ts --again log     only those that an earlier run complained about
// node test/mutation/main.ts --survivors a   the reasons of that file of this folder
// node test/mutation/main.ts --within 30     only the tests that take fewer milliseconds than that
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { coreTests, decidingFiles, fromRoot, ROOT } from "./deciding-files.ts";
import type { Mutant } from "./find-mutants.ts";
import { findMutants } from "./find-mutants.ts";
import type { NumberedMutant } from "./instrument.ts";
import type { Reasons } from "./judge.ts";
import { judge } from "./judge.ts";
import { runMutants } from "./run-mutants.ts";

const RESULT = join(import.meta.dirname, "result.json");

const { values } = parseArgs({
  options: {
    files: { type: "string" },
    source: { type: "string", multiple: true },
    tests: { type: "string" },
    test: { type: "string", multiple: true },
    sample: { type: "string" },
    again: { type: "string" },
    within: { type: "string" },
    survivors: { type: "string", default: "survivors.json" },
    write: { type: "boolean", default: false },
  },
});

const began = performance.now();
const log = (line: string): void => {
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${seconds.padStart(7)} s  ${line}\n`);
};
const matching = new RegExp(values.files ?? "");
const files = (values.source ?? decidingFiles()).filter((file) => matching.test(file));
const tests = values.test?.map((path) => join(ROOT, path)) ?? coreTests(values.tests);
const reasons: Reasons = JSON.parse(
  readFileSync(join(import.meta.dirname, values.survivors), "utf8"),
);

const sources = new Map(
  files.map((file) => [join(ROOT, file), readFileSync(join(ROOT, file), "utf8")]),
);
const found = [...sources].flatMap(([path, source]) => [...findMutants(fromRoot(path), source)]);
const chosen =
  values.again !== undefined
    ? namedIn(found, readFileSync(values.again, "utf8"))
    : values.sample === undefined
      ? found
      : sampleOf(found, Number(values.sample));
const numbered = chosen.map((mutant, index): NumberedMutant => ({ ...mutant, id: index + 1 }));
const mutants = new Map(
  files.map((file) => [join(ROOT, file), numbered.filter((mutant) => mutant.file === file)]),
);

const results = await runMutants({
  root: ROOT,
  sources,
  mutants,
  tests,
  withinMs: Number(values.within ?? Infinity),
  log,
});
const { files: only, source, tests: onlyTests, test } = values;
const isNarrowed = [only, source, onlyTests, test].some((value) => value !== undefined);
const judged = judge(results, reasons, {
  isWhole: chosen === found && !isNarrowed,
});
for (const line of judged.complaints) process.stdout.write(`${line}\n`);
log(judged.summary);
if (values.write) {
  const seconds = Math.round((performance.now() - began) / 1000);
  const header = { date: new Date().toISOString().slice(0, 10), node: process.version, seconds };
  writeFileSync(RESULT, `${JSON.stringify({ ...header, ...judged.counts }, undefined, 2)}\n`);
}
process.exitCode = judged.complaints.length === 0 ? 0 : 1;

function namedIn(all: readonly Mutant[], earlier: string): readonly Mutant[] {
  const lines = new Set(earlier.split("\n").map((line) => line.trim()));
  return all.filter(({ key }) => lines.has(key));
}

/**
 * Spread by a hash, so that the sample hardly changes with the code around it, and none whose
 * survival is explained: each of a sample has to be noticed.
 */
function sampleOf(all: readonly Mutant[], size: number): readonly Mutant[] {
  const explained = new Set(Object.values(reasons).flat());
  return all
    .filter(({ key, partOf }) => ![key, ...partOf].some((one) => explained.has(one)))
    .map((mutant) => ({ mutant, rank: createHash("sha256").update(mutant.key).digest("hex") }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1))
    .slice(0, size)
    .map(({ mutant }) => mutant);
}
