import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Names the folder through which the parent and its workers talk. */
export const STATE_VARIABLE = "PORTCULLIS_MUTATION_STATE";

/** What a worker has to do with the tests of its file. */
export type Plan =
  /** Run every test as it is, and note what it reaches and how long it takes. */
  | { readonly phase: "baseline" }
  /** Run these tests again and again, each time with one of their mutants switched on. */
  | {
      readonly phase: "mutants";
      /** By test id: the mutants that the test reaches. */
      readonly tests: Readonly<Record<string, TestPlan>>;
    }
  /** Run everything with one mutant switched on from the start, module bodies included. */
  | { readonly phase: "whole"; readonly mutant: number };

/** One test of a plan. */
export interface TestPlan {
  readonly mutants: readonly number[];
  /** How often the test calls `__mutant`; a run that calls much more often has run away. */
  readonly hits: number;
  readonly timeoutMs: number;
}

/** What a worker writes down. */
export type Note =
  | { readonly kind: "loaded"; readonly file: string; readonly mutants: readonly number[] }
  | {
      readonly kind: "test";
      readonly id: string;
      readonly file: string;
      readonly name: string;
      readonly ms: number;
      readonly hits: number;
      readonly mutants: readonly number[];
    }
  /** Every test of a file was run. */
  | { readonly kind: "done"; readonly file: string }
  | { readonly kind: "killed"; readonly mutant: number; readonly by: string; readonly how: How }
  /** The test fails when it runs a second time, so that it proves nothing here. */
  | { readonly kind: "once"; readonly id: string; readonly name: string }
  | { readonly kind: "failed"; readonly name: string; readonly message: string };

/** How a mutant was noticed. */
export type How = "failed" | "timed out";

/** The files of one state folder. */
export function createState(folder: string): {
  readonly writePlan: (plan: Plan) => void;
  readonly readPlan: () => Plan;
  readonly note: (note: Note) => void;
  readonly notes: () => readonly Note[];
  readonly forget: () => void;
  /** Which mutant the worker with this process id runs, and for how long; 0 for none. */
  readonly beat: (pid: number, mutant: number, patienceMs?: number) => void;
} {
  const plan = join(folder, "plan.json");
  const notes = join(folder, "notes.jsonl");
  return {
    writePlan: (given) => writeFileSync(plan, JSON.stringify(given)),
    readPlan: () => JSON.parse(readFileSync(plan, "utf8")),
    note: (note) => appendFileSync(notes, `${JSON.stringify(note)}\n`),
    notes: () => (existsSync(notes) ? readLines(notes) : []),
    forget: () => writeFileSync(notes, ""),
    beat: (pid, mutant, patienceMs = 0) =>
      writeFileSync(join(folder, `beat.${pid}`), `${mutant} ${patienceMs}`),
  };
}

function readLines(path: string): readonly Note[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): Note => JSON.parse(line));
}
