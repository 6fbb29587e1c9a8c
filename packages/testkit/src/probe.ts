/** One time that a tool's body ran. */
export interface ProbeRun {
  /** Plain name of the tool in the vector. */
  readonly tool: string;
  /** What the body received. */
  readonly args: unknown;
}

/** Sees what really happened, whatever a framework reports. */
export interface Probe {
  /** Every run of a tool's body, in order. */
  readonly runs: readonly ProbeRun[];
  /** Tools whose abort signal fired while they ran, in order. */
  readonly aborted: readonly string[];
  /** Marks of what was touched although nothing may touch it, such as getters of arguments. */
  readonly touched: readonly string[];
  /** Notes a run; every tool's body calls it first. */
  ran(tool: string, args: unknown): void;
  /** Notes that the abort signal reached a running tool. */
  sawAbort(tool: string): void;
  /** Notes a touch. */
  touch(what: string): void;
  /** How often the tool's body ran. */
  count(tool: string): number;
}

/**
 * Creates an empty probe.
 *
 * @example
 * ```ts
 * const probe = createProbe();
 * probe.ran("delete_all", {});
 * probe.count("delete_all"); // 1
 * ```
 */
export function createProbe(): Probe {
  const runs: ProbeRun[] = [];
  const aborted: string[] = [];
  const touched: string[] = [];
  return {
    runs,
    aborted,
    touched,
    ran(tool, args) {
      runs.push({ tool, args });
    },
    sawAbort(tool) {
      aborted.push(tool);
    },
    touch(what) {
      touched.push(what);
    },
    count: (tool) => runs.filter((run) => run.tool === tool).length,
  };
}
