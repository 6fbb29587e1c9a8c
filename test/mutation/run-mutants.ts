import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CliOptions, Vitest } from "vitest/node";
import { createVitest } from "vitest/node";
import type { NumberedMutant } from "./instrument.ts";
import { instrument } from "./instrument.ts";
import type { How, Note, Plan, TestPlan } from "./plan.ts";
import { createState, STATE_VARIABLE } from "./plan.ts";

/** What became of one mutant. */
export interface Result {
  readonly mutant: NumberedMutant;
  readonly outcome: "killed" | "timed out" | "survived" | "not reached";
  /** The test that noticed it. */
  readonly by?: string;
}

/** What is mutated and what has to notice. */
interface MutationRun {
  /** Root of the workspace. */
  readonly root: string;
  /** Absolute paths of the modules, and what they hold. */
  readonly sources: ReadonlyMap<string, string>;
  /** Mutants by the same paths. */
  readonly mutants: ReadonlyMap<string, readonly NumberedMutant[]>;
  /** Absolute paths of the test files. */
  readonly tests: readonly string[];
  /** Tests that take longer have no say. */
  readonly withinMs: number;
  readonly log: (line: string) => void;
}

type TestNote = Extract<Note, { kind: "test" }>;

// Quick tests first: most mutants never meet a slow one.
const ROUNDS_MS = [3, 30, 300, Infinity];
const CONDITIONS = ["portcullis-source", "node"];
const HANGING_MS = 20_000;

/**
 * Runs the tests once for every mutant that they reach, without changing a file.
 *
 * All mutants are written into one instrumented copy of each module, which the test server hands
 * out instead of the file; a number switches one on. Mutants in module bodies run in processes of
 * their own, since a body runs once.
 */
export async function runMutants(run: MutationRun): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-mutation-"));
  process.env[STATE_VARIABLE] = folder;
  const state = createState(folder);
  const all = [...run.mutants.values()].flat();
  const verdicts = new Map<number, { readonly how: How; readonly by: string }>();
  const once = new Set<string>();
  const watch = watchHanging(folder, (mutant) => {
    verdicts.set(mutant, { how: "timed out", by: "a process that hung or ran out of memory" });
  });
  const pass = async (vitest: Vitest, plan: Plan, files: readonly string[]): Promise<void> => {
    state.writePlan(plan);
    const specifications = await vitest.globTestSpecifications([...files]);
    const wanted = specifications.filter(({ moduleId }) => files.includes(moduleId));
    if (wanted.length !== files.length) throw new Error("vitest does not find every test file.");
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(wanted);
    if (plan.phase === "baseline") {
      refuseBrokenModules([
        ...testModules.flatMap((module) => module.errors()),
        ...unhandledErrors,
      ]);
    }
    for (const note of state.notes()) {
      if (note.kind === "killed") verdicts.set(note.mutant, note);
      if (note.kind === "once") once.add(note.id);
    }
  };

  state.writePlan({ phase: "baseline" });
  const vitest = await openVitest(run);
  try {
    const known = new Set(all.map(({ id }) => id));
    await pass(vitest, { phase: "baseline" }, run.tests);
    const notes = state.notes();
    refuseFailures(notes);
    const tests = notes.filter(
      (note): note is TestNote => note.kind === "test" && note.ms < run.withinMs,
    );
    run.log(`${tests.length} tests reach ${countReached(tests)} of ${all.length} mutants`);

    for (const [index, most] of ROUNDS_MS.entries()) {
      const least = ROUNDS_MS[index - 1] ?? 0;
      const inRound = tests.filter(({ ms }) => ms >= least && ms < most);
      // A worker that had to be ended leaves tests behind: its file runs in a further pass.
      const done = new Set<string>();
      for (let again = true; again;) {
        const left = (id: number): boolean => known.has(id) && !verdicts.has(id);
        const plan = planOf(
          inRound.filter(({ file }) => !done.has(file)),
          left,
        );
        const files = filesOf(inRound, plan);
        if (files.length === 0) break;
        const hung = watch.count();
        state.forget();
        await pass(vitest, { phase: "mutants", tests: plan }, files);
        for (const note of state.notes()) if (note.kind === "done") done.add(note.file);
        again = watch.count() > hung;
      }
      run.log(`tests below ${most} ms: ${verdicts.size} noticed`);
    }

    const inTests = new Set(tests.flatMap(({ mutants }) => mutants));
    for (const { id } of all) {
      if (verdicts.has(id)) continue;
      // What runs in a module's body alone, and tests that only run once in a process.
      const files = new Set([
        ...notes.flatMap((note) =>
          note.kind === "loaded" && !inTests.has(id) && note.mutants.includes(id)
            ? [note.file]
            : [],
        ),
        ...tests.flatMap((test) =>
          once.has(test.id) && test.mutants.includes(id) ? [test.file] : [],
        ),
      ]);
      for (const file of files) {
        state.forget();
        await pass(vitest, { phase: "whole", mutant: id }, [file]);
        if (!verdicts.has(id) && vitest.state.getCountOfFailedTests() > 0) {
          verdicts.set(id, { how: "failed", by: file });
        }
        if (verdicts.has(id)) break;
      }
    }
    run.log(`whole files: ${verdicts.size} noticed`);
    const reached = new Set(
      notes.flatMap((note) => (note.kind === "test" || note.kind === "loaded" ? note.mutants : [])),
    );
    return all.map((mutant) => {
      const verdict = verdicts.get(mutant.id);
      if (verdict === undefined) {
        return { mutant, outcome: reached.has(mutant.id) ? "survived" : "not reached" };
      }
      const outcome = verdict.how === "failed" ? "killed" : verdict.how;
      return { mutant, outcome, by: verdict.by };
    });
  } finally {
    watch.stop();
    await vitest.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openVitest({ root, sources, mutants }: MutationRun): Promise<Vitest> {
  const instrumented = new Map(
    [...sources].map(([path, source]) => [path, instrument(source, mutants.get(path) ?? [])]),
  );
  const options: CliOptions = {
    config: false,
    root,
    watch: false,
    // Its entries are shared with every other run, which must never see an instrumented module.
    fsModuleCache: false,
    include: ["**/*.test.ts"],
    runner: join(import.meta.dirname, "mutant-runner.ts"),
    pool: "forks",
    maxWorkers: 2,
    reporters: [{}],
    testTimeout: 120_000,
    dangerouslyIgnoreUnhandledErrors: true,
    sequence: { shuffle: false },
  };
  return createVitest(options, {
    resolve: { conditions: CONDITIONS },
    ssr: { resolve: { conditions: CONDITIONS } },
    plugins: [
      {
        name: "portcullis-mutants",
        enforce: "pre",
        load: (id) => instrumented.get(id.split("?")[0] ?? id) ?? null,
      },
    ],
  });
}

function refuseBrokenModules(errors: readonly unknown[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw new Error("A test file cannot be loaded without any mutant.", { cause: first });
}

function refuseFailures(notes: readonly Note[]): void {
  const failed = notes.filter((note) => note.kind === "failed");
  if (failed.length === 0) return;
  const names = failed.slice(0, 10).map(({ name, message }) => `${name}: ${message}`.slice(0, 500));
  throw new Error(`Tests fail without any mutant:\n${names.join("\n")}`);
}

function countReached(tests: readonly TestNote[]): number {
  return new Set(tests.flatMap(({ mutants }) => mutants)).size;
}

function planOf(
  tests: readonly TestNote[],
  left: (id: number) => boolean,
): Readonly<Record<string, TestPlan>> {
  const plans = tests.flatMap(({ id, ms, hits, mutants }): [string, TestPlan][] => {
    const waiting = mutants.filter(left);
    const timeoutMs = Math.ceil(2000 + ms * 20);
    return waiting.length === 0 ? [] : [[id, { mutants: waiting, hits, timeoutMs }]];
  });
  return Object.fromEntries(plans);
}

function filesOf(
  tests: readonly TestNote[],
  plan: Readonly<Record<string, TestPlan>>,
): readonly string[] {
  return [...new Set(tests.flatMap(({ id, file }) => (Object.hasOwn(plan, id) ? [file] : [])))];
}

/** Finds workers of ours that a mutant ended, and ends those in which one never yields. */
function watchHanging(
  folder: string,
  found: (mutant: number) => void,
): { readonly count: () => number; readonly stop: () => void } {
  let count = 0;
  const look = (): void => {
    for (const name of readdirSync(folder).filter((entry) => entry.startsWith("beat."))) {
      const path = join(folder, name);
      const [mutant = 0, patienceMs = 0] = readFileSync(path, "utf8").split(" ").map(Number);
      const pid = Number(name.slice("beat.".length));
      const hangs = Date.now() - statSync(path).mtimeMs >= HANGING_MS + patienceMs;
      if (mutant === 0 || (isAlive(pid) && !hangs)) continue;
      rmSync(path);
      count += 1;
      found(mutant);
      if (hangs) end(pid);
    }
  };
  const timer = setInterval(look, 2000);
  const settle = (): number => {
    look();
    return count;
  };
  return { count: settle, stop: () => clearInterval(timer) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
