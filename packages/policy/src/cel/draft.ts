import type { Json, JsonObject } from "@portcullis/core";
import type { Span } from "../source/source-text.ts";
import type { Type } from "../types/type.ts";

/** The variable of a quantifier; its identity is the object. */
export interface Variable {
  readonly name: string;
  /** True where it ranges over arguments, so that typed functions and `userSaid` may take it. */
  readonly ofArgs: boolean;
}

/** One step of a path, with its place in the condition. */
export interface Segment extends Span {
  readonly key: string | number;
}

interface Base {
  readonly span: Span;
}

/** A constant. */
export interface LiteralDraft extends Base {
  readonly op: "lit";
  readonly type: Type;
  readonly value: Json;
}

/** A root or variable and the members read from it. */
export interface PathDraft extends Base {
  readonly op: "path";
  readonly root: string | Variable;
  readonly segments: readonly Segment[];
}

/** A field of an inline typed function, such as `url(args.url).host`. */
export interface FactDraft extends Base {
  readonly op: "fact";
  /** Provider's `type`. */
  readonly type: string;
  readonly version: number;
  readonly of: PathDraft;
  readonly field: string;
  readonly fieldType: Type;
  readonly options?: JsonObject;
}

/** A field of a fact that the tools declare, such as `facts.dest.host`; no field below `has()`. */
export interface DeclaredFactDraft extends Base {
  readonly op: "declared-fact";
  readonly name: string;
  readonly field?: string;
}

/** A predicate of a fact. */
export interface FactTestDraft extends Base {
  readonly op: "fact-test";
  readonly test: "within" | "hostWithin" | "domainWithin" | "inCidr";
  /** The inline fact, or the name of a declared one. */
  readonly of: FactDraft | DeclaredFactDraft;
  readonly operand: LiteralDraft;
}

/** A comparison. */
export interface CompareDraft extends Base {
  readonly op: "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "in";
  readonly a: Draft;
  readonly b: Draft;
}

/** A conjunction or disjunction. */
export interface LogicDraft extends Base {
  readonly op: "and" | "or";
  readonly of: readonly Draft[];
}

/** A negation or a change of sign. */
export interface UnaryDraft extends Base {
  readonly op: "not" | "neg" | "size" | "userSaid" | "anomaly";
  readonly a: Draft;
}

/** `flow.of(x)`. */
interface LabelsOfDraft extends Base {
  readonly op: "labelsOf";
  readonly a: PathDraft;
  /** True where a value of unknown origin carries all labels of the session. */
  readonly inherits: boolean;
}

/** A choice. */
export interface CondDraft extends Base {
  readonly op: "cond";
  readonly c: Draft;
  readonly a: Draft;
  readonly b: Draft;
}

/** `has(a.b)`. */
export interface HasDraft extends Base {
  readonly op: "has";
  readonly a: PathDraft | DeclaredFactDraft;
}

/** `a.?b.orValue(v)`. */
export interface OrValueDraft extends Base {
  readonly op: "orValue";
  readonly a: PathDraft;
  readonly b: LiteralDraft;
}

/** A test of a string against a string. */
export interface StringTestDraft extends Base {
  readonly op: "startsWith" | "endsWith" | "contains";
  readonly a: Draft;
  readonly b: Draft;
}

/** A search with a pattern. */
export interface MatchesDraft extends Base {
  readonly op: "matches";
  readonly a: Draft;
  readonly pattern: string;
}

/** Arithmetic. */
export interface ArithmeticDraft extends Base {
  readonly op: "add" | "sub" | "mul" | "div" | "mod";
  readonly a: Draft;
  readonly b: Draft;
}

/** A quantifier. */
export interface QuantifierDraft extends Base {
  readonly op: "all" | "exists" | "existsOne";
  readonly over: Draft;
  readonly variable: Variable;
  readonly body: Draft;
}

/** What a value can be converted to. */
export type ConversionTarget = "int" | "double" | "string" | "bool" | "timestamp" | "duration";

/** A conversion. */
export interface ConvertDraft extends Base {
  readonly op: "convert";
  readonly to: ConversionTarget;
  readonly a: Draft;
}

/** A condition in the closed form, before its types are known; one for all tools of a rule. */
export type Draft =
  | LiteralDraft
  | PathDraft
  | FactDraft
  | DeclaredFactDraft
  | FactTestDraft
  | CompareDraft
  | LogicDraft
  | UnaryDraft
  | LabelsOfDraft
  | CondDraft
  | HasDraft
  | OrValueDraft
  | StringTestDraft
  | MatchesDraft
  | ArithmeticDraft
  | QuantifierDraft
  | ConvertDraft;

/** Writes a path as an author would. */
export function describePath({ root, segments }: PathDraft): string {
  const head = typeof root === "string" ? root : root.name;
  return segments.reduce<string>((text, { key }) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `${text}.${key}` : `${text}["${key}"]`;
  }, head);
}
