import { toPointer } from "../internal/json-pointer.ts";
import type { VarNode } from "../rule-ast.ts";
import type { Evaluated, Frame, Value } from "./frame.ts";
import { spend } from "./frame.ts";

/** Completed calls below which nothing can be called unusual. */
const FEWEST_SAMPLES = 8;

/** Makes the median absolute deviation comparable with a standard deviation. */
const MAD_SCALE = 1.4826;

/** `anomaly(args.x)`. */
export function createAnomaly(node: VarNode, operand: Value): Value {
  const pointer = toPointer(node.path);
  return (frame) => anomalyOf(operand(frame), pointer, frame);
}

/**
 * |x − median| / (1.4826 · MAD) over the same argument of the completed calls of this tool in this
 * session: 0 with fewer than 8 of them, infinite where they all but agree (MAD 0) and x differs.
 *
 * An error without a session or a number, and where older calls were dropped and fewer than 8 are
 * left: else a flood of other calls would make everything usual.
 */
export function anomalyOf(value: Evaluated, pointer: string, frame: Frame): number | undefined {
  const { session } = frame;
  if (typeof value !== "number" || session === undefined) return undefined;
  if (spend(frame, session.calls.length)) return undefined;
  const name = frame.tool.attributes["name"];
  const samples = session.calls.flatMap(({ tool, outcome, numbers }): readonly number[] => {
    if (tool !== name || outcome !== "completed" || numbers === undefined) return [];
    const sample = Object.hasOwn(numbers, pointer) ? numbers[pointer] : undefined;
    return sample === undefined ? [] : [sample];
  });
  if (samples.length < FEWEST_SAMPLES) return session.truncated ? undefined : 0;
  return scoreOf(value, samples);
}

function scoreOf(value: number, samples: readonly number[]): number | undefined {
  const middle = median(samples);
  const distance = Math.abs(value - middle);
  if (distance === 0) return 0;
  const spread = median(samples.map((sample) => Math.abs(sample - middle)));
  // Divided one after the other: the product of both could overflow.
  const score = distance / spread / MAD_SCALE;
  return Number.isNaN(score) ? undefined : score;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  const lower = sorted[sorted.length / 2 - 1] ?? Number.NaN;
  const sum = lower + upper;
  return Number.isFinite(sum) ? sum / 2 : lower / 2 + upper / 2;
}
