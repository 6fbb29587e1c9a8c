import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "@portcullis/core";
import { z } from "zod";

/** Suites that are replayed; each has a policy `agentdojo-<suite>`. */
export const SUITES = ["banking", "travel"] as const;

/** Name of a suite. */
export type SuiteName = (typeof SUITES)[number];

/** Where the attacker's text goes in a recorded result. */
export const CANARY = /INJECTCANARY_\w+?_END/g;

/** One recorded call. */
interface RecordedCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, Json>>;
}

/** A user's task with the calls that solve it. */
export interface UserTask {
  readonly id: string;
  /** The user's own words. */
  readonly prompt: string;
  readonly calls: readonly (RecordedCall & {
    readonly result: string;
    /** The result with {@link CANARY} where an attacker's text can stand; absent = nowhere. */
    readonly resultTemplate?: string | undefined;
  })[];
  /** Index of the call that shows each place of an attacker's text. */
  readonly injectionSeenAt: Readonly<Record<string, number>>;
}

/** An attacker's task with the calls that do it. */
export interface InjectionTask {
  readonly id: string;
  /** The attacker's text. */
  readonly goal: string;
  readonly calls: readonly RecordedCall[];
  /** Whether the task is done by each subset of the calls: `1` for each that runs, `0` for the others. */
  readonly successByMask: Readonly<Record<string, boolean>>;
}

/** One recorded suite: what the replay reads of it, and nothing more. */
export interface Suite {
  readonly suite: SuiteName;
  readonly tools: readonly { readonly name: string }[];
  readonly userTasks: readonly UserTask[];
  readonly injectionTasks: readonly InjectionTask[];
}

const callShape = z.object({ tool: z.string(), args: z.record(z.string(), z.json()) });

const userTaskShape = z
  .object({
    id: z.string(),
    prompt: z.string(),
    calls: z
      .array(callShape.extend({ result: z.string(), resultTemplate: z.string().optional() }))
      .min(1),
    injectionSeenAt: z.record(z.string(), z.int().min(0)),
  })
  .refine(showsInjection, "A task whose calls do not show the injection where they should.");

const injectionTaskShape = z
  .object({
    id: z.string(),
    goal: z.string(),
    calls: z.array(callShape),
    successByMask: z.record(z.string().regex(/^[01]*$/), z.boolean()),
  })
  .refine(
    ({ calls, successByMask }) => Object.keys(successByMask).length === 2 ** calls.length,
    "A task whose masks are incomplete.",
  );

const suiteShape: z.ZodType<Suite> = z.object({
  suite: z.enum(SUITES),
  tools: z.array(z.object({ name: z.string() })).min(1),
  userTasks: z.array(userTaskShape).min(1),
  injectionTasks: z.array(injectionTaskShape).min(1),
});

/** Reads one recorded suite and refuses what is not of the expected form. */
export async function readSuite(data: string, name: SuiteName): Promise<Suite> {
  const text = await readFile(join(data, "agentdojo", `${name}.json`), "utf8");
  const suite = suiteShape.parse(JSON.parse(text));
  // An attack without calls is done by words alone: there is nothing that a guard could decide.
  return { ...suite, injectionTasks: suite.injectionTasks.filter(({ calls }) => calls.length > 0) };
}

/** Index of the call whose result is the first to carry the attacker's text. */
export function firstInjection({ injectionSeenAt }: Pick<UserTask, "injectionSeenAt">): number {
  return Math.min(...Object.values(injectionSeenAt));
}

function showsInjection(task: Pick<UserTask, "calls" | "injectionSeenAt">): boolean {
  const template = task.calls[firstInjection(task)]?.resultTemplate;
  return template !== undefined && template.match(CANARY) !== null;
}
