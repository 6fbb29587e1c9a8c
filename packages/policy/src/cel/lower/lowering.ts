import type { FactProvider } from "@portcullis/core";
import type { Draft, Variable } from "../draft.ts";
import type { CelNode } from "../parse-cel.ts";

/** What every family of constructs may use while it lowers. */
export interface Lowering {
  /** The condition as written, for messages. */
  readonly text: string;
  /** Fact providers by type. */
  readonly providers: ReadonlyMap<string, FactProvider>;
  /** Lowers an operand. */
  lower(node: CelNode, scope: Scope): Draft;
  /** As `lower`; a problem is noted, so that the operands beside it are looked at too. */
  lowerOrNote(node: CelNode, scope: Scope): Draft;
}

/** Where a node stands. */
export interface Scope {
  /** Variables of the enclosing quantifiers, innermost first. */
  readonly variables: readonly Variable[];
  /** Levels above the node. */
  readonly depth: number;
}

/** The scope of an operand. */
export function below(scope: Scope): Scope {
  return { ...scope, depth: scope.depth + 1 };
}

/** The condition's text of a node. */
export function sourceOf(node: CelNode, { text }: Lowering): string {
  const shown = text.slice(node.start, node.end);
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
}

/** A call, in either form: `name(args)` or `receiver.name(args)`. */
export interface Call {
  readonly node: CelNode;
  readonly name: string;
  readonly receiver?: CelNode;
  readonly args: readonly CelNode[];
}
