import { DURATION, TIMESTAMP } from "../../types/type.ts";
import { refuse } from "../condition-error.ts";
import type { ConversionTarget, Draft } from "../draft.ts";
import { parseCelDuration, parseCelTimestamp } from "../time-literals.ts";
import { below } from "./lowering.ts";
import type { Call, Lowering, Scope } from "./lowering.ts";

/** Names of the conversions. */
export const CONVERSIONS: ReadonlySet<string> = new Set<ConversionTarget>([
  "int",
  "double",
  "string",
  "bool",
  "timestamp",
  "duration",
]);

/** Lowers `int(x)` and its like; `timestamp("…")` and `duration("…")` become constants. */
export function lowerConversion(
  { node, name, args }: Call,
  scope: Scope,
  lowering: Lowering,
): Draft {
  const [operand, more] = args;
  if (operand === undefined || more !== undefined || !isTarget(name)) {
    return refuse(node, `\`${name}\` takes one value.`);
  }
  const a = lowering.lower(operand, below(scope));
  if (a.op !== "lit" || typeof a.value !== "string")
    return { op: "convert", span: node, to: name, a };
  if (name === "timestamp") {
    const value = parseCelTimestamp(a.value);
    if (value === undefined) {
      refuse(
        operand,
        'Not a time; write RFC 3339 with a zone and at most milliseconds, such as `timestamp("2026-01-31T09:00:00Z")`.',
      );
    }
    return { op: "lit", span: node, type: TIMESTAMP, value };
  }
  if (name === "duration") {
    const value = parseCelDuration(a.value);
    if (value === undefined) {
      refuse(
        operand,
        'Not a duration; write numbers with `h`, `m`, `s` or `ms`, such as `duration("1h30m")`.',
      );
    }
    return { op: "lit", span: node, type: DURATION, value };
  }
  return { op: "convert", span: node, to: name, a };
}

function isTarget(name: string): name is ConversionTarget {
  return CONVERSIONS.has(name);
}
