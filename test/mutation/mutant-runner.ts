import fc from "fast-check";
import type { RunnerTestFile, RunnerTestCase, SerializedConfig } from "vitest";
import { TestRunner } from "vitest";
import type { How, Plan } from "./plan.ts";
import { createState, STATE_VARIABLE } from "./plan.ts";

const NONE = 0;
const state = createState(process.env[STATE_VARIABLE] ?? "");

/** Thrown into a run that calls `__mutant` far more often than the test does without a mutant. */
class RanAway extends Error {}

/**
 * Runs tests with mutants switched on, in the process that loaded them.
 *
 * A mutant is killed when a test fails with it and succeeds again, right after, without it.
 */
// oxlint-disable-next-line import/no-default-export -- vitest takes a runner in no other way
export default class MutantRunner extends TestRunner {
  readonly #plan: Plan = state.readPlan();
  readonly #killed = new Set<number>();
  #file = "";
  #active = NONE;
  #hits = 0;
  #budget = Infinity;
  #seen: boolean[] = [];

  constructor(config: SerializedConfig) {
    super(config);
    fc.configureGlobal({ seed: 20_261_120, endOnFailure: true });
    if (this.#plan.phase === "whole") this.#active = this.#plan.mutant;
    const isOn = (id: number): boolean => {
      this.#hits += 1;
      if (this.#active === NONE) {
        this.#seen[id] = true;
        return false;
      }
      if (this.#hits > this.#budget) throw new RanAway("The mutant ran away.");
      return id === this.#active;
    };
    Object.defineProperty(globalThis, "__mutant", { value: isOn, configurable: true });
  }

  onBeforeRunFiles(files: readonly RunnerTestFile[]): void {
    this.#file = files[0]?.filepath ?? "";
    if (this.#plan.phase !== "baseline") return;
    state.note({ kind: "loaded", file: this.#file, mutants: idsOf(this.#seen) });
  }

  override onAfterRunFiles(files: RunnerTestFile[]): void {
    super.onAfterRunFiles(files);
    state.note({ kind: "done", file: this.#file });
  }

  override async onBeforeRunTask(test: RunnerTestCase): Promise<void> {
    if (this.#plan.phase === "mutants" && this.#waiting(test).length === 0) test.mode = "skip";
    await super.onBeforeRunTask(test);
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    const run = async (): Promise<void> => {
      await TestRunner.getTestFn(test)();
    };
    if (this.#plan.phase === "whole") {
      state.beat(process.pid, this.#plan.mutant, this.config.testTimeout);
      await this.#judgeWhole(test, run);
      return;
    }
    this.#seen = [];
    this.#hits = 0;
    const before = performance.now();
    await this.#noting(test, run);
    const ms = performance.now() - before;
    if (this.#plan.phase === "baseline") {
      const mutants = idsOf(this.#seen);
      state.note({ kind: "test", ...named(test), ms, hits: this.#hits, mutants });
      return;
    }
    await this.#tryMutants(test, run);
  }

  async #noting(test: RunnerTestCase, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (cause) {
      if (isSkip(cause)) throw cause;
      state.note({ kind: "failed", name: named(test).name, message: String(cause) });
      throw cause;
    }
  }

  async #judgeWhole(test: RunnerTestCase, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (cause) {
      state.note({
        kind: "killed",
        mutant: this.#active,
        by: named(test).name,
        how: "failed",
      });
      throw cause;
    } finally {
      state.beat(process.pid, NONE);
    }
  }

  #waiting(test: RunnerTestCase): readonly number[] {
    if (this.#plan.phase !== "mutants") return [];
    for (const note of state.notes()) if (note.kind === "killed") this.#killed.add(note.mutant);
    const mutants = this.#plan.tests[test.id]?.mutants ?? [];
    return mutants.filter((mutant) => !this.#killed.has(mutant));
  }

  async #tryMutants(test: RunnerTestCase, run: () => Promise<void>): Promise<void> {
    if (this.#plan.phase !== "mutants") return;
    const plan = this.#plan.tests[test.id];
    if (plan === undefined) return;
    for (const mutant of this.#waiting(test)) {
      let how = await this.#runWith(mutant, run, plan);
      // A busy machine is slow as well: only a second time counts.
      if (how === "timed out") how = await this.#runWith(mutant, run, plan);
      if (how === undefined) continue;
      try {
        await run();
      } catch {
        state.note({ kind: "once", ...named(test) });
        return;
      }
      state.note({ kind: "killed", mutant, by: named(test).name, how });
    }
  }

  async #runWith(
    mutant: number,
    run: () => Promise<void>,
    { hits, timeoutMs }: { readonly hits: number; readonly timeoutMs: number },
  ): Promise<How | undefined> {
    state.beat(process.pid, mutant, timeoutMs);
    this.#active = mutant;
    this.#hits = 0;
    this.#budget = hits * 20 + 200_000;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<How>((resolve) => {
      timer = setTimeout(() => resolve("timed out"), timeoutMs);
    });
    try {
      return await Promise.race([run().then(() => undefined, toHow), late]);
    } finally {
      clearTimeout(timer);
      this.#active = NONE;
      state.beat(process.pid, NONE);
    }
  }
}

function idsOf(seen: readonly boolean[]): readonly number[] {
  return seen.flatMap((isSeen, id) => (isSeen ? [id] : []));
}

function isSkip(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "VITEST_PENDING";
}

function toHow(cause: unknown): How {
  return cause instanceof RanAway ? "timed out" : "failed";
}

function named(test: RunnerTestCase): { id: string; file: string; name: string } {
  const names = [test.name];
  for (let suite = test.suite; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return { id: test.id, file: test.file.filepath, name: [test.file.name, ...names].join(" › ") };
}
