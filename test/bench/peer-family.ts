import type { PlainRequest, PlainRule } from "./decision-load.ts";

/** What a peer answered, read off its own result. */
interface PeerAnswer {
  readonly permit: boolean;
  /** Ids of the rules that it names. */
  readonly rules: readonly string[];
}

/** How much of the policy a peer looks at before it answers. */
type Collects = "all" | "all, names one" | "first";

/** A peer with its rules loaded, as the modules in `peers/` make it. */
export interface Peer<Input = unknown, Result = unknown> {
  readonly name: string;
  /** npm name of the package that decides. */
  readonly package: string;
  readonly collects: Collects;
  /** How it is used, and in what it is weaker than the others. */
  readonly note?: string;
  readonly isAsync?: boolean;
  /** Brings a request into the peer's own form; not timed. */
  prepare(request: PlainRequest): Input;
  /** Decides; this is what is timed. */
  decide(input: Input): Result | Promise<Result>;
  /** Reads the result; not timed. */
  answer(result: Result): PeerAnswer;
}

/** A module of `peers/`. */
export interface PeerModule {
  readonly create: (rules: readonly PlainRule[]) => readonly Peer[] | Promise<readonly Peer[]>;
}

/** The modules of `peers/`, each measured in a process of its own. */
export const FAMILIES = [
  "casl",
  "cel-marcbachmann",
  "cel-bufbuild",
  "cedar",
  "opa",
  "casbin",
  "json-rules-engine",
  "agent-governance",
] as const;

/** Name of one of {@link FAMILIES}. */
type FamilyName = (typeof FAMILIES)[number];

/** What the process of one family is asked. */
export interface FamilyTask {
  readonly family: FamilyName;
  readonly sizes: readonly number[];
  readonly rounds: number;
}

/** One figure: a peer, or ours in the same process. */
export interface PeerRow {
  readonly family: FamilyName;
  readonly contender: string;
  readonly rules: number;
  readonly case: "hit" | "miss";
  readonly collects: Collects;
  readonly note?: string;
  /** npm name and version; absent for ours. */
  readonly package?: string;
  readonly medianNs: number;
  readonly minNs: number;
  readonly maxNs: number;
}

/** What the process of one family answers. */
export type FamilyAnswer = { readonly rows: readonly PeerRow[] } | { readonly notRun: string };

/** Name of our own evaluator among the contenders. */
export const OURS = "portcullis";
