import type { DecisionRecord, RecordedFinding } from "../ports/decision-sink.ts";
import type { DefinitionFinding } from "../ports/definition-inspector.ts";
import type { ActivePolicy } from "./active-policy.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import { withoutHanging } from "./in-time.ts";
import type { RefusedDefinition } from "./judge-definition.ts";

/** Longest name or path in a record: a server may have written it. */
const MAX_NAME = 256;

const MOST_FINDINGS = 32;

/**
 * Puts a definition that was refused in a list on record before the list is given out. Nothing of
 * the definition is written but its name and where something was found.
 */
export async function recordDefinition(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  { tool, refused }: { readonly tool: string; readonly refused: RefusedDefinition },
): Promise<void> {
  const { document, ref } = policy;
  const entry = Object.hasOwn(document.tools, tool) ? document.tools[tool] : undefined;
  const line: DecisionRecord = {
    schema: "portcullis.decision.v1",
    phase: "outcome",
    at: new Date(runtime.clock.now()).toISOString(),
    decisionId: `d_${runtime.random.id()}`,
    callId: "",
    listed: true,
    tool: tool.slice(0, MAX_NAME),
    ...(entry === undefined ? {} : { toolClass: entry.class }),
    mode: document.mode,
    verdict: "deny",
    action: "deny",
    code: refused.code,
    rules: [],
    risk: { score: 0, factors: [] },
    policy: ref,
    ...(refused.findings.length === 0 ? {} : { findings: toRecorded(refused.findings) }),
    result: "denied",
  };
  // The tool is hidden and its calls are denied, whether or not this can be written.
  await withoutHanging(runtime, write(runtime, line));
}

function toRecorded(findings: readonly DefinitionFinding[]): readonly RecordedFinding[] {
  return findings.slice(0, MOST_FINDINGS).map(({ rule, severity, path }) => ({
    rule: rule.slice(0, MAX_NAME),
    severity,
    path: path.slice(0, MAX_NAME),
  }));
}

async function write({ sink }: GuardRuntime, line: DecisionRecord): Promise<void> {
  await sink.write(line);
}
