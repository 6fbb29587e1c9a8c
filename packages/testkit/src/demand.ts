import type { DecisionRecord } from "@portcullis/core";
import type { CallOutput } from "./scenario.ts";
import type { CaseResult } from "./vector.ts";

/** A vector's expectation that did not hold. */
export class VectorFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = "VectorFailure";
  }
}

/**
 * Demands that something holds.
 *
 * @throws {VectorFailure} with the text when it does not.
 */
export function demand(condition: boolean, text: string): void {
  if (!condition) throw new VectorFailure(text);
}

/** Demands how often a tool's body ran. */
export function demandRuns({ probe }: CaseResult, tool: string, count: number): void {
  const ran = probe.count(tool);
  demand(ran === count, `${tool} ran ${ran} times instead of ${count}`);
}

/** Demands that the log has a refusal of the tool, with this code where one is given. */
export function demandDenied({ log }: CaseResult, tool: string, code?: string): void {
  const refused = log.filter((record) => record.tool === tool && record.action !== "permit");
  const told = refused.map((record) => record.code ?? "no code").join(", ");
  demand(refused.length > 0, `the log has no refusal of ${tool}`);
  if (code === undefined) return;
  const fits = refused.some((record) => record.code === code);
  demand(fits, `${tool} was refused with ${told} instead of ${code}`);
}

/** Demands that the model or caller got a refusal for this call, and in our own form. */
export function demandToldDenial(result: CaseResult, callId: string): DenialText {
  const output = outputOf(result, callId);
  const denial = output === undefined ? undefined : readDenial(output.text);
  if (denial === undefined) {
    throw new VectorFailure(
      `nobody was told of a denial of ${callId}: ${output === undefined ? "no output" : output.text.slice(0, 200)}`,
    );
  }
  return denial;
}

/** Demands that the call was refused, by us or by the framework itself. */
export function demandRefused(result: CaseResult, callId: string): void {
  const output = outputOf(result, callId);
  if (output === undefined) return;
  const refused = output.isError || readDenial(output.text) !== undefined;
  demand(refused, `${callId} looks like a success: ${output.text.slice(0, 200)}`);
}

/** What the JSON text of a denial tells. */
export interface DenialText {
  readonly error: "portcullis.denied" | "portcullis.approval-required";
  readonly code: string;
  readonly message: string;
  readonly [member: string]: unknown;
}

/** Finds the JSON text of a denial, also inside an escaped or quoted text. */
export function readDenial(text: string): DenialText | undefined {
  for (const candidate of [text, text.replaceAll(String.raw`\"`, '"')]) {
    const start = candidate.search(/\{\s*"error":"portcullis\.(?:denied|approval-required)"/);
    if (start === -1) continue;
    const end = candidate.indexOf("}", start);
    try {
      return JSON.parse(candidate.slice(start, end + 1));
    } catch {
      // Cut off or damaged.
    }
  }
  return undefined;
}

/** The outcome records of a tool, oldest first. */
export function outcomesOf({ log }: CaseResult, tool: string): readonly DecisionRecord[] {
  return log.filter((record) => record.tool === tool && record.phase === "outcome");
}

function outputOf({ observation }: CaseResult, callId: string): CallOutput | undefined {
  return observation.outputs.find((output) => output.callId === callId);
}
