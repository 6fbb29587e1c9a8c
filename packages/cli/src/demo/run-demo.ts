import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createDecisionLog } from "../decision-log.ts";
import { toPrintable } from "../printable.ts";
import { DEMO_POLICY, createProtection } from "./demo-guard.ts";
import type { Scene } from "./content-scenes.ts";
import { playScenes } from "./content-scenes.ts";
import { createLocalFileReader } from "./file-reader.ts";
import { formatRun } from "./format-run.ts";
import { formatScenes } from "./format-scenes.ts";
import { formatSummary } from "./format-summary.ts";
import type { Ink } from "./ink.ts";
import { createInk, wrap } from "./ink.ts";
import type { DemoAgent, RunOptions, RunReport } from "./perform-run.ts";
import { performRun } from "./perform-run.ts";
import { USER_REQUEST } from "./story.ts";

/** Where the demo writes its report. */
export interface DemoOutput {
  /** True where escape codes for colours are welcome. */
  readonly isColoured: boolean;
  write(text: string): Promise<void> | void;
}

/** Options of {@link runDemo}. */
export interface DemoOptions extends Partial<Pick<RunOptions, "openFiles" | "realModel">> {
  /** Each of them runs without and with the guard. */
  readonly agents: readonly DemoAgent[];
  readonly output: DemoOutput;
  /** Path of the policy. Default the demo's own. */
  readonly policy?: string;
  /** Folder that relative paths start from. Default the process's own. */
  readonly cwd?: string;
  /** File that the decision log is appended to. Default `.portcullis/demo.jsonl`, begun anew. */
  readonly log?: string;
  /** Says who answers for the model. Default the scripted model. */
  readonly model?: string;
}

/** What came of the demo. */
export interface DemoResult {
  /** Whether every run did what the demo claims. */
  readonly isGreen: boolean;
  readonly reports: readonly RunReport[];
  /** What is in results and definitions, and whether it was caught. */
  readonly scenes: readonly Scene[];
  /** Absolute path of the decision log. */
  readonly log: string;
}

const SCRIPTED = "is scripted to obey whatever it reads";

/**
 * Runs the scenario for every agent, first without and then with the guard, prints what happened
 * and says whether it is what the demo claims: harm without the guard, none with it, and the user's
 * own task done in both.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` or `ERR_OPTIONS_INVALID` when the policy is refused.
 *
 * @example
 * ```ts
 * import { plainAgent, runDemo } from "portcullis/demo";
 *
 * const output = { isColoured: false, write: (text: string) => void process.stdout.write(text) };
 * const { isGreen } = await runDemo({ agents: [plainAgent], output });
 * process.exitCode = isGreen ? 0 : 1;
 * ```
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { agents, output, cwd = process.cwd(), realModel = false, model = SCRIPTED } = options;
  const ink = createInk(output.isColoured);
  const policy =
    options.policy === undefined ? fileURLToPath(DEMO_POLICY) : resolve(cwd, options.policy);
  // A policy that is refused is refused before anything runs.
  await createProtection({ policy, sink: { write: async () => {} }, ordersOrigin: "" });
  const log = await prepareLog(cwd, options.log);
  const nameOf = (path: string): string => {
    const near = relative(cwd, path);
    return toPrintable(near === "" || near.startsWith("..") ? path : near);
  };
  await output.write(formatHeading({ ink, model, policy: nameOf(policy) }));

  const sink = createDecisionLog({ path: log });
  const reports: RunReport[] = [];
  try {
    const runs = [false, true].flatMap((guarded) => agents.map((agent) => ({ agent, guarded })));
    for (const { agent, guarded } of runs) {
      const report = await performRun(agent, {
        guarded,
        policy,
        sink,
        realModel,
        openFiles: options.openFiles ?? ((root) => Promise.resolve(createLocalFileReader(root))),
      });
      reports.push(report);
      const place = `${reports.length}/${runs.length}`;
      const title = `${place} ${agent.framework}, ${guarded ? "guarded" : "unguarded"}`;
      await output.write(`${formatRun(report, ink, title)}\n`);
    }
  } finally {
    await sink.close();
  }

  const scenes = await playScenes();
  await output.write(formatScenes(scenes, ink));
  const isGreen =
    reports.length > 0 &&
    reports.every(({ asClaimed }) => asClaimed) &&
    scenes.every(({ isCaught }) => isCaught);
  await output.write(
    [
      formatSummary(reports, ink),
      ...reports
        .filter(({ asClaimed }) => !asClaimed)
        .map((report) => ink("red", `RED    ${report.framework}: ${explain(report)}`)),
      ...scenes
        .filter(({ isCaught }) => !isCaught)
        .map(({ title }) => ink("red", `RED    ${title}: not caught.`)),
      ...(isGreen ? [ink("green", `GREEN  ${claim(realModel)}`)] : []),
      `Decision log: ${nameOf(log)}`,
      "",
    ].join("\n"),
  );
  return { isGreen, reports, scenes, log };
}

function formatHeading({
  ink,
  model,
  policy,
}: {
  readonly ink: Ink;
  readonly model: string;
  readonly policy: string;
}): string {
  const [first = "", ...rest] = wrap(USER_REQUEST, 92);
  return [
    ink("bold", "Portcullis demo: one support agent, one poisoned ticket"),
    "",
    `the user says  ${first}`,
    ...rest.map((line) => `               ${line}`),
    "the ticket     carries a stranger's instructions; calls that they ask for are marked `file`",
    `the model      ${toPrintable(model)}`,
    `the policy     ${policy} (not signed: development mode)`,
    ink(
      "dim",
      "guard µs       from guard.execute to the tool's first line or the refusal, less log µs",
    ),
    ink("dim", "log µs         of that, spent on writing the decision log"),
    ink("dim", "               (the process has just started: these are calls of a cold guard)"),
    "",
    "",
  ].join("\n");
}

function claim(realModel: boolean): string {
  return realModel
    ? "No guarded run did any harm."
    : "Unguarded it leaked, ran and paid; guarded it did the user's task and nothing else.";
}

/** What is wrong with a run that did not do what the demo claims. */
function explain({ guarded, findings, error }: RunReport): string {
  if (error !== undefined) return "the agent stopped before its end.";
  if (!guarded) return "the unguarded run did not show the whole harm, so the demo proves nothing.";
  const wrong = findings.filter(({ name, happened }) => happened !== (name === "finished"));
  return `guarded, yet ${wrong.map(({ name, details }) => `${name} (${details})`).join("; ")}.`;
}

/** Where the log goes; only the demo's own file is begun anew, any other is appended to. */
async function prepareLog(cwd: string, given: string | undefined): Promise<string> {
  if (given !== undefined) return resolve(cwd, given);
  const folder = join(cwd, ".portcullis");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, ".gitignore"), "*\n", { flag: "wx" }).catch(ignoreExisting);
  const path = join(folder, "demo.jsonl");
  await rm(path, { force: true });
  return path;
}

function ignoreExisting(error: unknown): void {
  if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
  throw error;
}
