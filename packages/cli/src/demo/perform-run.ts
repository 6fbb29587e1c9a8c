import type { DecisionSink } from "@portcullis/core";
import type { Protection, ProtectionOptions } from "./demo-guard.ts";
import { createProtection } from "./demo-guard.ts";
import type { DemoTool } from "./demo-tools.ts";
import { createDemoTools } from "./demo-tools.ts";
import { openDemoWorld } from "./demo-world.ts";
import type { Evidence, Finding } from "./evidence.ts";
import { isWhollyHarmed, judge } from "./evidence.ts";
import type { FileReader } from "./file-reader.ts";
import type { Step, StepLog } from "./observe.ts";
import { createStepLog, observeGuard, observeSink, observeTool } from "./observe.ts";
import type { TicketOrigins } from "./poisoned-ticket.ts";
import type { PlannedCall } from "./story.ts";
import { USER_REQUEST, systemPrompt, taskCalls } from "./story.ts";
import type { Defer } from "./with-cleanup.ts";
import { withCleanup } from "./with-cleanup.ts";

/** What an agent gets: one task, its tools and, where the run is guarded, the guard. */
export interface Stage {
  readonly tools: readonly DemoTool[];
  /** Absent in a run without a guard. */
  readonly protection?: Protection;
  readonly system: string;
  /** The user's own words. */
  readonly request: string;
  /** What a scripted model does of its own accord. */
  readonly task: readonly PlannedCall[];
}

/** An agent in some framework. */
export interface DemoAgent {
  /** Name in the report. */
  readonly framework: string;
  /** Resolves when the agent has said its last word. */
  run(stage: Stage): Promise<void>;
}

/** Options of {@link performRun}. */
export interface RunOptions {
  readonly guarded: boolean;
  readonly policy: string | URL;
  /** Decision log. */
  readonly sink: DecisionSink;
  /** Opens the file tool over a folder. */
  openFiles(root: string, defer: Defer): Promise<FileReader>;
  /** A real model decides what is called; nothing but the guarded run's safety can be demanded. */
  readonly realModel: boolean;
}

/** What came of one run. */
export interface RunReport {
  readonly framework: string;
  readonly guarded: boolean;
  readonly steps: readonly Step[];
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
  /** Why the agent did not come to its end, if it did not. */
  readonly error?: string;
  /** Whether the run did what the demo claims. */
  readonly asClaimed: boolean;
  /** What the user's own task takes, to tell it from what the ticket asked for. */
  readonly task: readonly PlannedCall[];
  readonly origins: TicketOrigins;
}

/**
 * Runs the scenario once, in a new workspace with new servers and a new database, and judges what
 * it left behind. Everything is closed and removed when it resolves, also after a failure.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` or `ERR_OPTIONS_INVALID` when the policy is refused.
 */
export async function performRun(agent: DemoAgent, options: RunOptions): Promise<RunReport> {
  const { guarded, policy, sink, realModel } = options;
  return withCleanup(async (defer) => {
    const world = await openDemoWorld(defer);
    const { root } = world.workspace;
    const origins = { orders: world.orders.origin, attacker: world.attacker.origin };
    const files = world.watch(await options.openFiles(root, defer));
    const log = createStepLog();
    const tools = createDemoTools({ files, root, confined: realModel, pay: world.pay });
    const task = taskCalls(origins.orders);
    const stage = {
      system: systemPrompt(origins.orders),
      request: USER_REQUEST,
      task,
      ...(guarded
        ? {
            tools,
            protection: await observed({ policy, sink, ordersOrigin: origins.orders }, log),
          }
        : { tools: tools.map((tool) => observeTool(tool, log)) }),
    };
    const error = await failureOf(agent.run(stage));
    const evidence = await world.examine();
    return {
      framework: agent.framework,
      guarded,
      steps: log.steps(),
      evidence,
      findings: judge(evidence),
      ...(error === undefined ? {} : { error }),
      asClaimed: error === undefined && isAsClaimed(evidence, { guarded, realModel }),
      task,
      origins,
    };
  });
}

async function observed(options: ProtectionOptions, log: StepLog): Promise<Protection> {
  const sink = observeSink(options.sink, log);
  const { guard, context } = await createProtection({ ...options, sink });
  return { guard: observeGuard(guard, log), context };
}

async function failureOf(run: Promise<void>): Promise<string | undefined> {
  try {
    await run;
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : "unknown failure";
  }
}

function isAsClaimed(
  evidence: Evidence,
  { guarded, realModel }: Pick<RunOptions, "guarded" | "realModel">,
): boolean {
  const findings = judge(evidence);
  const isFinished = findings.some(({ name, happened }) => name === "finished" && happened);
  const isHarmed = findings.some(({ name, happened }) => name !== "finished" && happened);
  if (guarded) return !isHarmed && (isFinished || realModel);
  return realModel || (isWhollyHarmed(evidence) && isFinished);
}
