/** How an earlier call ended. */
export type CallOutcome = "running" | "completed" | "failed" | "denied" | "approval-required";

/** Of the arguments of a call, what conditions compare later; nobody can read it back. */
export interface KeptArguments {
  /** Names the secret behind the hashes; those of another one tell nothing. */
  readonly keyId: string;
  /**
   * HMACs of canonical values by RFC 6901 pointer. `{` stands before that of an object, and alone
   * for one of which only members are read; `-` where there is nothing, `.` for another value.
   */
  readonly byPointer: Readonly<Record<string, string>>;
}

/** What a session keeps of a call's arguments. */
export interface CallArguments {
  /** Absent where conditions compare none. */
  readonly args?: KeptArguments;
  /**
   * Of a completed call, the numbers among its arguments that conditions take as samples, by RFC
   * 6901 pointer; absent where there are none.
   */
  readonly numbers?: Readonly<Record<string, number>>;
}

/** One call in a session's history. */
export interface CallEntry extends CallArguments {
  /** Unique within the session; made by the guard. */
  readonly ref: string;
  readonly tool: string;
  readonly outcome: CallOutcome;
  /** Milliseconds since the epoch. */
  readonly at: number;
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

/** How a session that the store does not know begins. */
export interface SessionStart {
  /** The host's word that the session is new. */
  readonly isNew: boolean;
  /** Labels that an unknown session which is not new starts with. */
  readonly unknownLabels: readonly string[];
}

/** What is kept of the values of one result, so that they are recognised in later arguments. */
export interface ValueMarks {
  /** HMACs of whole values, tokens and numbers. */
  readonly exact: readonly string[];
  /** Keyed hashes of every 8 letters and digits: whole numbers from 1 to 2^52. */
  readonly shingles: Float64Array;
}

/** The values of one result with the labels that they carry from now on. */
export interface LabelledValues extends ValueMarks {
  /** May be empty: then it is only known that some result held the values. */
  readonly labels: readonly string[];
  /** Names the secret behind the hashes; those of another one never match. */
  readonly keyId: string;
  /** Values in the result; they count against the bound of the session. */
  readonly leaves: number;
}

/** The labels of what was asked for. */
export interface FoundLabels {
  /**
   * What every value of the session may carry: labels that were added without values, were there
   * before the session was known, or did not fit; all of them when another `keyId` was used.
   */
  readonly everywhere: readonly string[];
  /** Labels of each HMAC asked for, in that order; `undefined` for one that nobody added. */
  readonly exact: readonly (readonly string[] | undefined)[];
  /** Labels of each shingle asked for, in that order; `undefined` for one that nobody added. */
  readonly shingles: readonly (readonly string[] | undefined)[];
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
  open(
    request: SessionStart & { readonly key: string; readonly entry?: CallEntry },
  ): Promise<SessionSnapshot>;
  /** Records how the call ended, with what its entry is to keep; `args` replace those of `open`. */
  close(key: string, ref: string, outcome: CallOutcome, kept?: CallArguments): Promise<void>;
  /** Adds labels durably; none is ever removed. Every value of the session may carry them. */
  addLabels(key: string, labels: readonly string[]): Promise<void>;
  /**
   * Adds labels together with the values that carry them, durably and in one atomic step. Keeps at
   * least 50 000 leaves and 4 MiB of hashes a session; what does not fit makes all labels of the
   * session, also those of later results, such as every value may carry.
   */
  addValues(key: string, values: LabelledValues): Promise<void>;
  /** Looks up the labels of values; changes nothing. */
  findLabels(
    key: string,
    query: ValueMarks &
      Pick<LabelledValues, "keyId"> &
      Pick<SessionStart, "isNew" | "unknownLabels">,
  ): Promise<FoundLabels>;
  /** Adds the reported token use of a model request; `undefined` when its use is not known. */
  addUsage(key: string, usage: Usage | undefined): Promise<void>;
}
