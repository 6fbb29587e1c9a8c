import type { Json, JsonObject } from "./json.ts";
import type { Node, VarNode } from "./rule-ast.ts";
import type { ToolOrigin } from "./tool-call.ts";

/** What a tool does at worst. */
export type ToolClass = "read" | "write" | "delete" | "execute" | "send" | "pay" | "delegate";

/** How sensitive what it touches is. */
export type Sensitivity = "public" | "internal" | "confidential" | "restricted";

/** `enforce` acts on the verdict; `shadow` only records it. */
export type Mode = "enforce" | "shadow";

/** A fact that a tool declares once by name. */
export interface FactDeclaration {
  /** `type@version` of the provider. */
  readonly type: string;
  /** RFC 6901 pointer into the arguments; one segment may be `*`. */
  readonly at: string;
  readonly options?: JsonObject;
  readonly optional?: boolean;
}

/** One entry of the catalogue: a tool that is not in it is denied. */
export interface ToolEntry {
  readonly class: ToolClass;
  readonly sensitivity: Sensitivity;
  readonly reversible: boolean;
  readonly origin: ToolOrigin;
  /** JSON Schema 2020-12 of the arguments; an object schema is closed unless it says otherwise. */
  readonly input: Json;
  readonly resource?: { readonly type: string; readonly id: VarNode };
  readonly result: {
    /** Labels that a result of this tool puts on the session. */
    readonly labels: readonly string[];
    /** Largest result in UTF-8 bytes of its JSON; default 1 MiB. */
    readonly maxBytes?: number;
  };
  /** `sha256:<base64url>` of the whole definition; then a call must present it. */
  readonly pin?: string;
  readonly facts?: Readonly<Record<string, FactDeclaration>>;
  readonly flow?: {
    /** Pointers of arguments whose values carry no labels; a segment may be `*`. */
    readonly exempt?: readonly string[];
    /** By pointer of an argument, the results (`tool#/pointer`) from which it may come. */
    readonly from?: Readonly<Record<string, readonly string[]>>;
  };
  /**
   * Arguments in which a placeholder of a redacted result is put back, for the run alone, by RFC 6901
   * pointer; one segment may be `*`. The value is in memory, never in a record or before a model.
   */
  readonly restore?: readonly string[];
  /** Upper bound of the effects that a dry run may show. */
  readonly effects?: JsonObject;
}

/** Who may answer an approval. */
export interface Approvers {
  readonly roles: readonly string[];
  /** How many distinct people; default 1. */
  readonly count: number;
}

/** Parameters of an approval; absent members come from the policy's `approval` defaults. */
export interface ApprovalTerms {
  readonly queue: string;
  readonly priority: "low" | "normal" | "high" | "critical";
  readonly expiresSeconds: number;
  /** Every demand must be met; distinct people. */
  readonly approvers: readonly Approvers[];
  readonly scope: "once";
  /** Names of top-level arguments that an approver may edit. */
  readonly editable: readonly string[];
}

/** What a require rule adds to a permit. */
export type Obligation =
  | {
      readonly type: "clamp";
      /** RFC 6901 pointer to a number of the arguments. */
      readonly path: string;
      readonly min?: number;
      readonly max?: number;
      readonly oneOf?: readonly number[];
    }
  | {
      readonly type: "redact";
      readonly target: "args" | "result";
      /** Kinds of finding, such as `secret` or `pii`. */
      readonly kinds: readonly string[];
    }
  | ({ readonly type: "approval" } & ApprovalTerms)
  | { readonly type: "dryRun"; readonly demand: JsonObject }
  | {
      readonly type: "notify";
      readonly channel: string;
      readonly priority: "low" | "normal" | "high" | "critical";
      readonly required: boolean;
    };

/** One rule of the policy, in the form that is signed and evaluated. */
export interface Rule {
  readonly id: string;
  readonly effect: "permit" | "forbid" | "require";
  /** Agent ids, or `role:<name>`; absent = every agent. */
  readonly agents?: readonly string[];
  /** User ids, or `role:<name>`; absent = every or no user. */
  readonly users?: readonly string[];
  /** Exact tool names; absent = all tools (forbid and require only). */
  readonly tools?: readonly string[];
  /** Absent = always. */
  readonly when?: Node;
  /** Present exactly on a require rule. */
  readonly obligations?: readonly Obligation[];
  /** Fixed text for the model. */
  readonly message?: string;
  /** Fixed hint for the model. */
  readonly hint?: string;
  /** Default the policy's mode. */
  readonly mode?: Mode;
  /** `file:line:column`; not part of the policy digest. */
  readonly at?: string;
  /** Condition as written; not part of the policy digest. */
  readonly text?: string;
}

/** Scope of a limit's counter, in this order within its key. */
export type LimitScope = "agent" | "user" | "session" | "tool" | "tenant";

/** A rate: `count` in each `windowSeconds`, by GCRA. */
export interface Rate {
  readonly count: number;
  readonly windowSeconds: number;
  /** Calls that may come at once; default `count`. */
  readonly burst?: number;
}

/** A sliding budget. */
export interface Budget {
  /** `tokens` counts what was reported to the guard; any other unit what calls cost. */
  readonly unit: string;
  readonly amount: number;
  /** Of tokens also 0: the model request that proposed the call. */
  readonly windowSeconds: number;
  /** A number below the arguments, or a constant; default 1. Never of tokens. */
  readonly cost?: Node;
  /** From this share of the amount on, the approval is required. */
  readonly soft?: { readonly at: number };
}

/** One limit; several parts may stand side by side and all must hold. */
export interface Limit {
  readonly id: string;
  /** Exact tool names; absent = all. */
  readonly tools?: readonly string[];
  readonly per: readonly LimitScope[];
  readonly rates?: readonly Rate[];
  readonly budget?: Budget;
  /** Most calls that run at the same time. */
  readonly concurrent?: number;
  readonly at?: string;
}

/** An addition to the risk score. */
export interface RiskFactor {
  readonly when: Node;
  readonly points: number;
  readonly factor: string;
  readonly at?: string;
  readonly text?: string;
}

/** A level from which an approval is required. */
export interface RiskLevel extends ApprovalTerms {
  readonly from: number;
}

/** How the risk score is made and what it does; scores are whole numbers from 0 to 100. */
export interface Risk {
  readonly base: Readonly<Record<ToolClass, number>>;
  readonly add: readonly RiskFactor[];
  /** Ascending by `from`. */
  readonly approval: readonly RiskLevel[];
  readonly deny?: {
    readonly from: number;
    readonly notify?: { readonly channel: string };
  };
}

/**
 * A policy as core evaluates it: plain JSON, without YAML, CEL or code.
 *
 * `@portcullis/policy` makes it from YAML; `parsePolicy` believes nothing of it.
 */
export interface PolicyDocument {
  readonly ast: 1;
  readonly name: string;
  /** Increasing number of a bundle; 0 for an unsigned policy. */
  readonly serial: number;
  /** `token` refuses a host's own word. */
  readonly identity: "token" | "host";
  readonly mode: Mode;
  readonly roles: Readonly<
    Record<string, { readonly users?: readonly string[]; readonly agents?: readonly string[] }>
  >;
  readonly tools: Readonly<Record<string, ToolEntry>>;
  readonly rules: readonly Rule[];
  readonly limits: readonly Limit[];
  readonly risk: Risk;
  readonly approval: ApprovalTerms;
  readonly audit: { readonly level: "basic" | "enhanced" | "strict"; readonly sink?: string };
  /** JSON Schema of the host's facts; absent = unchecked. */
  readonly context?: Json;
}
