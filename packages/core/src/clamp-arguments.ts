import type { Json, JsonObject } from "./json.ts";
import { Refusal } from "./refusal.ts";
import type { CanonicalArgs } from "./tool-call.ts";

/** Bounds of one number of the arguments, merged over all obligations. */
export interface Clamp {
  /** RFC 6901 pointer. */
  readonly path: string;
  readonly min?: number;
  readonly max?: number;
  /** Only checked, never rewritten to. */
  readonly oneOf?: readonly number[];
}

/**
 * Rewrites numbers to the nearest bound; returns the same reference when nothing changes. An
 * argument that is absent is left absent.
 *
 * @throws {Refusal} `obligation-failed` when the value is no number or not one of the listed ones.
 */
export function applyClamps(args: CanonicalArgs, clamps: readonly Clamp[]): CanonicalArgs {
  return clamps.reduce((current, clamp) => applyClamp(current, clamp), args);
}

function applyClamp(args: CanonicalArgs, clamp: Clamp): CanonicalArgs {
  const segments = clamp.path.split("/").slice(1).map(unescapeSegment);
  const result = rewriteAt(args, segments, (value) => bound(value, clamp));
  return isObject(result) ? result : args;
}

function bound(value: Json, clamp: Clamp): Json {
  if (typeof value !== "number") throw new Refusal("obligation-failed");
  if (clamp.oneOf !== undefined && !clamp.oneOf.includes(value)) {
    throw new Refusal("obligation-failed");
  }
  const raised = clamp.min === undefined ? value : Math.max(value, clamp.min);
  return clamp.max === undefined ? raised : Math.min(raised, clamp.max);
}

function rewriteAt(value: Json, segments: readonly string[], change: (value: Json) => Json): Json {
  const [head, ...rest] = segments;
  if (head === undefined) return change(value);
  if (Array.isArray(value)) return rewriteItem(value, head, rest, change);
  if (!isObject(value) || !Object.hasOwn(value, head)) return value;
  const before = value[head];
  if (before === undefined) return value;
  const after = rewriteAt(before, rest, change);
  return Object.is(before, after) ? value : { ...value, [head]: after };
}

function rewriteItem(
  list: readonly Json[],
  head: string,
  rest: readonly string[],
  change: (value: Json) => Json,
): Json {
  const index = /^(?:0|[1-9]\d*)$/.test(head) ? Number(head) : -1;
  const before = list[index];
  if (before === undefined) return list;
  const after = rewriteAt(before, rest, change);
  return Object.is(before, after) ? list : list.with(index, after);
}

function unescapeSegment(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
