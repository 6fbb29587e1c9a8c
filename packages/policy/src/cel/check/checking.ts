import type { FactProvider } from "@portcullis/core";
import type { Span } from "../../source/source-text.ts";
import type { RootContext, ToolTypes } from "../../types/root-types.ts";
import type { Type } from "../../types/type.ts";
import type { Draft, Variable } from "../draft.ts";

/** A problem that is one only if every tool of the rule has it. */
interface SoftProblem {
  readonly draft: Draft;
  readonly message: string;
}

/** What was found out about a condition for one tool. */
export interface ToolFindings {
  readonly tool: ToolTypes;
  /** Type of each operand that was checked. */
  readonly types: Map<Draft, Type>;
  /** What is wrong whatever the other tools say. */
  readonly problems: { readonly span: Span; readonly message: string }[];
  /** What is wrong only if every tool agrees. */
  readonly soft: SoftProblem[];
}

/** What every family of constructs may use while it checks for one tool. */
export interface Checking extends ToolFindings {
  readonly context: RootContext;
  readonly providers: ReadonlyMap<string, FactProvider>;
  /** Element types of the enclosing quantifiers' variables. */
  readonly variables: Map<Variable, Type>;
  /** Checks an operand and notes its type. */
  check(draft: Draft): Type;
}

/** Notes a problem; the operand's type is then unknown, so that it causes no others. */
export function fail(checking: Checking, span: Span, message: string): void {
  checking.problems.push({ span: { start: span.start, end: span.end }, message });
}
