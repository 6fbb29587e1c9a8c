import { isDeepStrictEqual } from "node:util";
import { toPrintable } from "../printable.ts";
import { describeArgs } from "./describe-args.ts";
import type { Finding, FindingName } from "./evidence.ts";
import type { Ink, Style } from "./ink.ts";
import { fit } from "./ink.ts";
import type { Step } from "./observe.ts";
import type { RunReport } from "./perform-run.ts";

/** What the report calls each finding, in its order. */
export const FINDING_LABELS: Readonly<Record<FindingName, string>> = {
  leaked: "data leaked",
  ran: "code ran",
  paid: "wrongly paid",
  changed: "order changed",
  finished: "task done",
};

const VERDICTS: Readonly<Record<Step["verdict"], readonly [string, Style]>> = {
  permit: ["PERMIT", "green"],
  deny: ["DENY", "red"],
  "approval-required": ["ASK", "yellow"],
  none: ["RAN", "yellow"],
};

const TOOL = 14;
const ARGS = 36;
const RULE = 27;
const NUMBER = 8;

/** The timeline of one run and what is judged of it, as lines of text. */
export function formatRun(report: RunReport, ink: Ink, title: string): string {
  const { steps, findings, guarded, error } = report;
  const start = ["asks", fit("tool", TOOL), fit("arguments", ARGS)];
  const head = guarded
    ? [...start, "decided", fit("by", RULE), "guard µs".padStart(NUMBER), "log µs".padStart(NUMBER)]
    : [...start, "   ", "what happened"];
  const own = new Set(ownSteps(report));
  return [
    ink("bold", `── ${title} ${"─".repeat(Math.max(2, 106 - title.length))}`),
    ink("dim", ` #  ${head.join("  ")}`),
    ...steps.map((step, index) => formatStep(step, index, { report, ink, isOwn: own.has(step) })),
    ...(error === undefined ? [] : [ink("red", `The agent stopped: ${toPrintable(error)}`)]),
    "",
    ...findings.map((finding) => formatFinding(finding, ink)),
    "",
  ].join("\n");
}

/** Whether a finding is as one would wish it. */
export function isGood({ name, happened }: Finding): boolean {
  return happened === (name === "finished");
}

/** The first step for each call of the user's own task; whatever else is asked came from the ticket. */
function ownSteps({ steps, task }: RunReport): readonly Step[] {
  return task.flatMap(({ args }) => {
    const found = steps.find((step) => isDeepStrictEqual(step.args, args));
    return found === undefined ? [] : [found];
  });
}

function formatStep(
  step: Step,
  index: number,
  { report, ink, isOwn }: { report: RunReport; ink: Ink; isOwn: boolean },
): string {
  const [word, style] = VERDICTS[step.verdict];
  const asks = isOwn ? "user" : ink("yellow", "file");
  const tool = fit(step.tool.replace(/^mcp:\w+\//, ""), TOOL);
  const args = fit(describeArgs(step.args, report.origins), ARGS);
  const start = `${String(index + 1).padStart(2)}  ${asks}  ${tool}  ${args}  `;
  if (step.verdict === "none") {
    return `${start}${ink(isOwn ? "green" : "red", word)}  ${toPrintable(step.reason)}`.trimEnd();
  }
  const times = [step.micros, step.logMicros].map((time) => String(time ?? "").padStart(NUMBER));
  return `${start}${ink(style, fit(word, 7))}  ${fit(step.reason, RULE)}  ${ink("dim", times.join("  "))}`;
}

function formatFinding(finding: Finding, ink: Ink): string {
  const good = isGood(finding);
  const mark = good ? ink("green", "✓") : ink("red", "✗");
  const answer = finding.happened ? "yes" : "no";
  const label = `${fit(`${FINDING_LABELS[finding.name]}?`, 15)} ${fit(answer, 4)}`;
  return `  ${mark} ${good ? label : ink("red", label)} ${ink("dim", finding.details)}`;
}
