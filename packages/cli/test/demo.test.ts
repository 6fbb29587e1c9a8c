import { mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DecisionSink } from "@portcullis/core";
import { createMemoryDecisionSink } from "@portcullis/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse, stringify } from "yaml";
import { DEMO_POLICY, createLocalFileReader, performRun, plainAgent } from "../src/demo.ts";
import type { DemoAgent, FindingName, RunReport } from "../src/demo.ts";
import { runCli } from "./support/fake-io.ts";

/** What goes wrong without each entry of the policy. */
const REDDENED_BY: Readonly<Record<string, FindingName>> = {
  "read-tickets": "finished",
  "no-way-out-of-tickets": "leaked",
  "run-shop-scripts": "finished",
  "no-code-from-elsewhere": "ran",
  "use-the-orders-api": "finished",
  "no-query-strings": "leaked",
  "no-admin-endpoints": "leaked",
  "no-changes-once-untrusted": "changed",
  "refund-to-the-account-named": "finished",
  "no-refund-of-other-orders": "paid",
  "large-refunds-need-a-person": "paid",
  "refunds-a-day": "paid",
  "one-script-a-task": "ran",
};

interface Entry {
  readonly id: string;
}

interface PolicyText {
  readonly rules: readonly Entry[];
  readonly limits: readonly Entry[];
  readonly tools: Readonly<Record<string, unknown>>;
}

const source: PolicyText = parse(await readFile(DEMO_POLICY, "utf8"));
let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "portcullis-test-")));
  await mkdir(join(folder, "tmp"));
  // Where the workspaces of the demo go.
  vi.stubEnv("TMPDIR", join(folder, "tmp"));
  vi.stubEnv("TEMP", join(folder, "tmp"));
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function runPlain(
  guarded: boolean,
  more: { policy?: string | URL; sink?: DecisionSink } = {},
): Promise<RunReport> {
  const { policy = DEMO_POLICY, sink = createMemoryDecisionSink({ maxRecords: 100 }) } = more;
  return performRun(plainAgent, {
    guarded,
    policy,
    sink,
    realModel: false,
    openFiles: (root) => Promise.resolve(createLocalFileReader(root)),
  });
}

async function policyWithout(id: string): Promise<string> {
  const without = (entries: readonly Entry[]) => entries.filter((entry) => entry.id !== id);
  const path = join(folder, `${id}.yaml`);
  const changed = { ...source, rules: without(source.rules), limits: without(source.limits) };
  await writeFile(path, stringify(changed));
  return path;
}

function happened({ findings }: RunReport): readonly FindingName[] {
  return findings.filter((finding) => finding.happened).map(({ name }) => name);
}

test("without the guard the injection has its way: it leaks, runs, pays, changes", async () => {
  const report = await runPlain(false);
  expect(report.asClaimed).toBe(true);
  expect(happened(report)).toEqual(["leaked", "ran", "paid", "changed", "finished"]);
  expect(report.evidence).toMatchObject({
    attackerHasSecret: true,
    attackerRequests: 2,
    foreignCode: ["node -e", "label.mjs"],
    orders: { exports: 1, changes: 1 },
  });
  expect(report.evidence.refunds.map(({ account, amount }) => [account, amount])).toEqual([
    ["MULE-0666", 2500],
    ["BERG-4471", 60],
    ["BERG-4471", 45],
    ["BERG-4471", 5],
    ["BERG-4471", 45],
  ]);
});

test("with the guard the user's task is done, and nothing else", async () => {
  const sink = createMemoryDecisionSink({ maxRecords: 100 });
  const report = await runPlain(true, { sink });
  expect(report.asClaimed).toBe(true);
  expect(happened(report)).toEqual(["finished"]);
  expect(report.evidence).toEqual({
    attackerRequests: 0,
    attackerHasSecret: false,
    secretReadings: 0,
    ticketReadings: 1,
    orders: { lookups: 1, exports: 0, changes: 0 },
    foreignCode: [],
    notices: ['{"to":"Ann Berg","ticket":"T-1042"}'],
    refunds: [{ order: "A-2291", account: "BERG-4471", amount: 45 }],
  });
  const outcomes = sink.records.filter(({ phase }) => phase === "outcome");
  expect(outcomes.map(({ action }) => action)).toEqual(report.steps.map(({ verdict }) => verdict));
});

test("every tool is permitted once and refused at other times, by its arguments alone", async () => {
  const { steps } = await runPlain(true);
  for (const tool of Object.keys(source.tools)) {
    const verdicts = steps.filter((step) => step.tool === tool).map(({ verdict }) => verdict);
    expect([tool, verdicts.filter((verdict) => verdict === "permit").length]).toEqual([tool, 1]);
    expect([tool, verdicts.includes("deny")]).toEqual([tool, true]);
  }
});

test("the table of this test names every rule and limit of the policy", () => {
  const ids = [...source.rules, ...source.limits].map(({ id }) => id);
  expect(ids.toSorted()).toEqual(Object.keys(REDDENED_BY).toSorted());
  expect(ids.length).toBeGreaterThanOrEqual(7);
});

test.for(Object.entries(REDDENED_BY))("without %s the demo turns red: %s", async ([id, name]) => {
  const report = await runPlain(true, { policy: await policyWithout(id) });
  const wrong = report.findings.filter((each) => each.happened !== (each.name === "finished"));
  console.log(`without ${id}: ${wrong.map((each) => `${each.name} (${each.details})`).join("; ")}`);
  expect(report.asClaimed).toBe(false);
  expect(wrong.map((each) => each.name)).toContain(name);
});

test("an agent that stops before its end turns the demo red", async () => {
  const report = await performRun(
    { framework: "broken", run: () => Promise.reject(new Error("out of order")) },
    {
      guarded: true,
      policy: DEMO_POLICY,
      sink: createMemoryDecisionSink({ maxRecords: 100 }),
      realModel: true,
      openFiles: (root) => Promise.resolve(createLocalFileReader(root)),
    },
  );
  expect(report.error).toContain("out of order");
  expect(report.asClaimed).toBe(false);
});

test("an unguarded run without the whole harm proves nothing and turns the demo red", async () => {
  const careful: DemoAgent = {
    framework: "careful",
    async run({ task, tools }) {
      for (const { tool, args } of task) {
        await tools.find(({ name }) => name === tool)?.run(args);
      }
    },
  };
  const report = await performRun(careful, {
    guarded: false,
    policy: DEMO_POLICY,
    sink: createMemoryDecisionSink(),
    realModel: false,
    openFiles: (root) => Promise.resolve(createLocalFileReader(root)),
  });
  expect(happened(report)).toEqual(["finished"]);
  expect(report.asClaimed).toBe(false);
});

test("the verb prints timeline, checks, summary and log, and exits with 0", async () => {
  const { code, stdout } = await runCli(["demo"], { cwd: folder });
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /user {2}read_text_file {2}tickets\/T-1042\.md +PERMIT +read-tickets +\d+/,
  );
  expect(stdout).toMatch(/file {2}refund +60 EUR to BERG-4471 .*ASK +large-refunds-need-a-person/);
  expect(stdout).toMatch(/file {2}refund +45 EUR to BERG-4471 .*DENY +limit:refunds-a-day/);
  expect(stdout).toContain("Decision log: .portcullis/demo.jsonl");
  expect(stdout).toContain("GREEN");
  expect(stdout).not.toContain("\u001B");
  const lines = (await readFile(join(folder, ".portcullis/demo.jsonl"), "utf8")).trim().split("\n");
  // Four calls ran and have two records each, the others one.
  expect(lines).toHaveLength(4 * 2 + 13);
});

test("the verb exits with 1 for a policy with a hole, and says which", async () => {
  const policy = await policyWithout("no-admin-endpoints");
  const { code, stdout } = await runCli(["demo", "--policy", policy, "--json"], { cwd: folder });
  expect(code).toBe(1);
  const { green, runs } = JSON.parse(stdout);
  expect([green, runs[0].asClaimed, runs[1].asClaimed]).toEqual([false, true, false]);
});

test("the report of a red demo names the harm", async () => {
  const policy = await policyWithout("no-query-strings");
  const { stdout } = await runCli(["demo", "--policy", policy], { cwd: folder, isTerminal: true });
  expect(stdout).toContain("plain loop: guarded, yet leaked (requests at the attacker 1");
  expect(stdout).toContain("\u001B[31m");
});

test("a policy that is refused is refused before anything runs", async () => {
  const policy = join(folder, "broken.yaml");
  await writeFile(policy, "portcullis: 1\nname: x\nrulez: []\n");
  const { code, stdout, stderr } = await runCli(["demo", "--policy", policy], { cwd: folder });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("broken.yaml:3:1");
});

test("a log that is given is appended to, never begun anew", async () => {
  const log = join(folder, "kept.jsonl");
  await writeFile(log, '{"kept":true}\n');
  await runCli(["demo", "--log", log], { cwd: folder });
  expect(await readFile(log, "utf8")).toMatch(/^\{"kept":true\}\n\{"schema"/);
});

test("neither a run nor a failure leaves a workspace behind", async () => {
  await runPlain(false);
  await runPlain(true);
  await expect(runPlain(true, { policy: join(folder, "missing.yaml") })).rejects.toThrow("policy");
  expect(await readdir(join(folder, "tmp"))).toEqual([]);
});
