/** How an earlier call ended. */
export type CallOutcome = "running" | "completed" | "failed" | "denied" | "approval-required";

/** One call in a session's history. */
export interface CallEntry {
  /** Unique within the session; made by the guard. */
  readonly ref: string;
  readonly tool: string;
  readonly outcome: CallOutcome;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /**
   * Of a completed call, the numbers among its arguments that conditions take as samples, by RFC
   * 6901 pointer; absent where there are none.
   */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** Reported token use, summed. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What a session held before the call. */
export interface SessionSnapshot {
  /** The last 256 calls, oldest first. */
  readonly calls: readonly CallEntry[];
  /** True once older calls were dropped. */
  readonly truncated: boolean;
  /** Calls ever begun in this session. */
  readonly turn: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Labels that results put on the session. */
  readonly labels: readonly string[];
  /** Sum of reported use; absent when none was reported. */
  readonly usage?: Usage;
  /**
   * Use of the last model request that was reported, which proposed the calls since; absent when
   * none was reported, or the last one without its use.
   */
  readonly lastUsage?: Usage;
}

/**
 * The ledger of sessions. A throw or a time-out denies with `session-unavailable`; a label write
 * that fails withholds the result. Evicted sessions come back as unknown ones.
 */
export interface SessionStore {
  /**
   * Gives the snapshot and, with `entry`, appends it as running in the same atomic step. A session
   * that is unknown and not `isNew` starts with `unknownLabels`.
   */
  open(request: {
    readonly key: string;
    readonly isNew: boolean;
    readonly unknownLabels: readonly string[];
    readonly entry?: CallEntry;
  }): Promise<SessionSnapshot>;
  /** Records how the call ended, with the numbers that its entry is to keep. */
  close(
    key: string,
    ref: string,
    outcome: CallOutcome,
    numbers?: Readonly<Record<string, number>>,
  ): Promise<void>;
  /** Adds labels durably; none is ever removed. */
  addLabels(key: string, labels: readonly string[]): Promise<void>;
  /** Adds the reported token use of a model request; `undefined` when its use is not known. */
  addUsage(key: string, usage: Usage | undefined): Promise<void>;
}
