import { PortcullisConfigError } from "../errors.ts";
import type { DecisionRecord, DecisionSink } from "../ports/decision-sink.ts";

/** Bounds of {@link createMemoryDecisionSink}. */
export interface MemoryDecisionSinkOptions {
  /** Most records kept; older ones are dropped. Default 10 000. */
  readonly maxRecords?: number;
}

/** A decision sink whose records can be read in the same process. */
export interface MemoryDecisionSink extends DecisionSink {
  /** The kept records, oldest first. */
  readonly records: readonly DecisionRecord[];
  /** How many older records were dropped. */
  readonly dropped: number;
}

/**
 * Creates a `DecisionSink` that keeps the last records in memory and promises nothing beyond it.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when `maxRecords` is not a positive whole number.
 *
 * @example
 * ```ts
 * declare const policy: PolicyDocument;
 * const sink = createMemoryDecisionSink();
 * const guard = await createGuard({ policy, sink });
 * sink.records.filter(({ action }) => action === "deny");
 * ```
 */
export function createMemoryDecisionSink(
  options: MemoryDecisionSinkOptions = {},
): MemoryDecisionSink {
  const { maxRecords = 10_000 } = options;
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) {
    throw new PortcullisConfigError("maxRecords", "`maxRecords` must be a positive whole number.");
  }
  const kept: DecisionRecord[] = [];
  let written = 0;
  return {
    async write(record) {
      kept.push(Object.freeze({ ...record }));
      written += 1;
      // Cutting half at once keeps the mean cost of a write constant.
      if (kept.length >= 2 * maxRecords) kept.splice(0, kept.length - maxRecords);
    },
    get records() {
      return Object.freeze(kept.slice(-maxRecords));
    },
    get dropped() {
      return Math.max(0, written - maxRecords);
    },
  };
}
