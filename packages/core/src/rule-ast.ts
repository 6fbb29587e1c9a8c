import type { Json, JsonObject } from "./json.ts";

/** Version of the rule AST that this core reads. */
export const AST_VERSION = 1;

/**
 * Static type of an expression. `int` is a whole number within ±(2^53−1), `double` any finite
 * number, `dyn` is checked when it is read, `sealed` is an argument of an earlier call: only its
 * keyed hash is there, so it can be compared for equality and nothing else.
 */
export type StaticType =
  | "bool"
  | "int"
  | "double"
  | "string"
  | "null"
  | "timestamp"
  | "duration"
  | "sealed"
  | "dyn"
  | { readonly list: StaticType }
  | { readonly map: StaticType };

/** A constant. `timestamp` and `duration` are milliseconds as a number. */
export interface LitNode {
  readonly op: "lit";
  readonly t: StaticType;
  readonly value: Json;
}

/**
 * A typed path: a root (`args tool principal resource session flow context now`) or the variable
 * of an enclosing quantifier, then own members and list indices.
 */
export interface VarNode {
  readonly op: "var";
  readonly t: StaticType;
  readonly name: string;
  readonly path: readonly (string | number)[];
}

/**
 * A field of a typed fact, extracted at most once per call.
 *
 * ```json
 * {"op":"fact","t":"string","type":"url@1","at":"/url","options":{"schemes":["https"]},"field":"host"}
 * ```
 */
export interface FactNode {
  readonly op: "fact";
  readonly t: StaticType;
  /** `type@version` of the provider. */
  readonly type: string;
  /** RFC 6901 pointer below `args`, or below the quantifier variable `from`. */
  readonly at: string;
  /** Quantifier variable that `at` starts from. */
  readonly from?: string;
  readonly field: string;
  readonly options?: JsonObject;
  /** True where the argument may be absent; then only `has` may read it then. */
  readonly optional?: boolean;
}

/** `==`, `!=` and the orderings. */
export interface CompareNode {
  readonly op: "eq" | "ne" | "lt" | "le" | "gt" | "ge";
  readonly t: "bool";
  readonly a: Node;
  readonly b: Node;
}

/** Membership in a list, or of a key in a map. */
export interface InNode {
  readonly op: "in";
  readonly t: "bool";
  readonly a: Node;
  readonly b: Node;
}

/** Strong Kleene conjunction or disjunction of two or more operands. */
export interface LogicNode {
  readonly op: "and" | "or";
  readonly t: "bool";
  readonly of: readonly Node[];
}

/** Negation. */
export interface NotNode {
  readonly op: "not";
  readonly t: "bool";
  readonly a: Node;
}

/** `c ? a : b`; the branch that is not taken is not evaluated. */
export interface CondNode {
  readonly op: "cond";
  readonly t: StaticType;
  readonly c: Node;
  readonly a: Node;
  readonly b: Node;
}

/** `has(a.b)`: whether the last member is there; an error if what holds it is not. */
export interface HasNode {
  readonly op: "has";
  readonly t: "bool";
  readonly a: VarNode | FactNode;
}

/** `a.?b.orValue(v)`. */
export interface OrValueNode {
  readonly op: "orValue";
  readonly t: StaticType;
  readonly a: VarNode;
  readonly b: LitNode;
}

/** `size(x)`: code points of a string, elements of a list, members of a map. */
export interface SizeNode {
  readonly op: "size";
  readonly t: "int";
  readonly a: Node;
}

/** String tests. */
export interface StringTestNode {
  readonly op: "startsWith" | "endsWith" | "contains";
  readonly t: "bool";
  readonly a: Node;
  readonly b: Node;
}

/** RE2-syntax search with a literal pattern; the subject is at most 64 KiB. */
export interface MatchesNode {
  readonly op: "matches";
  readonly t: "bool";
  readonly a: Node;
  readonly pattern: string;
}

/** Member predicates of typed facts; `a` is the fact's canonical text field. */
export interface FactTestNode {
  readonly op: "within" | "hostWithin" | "domainWithin" | "inCidr";
  readonly t: "bool";
  readonly a: FactNode;
  readonly b: LitNode;
}

/** `flow.userSaid(x)`: whether the value stands in the user's own words. */
export interface UserSaidNode {
  readonly op: "userSaid";
  readonly t: "bool";
  readonly a: VarNode;
}

/**
 * `anomaly(args.x)`: how many robust standard deviations the number lies from the median of the same
 * argument of the session's completed calls of this tool.
 */
export interface AnomalyNode {
  readonly op: "anomaly";
  readonly t: "double";
  /** Below `args`. */
  readonly a: VarNode;
}

/**
 * `flow.of(x)`: the labels that a value of the arguments carries, of a list or object those of all
 * its leaves.
 */
export interface LabelsOfNode {
  readonly op: "labelsOf";
  readonly t: { readonly list: "string" };
  readonly a: VarNode;
  /** What a value of unknown origin carries: all labels of the session. Default none. */
  readonly derived?: "inherit";
}

/** Arithmetic on numbers of one type; int results outside ±(2^53−1) are errors. */
export interface ArithmeticNode {
  readonly op: "add" | "sub" | "mul" | "div" | "mod";
  readonly t: StaticType;
  readonly a: Node;
  readonly b: Node;
}

/** Unary minus. */
export interface NegNode {
  readonly op: "neg";
  readonly t: StaticType;
  readonly a: Node;
}

/** Quantifiers over a list's elements or a map's keys, nested at most 2 deep. */
export interface QuantifierNode {
  readonly op: "all" | "exists" | "existsOne";
  readonly t: "bool";
  readonly over: Node;
  /** Variable name; never a root's. */
  readonly as: string;
  readonly body: Node;
}

/** Conversions; one that fails is an error. */
export interface ConvertNode {
  readonly op: "convert";
  readonly t: StaticType;
  readonly to: "int" | "double" | "string" | "bool" | "timestamp" | "duration";
  readonly a: Node;
}

/** A condition of the closed rule AST: JSON, typed, total, without code. */
export type Node =
  | LitNode
  | VarNode
  | FactNode
  | CompareNode
  | InNode
  | LogicNode
  | NotNode
  | CondNode
  | HasNode
  | OrValueNode
  | SizeNode
  | StringTestNode
  | MatchesNode
  | FactTestNode
  | UserSaidNode
  | AnomalyNode
  | LabelsOfNode
  | ArithmeticNode
  | NegNode
  | QuantifierNode
  | ConvertNode;

/** Roots that a condition may read. */
export const ROOTS = [
  "args",
  "tool",
  "principal",
  "resource",
  "session",
  "flow",
  "context",
  "now",
] as const;

/** Caps on one condition, checked at build and again at load. */
export const CONDITION_LIMITS = {
  sourceBytes: 8192,
  nodes: 2000,
  depth: 64,
  listLiterals: 4096,
  quantifierDepth: 2,
  patternLength: 256,
} as const;
