import { canonicalize } from "./canonical-json.ts";
import type { JsonObject } from "./json.ts";
import type { ApprovalTerms, Approvers, Obligation } from "./policy-document.ts";

/** Bounds on one number of the arguments. */
export interface MergedClamp {
  /** RFC 6901 pointer. */
  readonly path: string;
  readonly min?: number;
  readonly max?: number;
  /** Accepted values, ascending and within the bounds. */
  readonly oneOf?: readonly number[];
}

/** Whom to tell about a call. */
interface MergedNotification {
  readonly channel: string;
  readonly priority: "low" | "normal" | "high" | "critical";
  /** True when the call must not run where the channel cannot be told. */
  readonly required: boolean;
}

/** All obligations of one call, so that fulfilling these fulfils every one of them. */
export interface MergedObligations {
  /** One for each path, sorted by path. */
  readonly clamps: readonly MergedClamp[];
  /** Kinds of finding to redact in the arguments, sorted. */
  readonly redactArgs: readonly string[];
  /** Kinds of finding to redact in the result, sorted. */
  readonly redactResult: readonly string[];
  /** One request that meets every demand; absent when none is demanded. */
  readonly approval?: ApprovalTerms;
  /** Distinct demands, sorted by their canonical text; all must be met. */
  readonly dryRuns: readonly JsonObject[];
  /** One for each channel, sorted by channel. */
  readonly notify: readonly MergedNotification[];
}

/** No obligation at all. */
export const NO_OBLIGATIONS: MergedObligations = Object.freeze({
  clamps: Object.freeze([]),
  redactArgs: Object.freeze([]),
  redactResult: Object.freeze([]),
  dryRuns: Object.freeze([]),
  notify: Object.freeze([]),
});

const PRIORITIES = ["low", "normal", "high", "critical"] as const;

/** Brings the obligations of rules into the merged form; `"conflict"` where they contradict. */
export function collectObligations(
  obligations: readonly Obligation[],
): MergedObligations | "conflict" {
  return mergeObligations(obligations.map(toMerged));
}

/**
 * Merges obligations so that fulfilling the result fulfils every part; order has no effect.
 *
 * Clamps of one path intersect, and `"conflict"` means that no value is left. Of approvals every
 * demand on approvers stands, with the highest priority, the earliest expiry, the arguments that
 * all let an approver edit, and all queues: `queue` is then the sorted names joined by `+`.
 *
 * @example
 * ```ts
 * declare const first: Evaluation;
 * declare const second: Evaluation;
 * mergeObligations([first.obligations, second.obligations]);
 * ```
 */
export function mergeObligations(
  parts: readonly MergedObligations[],
): MergedObligations | "conflict" {
  const clamps = mergeClamps(parts.flatMap((part) => part.clamps));
  if (clamps === "conflict") return "conflict";
  const approvals = parts.flatMap(({ approval }) => (approval === undefined ? [] : [approval]));
  const merged = {
    clamps,
    redactArgs: union(parts.map(({ redactArgs }) => redactArgs)),
    redactResult: union(parts.map(({ redactResult }) => redactResult)),
    dryRuns: distinct(parts.flatMap(({ dryRuns }) => dryRuns)),
    notify: mergeNotifications(parts.flatMap(({ notify }) => notify)),
  };
  const approval = mergeApprovals(approvals);
  return Object.freeze(approval === undefined ? merged : { ...merged, approval });
}

function toMerged(obligation: Obligation): MergedObligations {
  if (obligation.type === "clamp") {
    const { type: _, ...clamp } = obligation;
    return { ...NO_OBLIGATIONS, clamps: [clamp] };
  }
  if (obligation.type === "redact") {
    const { target, kinds } = obligation;
    const name = target === "args" ? "redactArgs" : "redactResult";
    return { ...NO_OBLIGATIONS, [name]: kinds };
  }
  if (obligation.type === "approval") {
    const { type: _, ...terms } = obligation;
    return { ...NO_OBLIGATIONS, approval: terms };
  }
  if (obligation.type === "dryRun") return { ...NO_OBLIGATIONS, dryRuns: [obligation.demand] };
  const { channel, priority, required } = obligation;
  return { ...NO_OBLIGATIONS, notify: [{ channel, priority, required }] };
}

function mergeClamps(clamps: readonly MergedClamp[]): readonly MergedClamp[] | "conflict" {
  const byPath = groupBy(clamps, ({ path }) => path);
  const merged: MergedClamp[] = [];
  for (const path of [...byPath.keys()].toSorted()) {
    const clamp = intersect(path, byPath.get(path) ?? []);
    if (clamp === undefined) return "conflict";
    merged.push(clamp);
  }
  return Object.freeze(merged);
}

function intersect(path: string, clamps: readonly MergedClamp[]): MergedClamp | undefined {
  const min = Math.max(...clamps.map((clamp) => clamp.min ?? Number.NEGATIVE_INFINITY));
  const max = Math.min(...clamps.map((clamp) => clamp.max ?? Number.POSITIVE_INFINITY));
  if (min > max) return undefined;
  const lists = clamps.flatMap(({ oneOf }) => (oneOf === undefined ? [] : [oneOf]));
  const [first, ...others] = lists;
  const bounds = {
    path,
    ...(Number.isFinite(min) ? { min } : {}),
    ...(Number.isFinite(max) ? { max } : {}),
  };
  if (first === undefined) return Object.freeze(bounds);
  const isLeft = (value: number): boolean =>
    value >= min && value <= max && others.every((list) => list.includes(value));
  const oneOf = [...new Set(first.filter(isLeft))].toSorted((a, b) => a - b);
  return oneOf.length === 0 ? undefined : Object.freeze({ ...bounds, oneOf: Object.freeze(oneOf) });
}

function union(lists: readonly (readonly string[])[]): readonly string[] {
  return Object.freeze([...new Set(lists.flat())].toSorted());
}

function distinct<T extends JsonObject | Approvers>(items: readonly T[]): readonly T[] {
  const byText = new Map(items.map((item) => [canonicalize(item).text, item]));
  const sorted = [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.freeze(sorted.map(([, item]) => item));
}

function mergeApprovals(approvals: readonly ApprovalTerms[]): ApprovalTerms | undefined {
  const [first, ...others] = approvals;
  if (first === undefined) return undefined;
  const editable = others.reduce(
    (names, terms) => names.filter((name) => terms.editable.includes(name)),
    first.editable,
  );
  const terms: ApprovalTerms = {
    queue: union(approvals.map(({ queue }) => queue.split("+"))).join("+"),
    priority: highest(approvals.map(({ priority }) => priority)),
    expiresSeconds: Math.min(...approvals.map(({ expiresSeconds }) => expiresSeconds)),
    approvers: distinct(approvals.flatMap(({ approvers }) => approvers)),
    scope: "once",
    editable: union([editable]),
  };
  return Object.freeze(terms);
}

function mergeNotifications(all: readonly MergedNotification[]): readonly MergedNotification[] {
  const byChannel = groupBy(all, ({ channel }) => channel);
  const merged = [...byChannel].map(([channel, entries]) =>
    Object.freeze({
      channel,
      priority: highest(entries.map(({ priority }) => priority)),
      required: entries.some(({ required }) => required),
    }),
  );
  return Object.freeze(merged.toSorted((a, b) => (a.channel < b.channel ? -1 : 1)));
}

function highest(
  priorities: readonly MergedNotification["priority"][],
): MergedNotification["priority"] {
  return PRIORITIES.findLast((priority) => priorities.includes(priority)) ?? "critical";
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
