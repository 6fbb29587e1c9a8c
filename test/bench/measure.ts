/** One thing to be timed; it cycles its inputs and keeps the last result alive. */
export interface Contender {
  readonly name: string;
  /** Runs it `count` times, beginning at the input where the last batch ended. */
  readonly batch: (count: number) => void | Promise<void>;
}

/** Nanoseconds of one run, over the rounds. */
export interface Timing {
  readonly name: string;
  readonly medianNs: number;
  readonly minNs: number;
  readonly maxNs: number;
  readonly rounds: number;
  /** Runs in each round. */
  readonly runs: number;
}

/** How {@link measure} works. */
export interface MeasureOptions {
  /** At least 1; a median wants 5 or more. */
  readonly rounds: number;
  /** Time of one round of one contender that calibration aims at. Default 100. */
  readonly sampleMs?: number;
  /** Nanoseconds so far; default CPU time of this thread. */
  readonly clock?: () => number;
}

// CPU time moves in ticks of up to 4 ms: a sample of 100 ms is right to a few percent.
const SAMPLE_MS = 100;
const NS_PER_MS = 1e6;
const NS_PER_US = 1e3;

/** A contender that answers at once. */
export function contender<Input>(
  name: string,
  inputs: readonly Input[],
  run: (input: Input) => unknown,
): Contender {
  let at = 0;
  let sink: unknown;
  return {
    name,
    batch(count) {
      for (let done = 0; done < count; done += 1) {
        sink = run(inputs[at]!);
        at = at + 1 === inputs.length ? 0 : at + 1;
      }
      if (sink === NEVER) throw new Error("No contender gives this.");
    },
  };
}

/** A contender whose every answer is awaited. */
export function asyncContender<Input>(
  name: string,
  inputs: readonly Input[],
  run: (input: Input) => Promise<unknown>,
): Contender {
  let at = 0;
  let sink: unknown;
  return {
    name,
    async batch(count) {
      for (let done = 0; done < count; done += 1) {
        sink = await run(inputs[at]!);
        at = at + 1 === inputs.length ? 0 : at + 1;
      }
      if (sink === NEVER) throw new Error("No contender gives this.");
    },
  };
}

const NEVER = Symbol("never");

/**
 * Times contenders against each other: calibrates and warms up each, then runs rounds in which all
 * take their turn, in reversed order every other round, so that a drift of the machine hits all.
 */
export async function measure(
  contenders: readonly Contender[],
  { rounds, sampleMs = SAMPLE_MS, clock = threadCpuNs }: MeasureOptions,
): Promise<readonly Timing[]> {
  const lanes = [];
  for (const { name, batch } of contenders) {
    const runs = await calibrate(batch, sampleMs * NS_PER_MS, clock);
    lanes.push({ name, batch, runs, samples: new Array<number>() });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) {
      const begun = clock();
      await lane.batch(lane.runs);
      lane.samples.push((clock() - begun) / lane.runs);
    }
  }
  return lanes.map(({ name, runs, samples }) => toTiming(name, runs, samples));
}

// The runs that calibration takes are the warm-up: at least three times the sample.
async function calibrate(
  batch: Contender["batch"],
  sampleNs: number,
  clock: () => number,
): Promise<number> {
  let runs = 1;
  for (;;) {
    const begun = clock();
    await batch(runs);
    const spent = clock() - begun;
    if (spent >= sampleNs / 2) {
      await batch(runs);
      return Math.max(1, Math.round((runs * sampleNs) / spent));
    }
    runs *= 2;
  }
}

function toTiming(name: string, runs: number, samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    name,
    medianNs: rounded(quantile(sorted, 0.5)),
    minNs: rounded(sorted.at(0) ?? Number.NaN),
    maxNs: rounded(sorted.at(-1) ?? Number.NaN),
    rounds: samples.length,
    runs,
  };
}

/** A quantile of ascending numbers, by the nearest rank. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Wall-clock percentiles of single runs. */
export interface Latency {
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly samples: number;
}

/** Times single runs by the wall clock, after a warm-up. */
export async function measureLatency<Input>(
  inputs: readonly Input[],
  run: (input: Input) => Promise<unknown>,
  samples = 20_000,
): Promise<Latency> {
  const times: number[] = [];
  for (let done = -samples / 10; done < samples; done += 1) {
    const input = inputs[Math.abs(done) % inputs.length]!;
    const begun = performance.now();
    await run(input);
    const spent = performance.now() - begun;
    if (done >= 0) times.push(spent * NS_PER_MS);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return {
    p50Ns: rounded(quantile(sorted, 0.5)),
    p99Ns: rounded(quantile(sorted, 0.99)),
    p999Ns: rounded(quantile(sorted, 0.999)),
    samples: times.length,
  };
}

/** The timing of a contender by its name. */
export function timingOf(timings: readonly Timing[], name: string): Timing {
  const found = timings.find((timing) => timing.name === name);
  if (found === undefined) throw new Error(`Nothing was measured as "${name}".`);
  return found;
}

/** How many times slower one contender is than another. */
export function ratio(timings: readonly Timing[], name: string, baseline: string): number {
  return timingOf(timings, name).medianNs / timingOf(timings, baseline).medianNs;
}

/** CPU time of this thread: other processes of a shared machine do not count. */
function threadCpuNs(): number {
  if (typeof process.threadCpuUsage !== "function") {
    throw new TypeError("The benches need process.threadCpuUsage, so Node 24 or newer.");
  }
  const { user, system } = process.threadCpuUsage();
  return (user + system) * NS_PER_US;
}

function rounded(ns: number): number {
  return Math.round(ns * 10) / 10;
}
