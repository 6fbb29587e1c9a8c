import { canonicalize } from "@portcullis/core";
import type { Json, Obligation } from "@portcullis/core";
import { listed, quoted } from "../text/suggest.ts";
import { readLength } from "./read-times.ts";
import type { ExpectationSource, ObligationExpectation } from "./test-shape.ts";
import type { PolicyTestVerdict } from "./verdict.ts";

/** One way in which a verdict is not what was expected. */
export interface Mismatch {
  /** Member of the expectation; `outcome` also where a cell has none. */
  readonly member: keyof ExpectationSource;
  readonly message: string;
}

/** Holds a verdict against what is expected; members that are absent are not looked at. */
export function judgeCase(
  verdict: PolicyTestVerdict,
  expected: ExpectationSource,
): readonly Mismatch[] {
  const { outcome, code, rules, obligations, args, risk, notified } = expected;
  const mismatches: Mismatch[] = [];
  const miss = (member: Mismatch["member"], message: string): void => {
    mismatches.push({ member, message });
  };
  if (verdict.outcome !== outcome) {
    miss("outcome", `Expected ${quoted(outcome)}, but it is ${describeVerdict(verdict)}.`);
  }
  if (code !== undefined && verdict.code !== code) {
    const actual = verdict.code === undefined ? "there is none" : `it is ${quoted(verdict.code)}`;
    miss("code", `Expected the code ${quoted(code)}, but ${actual}.`);
  }
  if (rules !== undefined) {
    const difference = differ(rules, verdict.rules);
    if (difference !== undefined) miss("rules", `Rules: ${difference}.`);
  }
  if (obligations !== undefined) {
    const difference = differObligations(obligations, verdict.obligations);
    if (difference !== undefined) miss("obligations", `Obligations: ${difference}.`);
  }
  if (notified !== undefined) {
    const difference = differ(notified, verdict.notified);
    if (difference !== undefined) miss("notified", `Channels that were told: ${difference}.`);
  }
  if (args !== undefined && verdict.args !== undefined && !isSame(args, verdict.args)) {
    miss("args", `Expected the arguments ${textOf(args)}, but they are ${textOf(verdict.args)}.`);
  }
  if (risk !== undefined && verdict.risk !== risk) {
    miss("risk", `Expected the risk ${risk}, but it is ${verdict.risk}.`);
  }
  return mismatches;
}

/** An outcome with its code and the rules behind it, for messages. */
export function describeVerdict({ outcome, code, rules }: PolicyTestVerdict): string {
  const why = code === undefined || code === outcome ? "" : ` with ${quoted(code)}`;
  const by = rules.length === 0 ? "" : ` by ${listed(rules)}`;
  return `${quoted(outcome)}${why}${by}`;
}

function differ(expected: readonly string[], actual: readonly string[]): string | undefined {
  const missing = expected.filter((name) => !actual.includes(name));
  const extra = actual.filter((name) => !expected.includes(name));
  if (missing.length === 0 && extra.length === 0) return undefined;
  return [
    ...(missing.length === 0 ? [] : [`${listed(missing)} missing`]),
    ...(extra.length === 0 ? [] : [`${listed(extra)} not expected`]),
  ].join(", ");
}

function differObligations(
  expected: readonly ObligationExpectation[],
  actual: readonly Obligation[],
): string | undefined {
  const left = [...actual];
  const missing: string[] = [];
  for (const expectation of expected) {
    const found = left.findIndex((obligation) => fits(expectation, obligation));
    if (found === -1) missing.push(describeExpected(expectation));
    else left.splice(found, 1);
  }
  if (missing.length === 0 && left.length === 0) return undefined;
  return [
    ...missing.map((text) => `${text} missing`),
    ...left.map((obligation) => `${describeActual(obligation)} not expected`),
  ].join(", ");
}

function fits(expected: ObligationExpectation, actual: Obligation): boolean {
  if (typeof expected === "string") return expected === actual.type;
  const { approval, notify } = expected;
  if (approval !== undefined) {
    return (
      actual.type === "approval" &&
      (approval.queue === undefined || approval.queue === actual.queue) &&
      (approval.priority === undefined || approval.priority === actual.priority) &&
      (approval.expires === undefined || lasts(approval.expires, actual.expiresSeconds))
    );
  }
  return (
    notify !== undefined &&
    actual.type === "notify" &&
    (notify.channel === undefined || notify.channel === actual.channel) &&
    (notify.priority === undefined || notify.priority === actual.priority)
  );
}

function lasts(text: string, seconds: number): boolean {
  const length = readLength(text);
  return length.ok && length.milliseconds === seconds * 1000;
}

function describeExpected(expected: ObligationExpectation): string {
  return typeof expected === "string" ? quoted(expected) : quoted(JSON.stringify(expected));
}

function describeActual(actual: Obligation): string {
  if (actual.type === "approval") {
    const { queue, priority, expiresSeconds } = actual;
    const expires = `${expiresSeconds}s`;
    return quoted(JSON.stringify({ approval: { queue, priority, expires } }));
  }
  if (actual.type !== "notify") return quoted(actual.type);
  const { channel, priority } = actual;
  return quoted(JSON.stringify({ notify: { channel, priority } }));
}

function isSame(a: Json, b: Json): boolean {
  return textOf(a) === textOf(b);
}

// An expectation that is no canonical JSON, such as a number beyond 2^53, equals nothing.
function textOf(value: Json): string {
  try {
    return canonicalize(value).text;
  } catch {
    return JSON.stringify(value);
  }
}
