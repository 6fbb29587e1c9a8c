import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Suites that are replayed; each has a policy `agentdojo-<suite>`. */
export const SUITES = ["banking", "travel"] as const;

/** Name of a suite. */
export type SuiteName = (typeof SUITES)[number];

/** Where the attacker's text goes in a recorded result. */
export const CANARY = /INJECTCANARY_\w+?_END/g;

const json = z.json();
const call = z.object({ tool: z.string(), args: z.record(z.string(), json) });

const suiteShape = z.object({
  suite: z.enum(SUITES),
  tools: z.array(z.object({ name: z.string() })).min(1),
  userTasks: z
    .array(
      z
        .object({
          id: z.string(),
          prompt: z.string(),
          calls: z
            .array(call.extend({ result: z.string(), resultTemplate: z.string().optional() }))
            .min(1),
          injectionSeenAt: z.record(z.string(), z.int().min(0)),
        })
        .refine(showsInjection, "A task whose calls do not show the injection where they should."),
    )
    .min(1),
  injectionTasks: z.array(
    z
      .object({
        id: z.string(),
        goal: z.string(),
        calls: z.array(call),
        successByMask: z.record(z.string().regex(/^[01]*$/), z.boolean()),
      })
      .refine(
        ({ calls, successByMask }) => Object.keys(successByMask).length === 2 ** calls.length,
        {
          message: "A task whose masks are incomplete.",
        },
      ),
  ),
});

/** One recorded suite: what the replay reads of it, and nothing more. */
export type Suite = z.infer<typeof suiteShape>;

/** A user's task with the calls that solve it. */
export type UserTask = Suite["userTasks"][number];

/** An attacker's task with the calls that do it, and which subsets of them succeed. */
export type InjectionTask = Suite["injectionTasks"][number];

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
