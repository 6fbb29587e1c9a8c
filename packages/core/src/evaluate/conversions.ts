import type { Json } from "../json.ts";
import type { StaticType } from "../rule-ast.ts";
import type { Value } from "./frame.ts";
import {
  formatDuration,
  formatTimestamp,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  parseDuration,
  parseTimestamp,
} from "./time-text.ts";

/** What a conversion may lead to. */
export type ConversionTarget = "int" | "double" | "string" | "bool" | "timestamp" | "duration";

/** `int(x)` and the like. */
export function createConversion(to: ConversionTarget, from: StaticType, operand: Value): Value {
  const convert = conversion(to, from);
  return (frame) => {
    const value = operand(frame);
    return value === undefined ? undefined : convert(value);
  };
}

/** The conversion between two types; what cannot be converted is `undefined`. */
export function conversion(
  to: ConversionTarget,
  from: StaticType,
): (value: Json) => Json | undefined {
  // Only a time is known by its static type alone; of others the value itself has the last word.
  if (from === to && (to === "timestamp" || to === "duration")) return (value) => value;
  if (from === "timestamp") return to === "int" ? toSeconds : writeTimestamp;
  if (from === "duration") return writeDuration;
  if (to === "timestamp" && from === "int") return fromSeconds;
  return CONVERSIONS[to];
}

const TRUE: ReadonlySet<Json> = new Set<Json>(["1", "t", "true", "TRUE", "True", true]);
const FALSE: ReadonlySet<Json> = new Set<Json>(["0", "f", "false", "FALSE", "False", false]);
const INT_TEXT = /^[+-]?\d{1,20}$/;
const DOUBLE_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const MAX_NUMBER_TEXT = 400;

const CONVERSIONS: Readonly<Record<ConversionTarget, (value: Json) => Json | undefined>> = {
  int(value) {
    const number = typeof value === "string" && INT_TEXT.test(value) ? Number(value) : value;
    if (typeof number !== "number") return undefined;
    const whole = Math.trunc(number) + 0;
    return Number.isSafeInteger(whole) ? whole : undefined;
  },
  double(value) {
    if (typeof value === "number") return value;
    if (typeof value !== "string" || value.length > MAX_NUMBER_TEXT) return undefined;
    const number = DOUBLE_TEXT.test(value) ? Number(value) : Number.NaN;
    return Number.isFinite(number) ? number : undefined;
  },
  string(value) {
    if (typeof value === "string") return value;
    return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
  },
  bool(value) {
    if (TRUE.has(value)) return true;
    return FALSE.has(value) ? false : undefined;
  },
  timestamp: (value) => (typeof value === "string" ? parseTimestamp(value) : undefined),
  duration: (value) => (typeof value === "string" ? parseDuration(value) : undefined),
};

function isWhole(value: Json): value is number {
  return Number.isSafeInteger(value);
}

function toSeconds(value: Json): Json | undefined {
  return typeof value === "number" ? Math.floor(value / 1000) : undefined;
}

function fromSeconds(value: Json): Json | undefined {
  if (!isWhole(value)) return undefined;
  const time = value * 1000;
  return time >= MIN_TIMESTAMP && time <= MAX_TIMESTAMP ? time : undefined;
}

function writeTimestamp(value: Json): Json | undefined {
  return typeof value === "number" ? formatTimestamp(value) : undefined;
}

function writeDuration(value: Json): Json | undefined {
  return typeof value === "number" ? formatDuration(value) : undefined;
}
