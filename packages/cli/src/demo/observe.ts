import type { Decision, DecisionSink, Denial, Guard, Outcome } from "@portcullis/core";
import type { DemoTool } from "./demo-tools.ts";

/** One call as the timeline shows it. */
export interface Step {
  /** Name in the policy, or the tool's own where nothing guards it. */
  readonly tool: string;
  /** What the model asked for. */
  readonly args: unknown;
  /** What was decided; `none` where nobody decides. */
  readonly verdict: "permit" | "deny" | "approval-required" | "none";
  /** Rule or limit that decided, or why none did. */
  readonly reason: string;
  /**
   * Microseconds from `guard.execute` to the tool's first line or to the refusal, without the time
   * that the decision log took.
   */
  readonly micros?: number;
  /** Microseconds that the decision log took until then. */
  readonly logMicros?: number;
}

/** Takes steps in the order in which the calls were made. */
export interface StepLog {
  /** Keeps a place for a call that begins now; the function fills it. */
  begin(): (step: Step) => void;
  /** What is known so far. */
  steps(): readonly Step[];
  /** Milliseconds that the first record of a decision took to write, by the decision's id. */
  readonly writes: Map<string, number>;
}

/** Creates an empty log. */
export function createStepLog(): StepLog {
  const places: (Step | undefined)[] = [];
  return {
    begin() {
      const index = places.push(undefined) - 1;
      return (step) => {
        places[index] = step;
      };
    },
    steps: () => places.filter((step) => step !== undefined),
    writes: new Map(),
  };
}

/** A guard that also notes what it decided and how long that took; it decides nothing itself. */
export function observeGuard(guard: Guard, log: StepLog): Guard {
  return Object.freeze<Guard>({
    ...guard,
    async execute(call, context, run) {
      const note = log.begin();
      const begun = performance.now();
      let decided: number | undefined;
      const outcome = await guard.execute(call, context, (args, control) => {
        decided ??= performance.now();
        return run(args, control);
      });
      const total = (decided ?? performance.now()) - begun;
      const logMs = log.writes.get(outcome.decision.decisionId) ?? 0;
      const micros = Math.round((total - logMs) * 1000);
      const logMicros = Math.round(logMs * 1000);
      note({ tool: call.tool, args: call.args, ...describe(outcome), micros, logMicros });
      return outcome;
    },
  });
}

/** A decision log that also notes how long each decision's first record took to write. */
export function observeSink(sink: DecisionSink, log: StepLog): DecisionSink {
  return {
    async write(record) {
      const begun = performance.now();
      await sink.write(record);
      if (log.writes.has(record.decisionId)) return;
      log.writes.set(record.decisionId, performance.now() - begun);
    },
  };
}

/** A tool that also notes what it did, for runs without a guard. */
export function observeTool(tool: DemoTool, log: StepLog): DemoTool {
  return {
    ...tool,
    async run(args) {
      const note = log.begin();
      const said = (reason: string): void => {
        note({ tool: tool.name, args, verdict: "none", reason });
      };
      try {
        const text = await tool.run(args);
        said(tool.name === "read_text_file" ? `gave ${text.length} characters` : firstLine(text));
        return text;
      } catch (error) {
        said("failed");
        throw error;
      }
    },
  };
}

function describe(outcome: Outcome<unknown>): Pick<Step, "verdict" | "reason"> {
  const { decision } = outcome;
  if (outcome.kind === "denied") {
    return { verdict: "deny", reason: toReason(outcome.denial, decision, "forbid") };
  }
  if (outcome.kind === "approval-required") {
    return { verdict: outcome.kind, reason: toReason(outcome.denial, decision, "require") };
  }
  const failed = outcome.kind === "failed" ? ", then failed" : "";
  return { verdict: "permit", reason: `${ruleOf(decision, "permit") ?? "?"}${failed}` };
}

function toReason(denial: Denial, decision: Decision, effect: "forbid" | "require"): string {
  const rule = denial.rule?.id ?? ruleOf(decision, effect);
  if (rule !== undefined) return rule;
  return denial.code === "no-applicable-rule" ? "no permit applies" : denial.code;
}

function ruleOf(decision: Decision, effect: string): string | undefined {
  return decision.rules.find((rule) => rule.effect === effect && !rule.shadow)?.id;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
