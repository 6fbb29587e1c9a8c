import type { FactProvider, Node } from "@portcullis/core";
import type { IssueList } from "../source/issue-list.ts";
import type { LocatedScalar } from "../source/located.ts";
import { placeWithin } from "../source/scalar-offsets.ts";
import type { Span } from "../source/source-text.ts";
import { quoted } from "../text/suggest.ts";
import type { RootContext, ToolTypes } from "../types/root-types.ts";
import { checkCondition } from "./check/check-condition.ts";
import type { Expected } from "./check/check-condition.ts";
import type { ToolFindings } from "./check/checking.ts";
import { ConditionError } from "./condition-error.ts";
import type { Draft } from "./draft.ts";
import { emitCondition } from "./emit.ts";
import { lowerCondition } from "./lower/lower-condition.ts";

/** What a condition is compiled against. */
export interface ConditionContext {
  /** Every tool that the condition is evaluated for. */
  readonly tools: readonly ToolTypes[];
  readonly roots: RootContext;
  readonly providers: ReadonlyMap<string, FactProvider>;
  readonly issues: IssueList;
  /** Path of the condition within its file, for issues. */
  readonly path: readonly PropertyKey[];
  /** What the whole must be; default `bool`. */
  readonly expected?: Expected;
}

/** Compiles CEL text to the rule AST; `undefined` where it cannot be, with every problem reported. */
export function compileCondition(
  scalar: LocatedScalar,
  context: ConditionContext,
): Node | undefined {
  const { issues, path, providers } = context;
  const report = (span: Span, message: string): void => {
    issues.add(placeWithin(scalar, span.start, span.end), path, message);
  };
  try {
    const { draft, problems } = lowerCondition(String(scalar.value), providers);
    for (const problem of problems) report(problem.span, problem.message);
    // Where the whole is the problem, there is nothing left to check.
    if (problems.length > 0 && draft.op === "lit") return undefined;
    const findings = context.tools.map((tool) =>
      checkCondition(draft, context.expected ?? "bool", {
        tool,
        context: context.roots,
        providers,
      }),
    );
    if (reportFindings(findings, report) || problems.length > 0) return undefined;
    return emitCondition(draft, { findings, providers });
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    report(error.span, error.message);
    return undefined;
  }
}

/** Reports what is wrong for any tool once, and what is wrong for all of them. */
function reportFindings(
  findings: readonly ToolFindings[],
  report: (span: Span, message: string) => void,
): boolean {
  const bySpan = new Map<
    string,
    { readonly span: Span; readonly message: string; readonly tools: string[] }
  >();
  for (const { tool, problems } of findings) {
    for (const { span, message } of problems) {
      const key = `${span.start}:${span.end}`;
      const known = bySpan.get(key);
      if (known === undefined) bySpan.set(key, { span, message, tools: [tool.name] });
      else if (!known.tools.includes(tool.name)) known.tools.push(tool.name);
    }
  }
  for (const { span, message, tools } of bySpan.values()) {
    const partial =
      tools.length < findings.length && !tools.some((name) => message.includes(quoted(name)));
    report(span, partial ? `${message} (So for the tool ${quoted(tools[0] ?? "")}.)` : message);
  }
  const soft = softProblems(findings);
  for (const [draft, message] of soft) report(draft.span, message);
  return bySpan.size > 0 || soft.size > 0;
}

/** Problems that every tool which reached the operand has. */
function softProblems(findings: readonly ToolFindings[]): ReadonlyMap<Draft, string> {
  const messages = new Map<Draft, string>();
  for (const { soft } of findings) {
    for (const { draft, message } of soft) {
      const agreed = findings.every(
        (other) => !other.types.has(draft) || other.soft.some((problem) => problem.draft === draft),
      );
      if (agreed) messages.set(draft, message);
    }
  }
  return messages;
}
