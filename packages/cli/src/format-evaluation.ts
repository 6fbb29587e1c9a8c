import { styleText } from "node:util";
import type { Rule, RuleTrace } from "@portcullis/core";
import { formatIssues } from "@portcullis/policy";
import type { Evaluation } from "./evaluate-once.ts";
import { formatClauses, listClauses } from "./format-clauses.ts";
import { toPrintable } from "./printable.ts";

/** How {@link formatEvaluation} writes. */
export interface FormatEvaluationOptions {
  /** Uses colours. */
  readonly isColoured: boolean;
}

/**
 * Writes one decision for people: outcome, rule and place; the line of the rule with a caret; the
 * clauses and what each came to; then why, what else could be tried, and the risk.
 *
 * Where no rule permits, every permit about the tool is shown with the reason why it does not
 * apply. Argument values are not shown.
 */
export function formatEvaluation(
  evaluation: Evaluation,
  { isColoured }: FormatEvaluationOptions,
): string {
  const shown = findShownRule(evaluation);
  const name = shown?.id ?? evaluation.answer.code ?? "";
  const place = shown?.at === undefined ? "" : ` ${shown.at}`;
  const outcome = toColoured(evaluation.answer.outcome, isColoured);
  const rest = [
    ...(shown === undefined ? [] : describeRule(evaluation, shown)),
    ...describeMissingPermit(evaluation),
    ...describeReason(evaluation),
    ...describeTerms(evaluation),
  ];
  return [`${outcome} ${toPrintable(name + place)}`, ...rest, ""].join("\n");
}

/** The rule that decided: the forbid, the require behind an approval, or a permit. */
function findShownRule({ decision, document, traces }: Evaluation): Rule | undefined {
  const ruleOf = (id: string | undefined): Rule | undefined =>
    document.rules.find((rule) => rule.id === id);
  if (decision.outcome === "deny") return ruleOf(decision.denial.rule?.id);
  const applying = traces.filter(({ applies, shadow }) => applies && !shadow);
  const wanted = decision.outcome === "permit" ? "permit" : "require";
  return applying
    .filter(({ effect }) => effect === wanted)
    .map(({ id }) => ruleOf(id))
    .find((rule) => wanted === "permit" || demandsApproval(rule));
}

function demandsApproval(rule: Rule | undefined): boolean {
  return rule?.obligations?.some(({ type }) => type === "approval") === true;
}

function describeRule({ textOf, traces }: Evaluation, rule: Rule): readonly string[] {
  const trace = traces.find(({ id }) => id === rule.id);
  return [...excerptOf(rule, textOf), ...describeCondition(rule, trace, "  ")];
}

function describeCondition(
  { when }: Rule,
  trace: RuleTrace | undefined,
  indent: string,
): readonly string[] {
  if (when === undefined || trace?.condition === undefined) return [];
  return formatClauses(listClauses(when, trace.condition), indent).map(toPrintable);
}

/** The line of the rule and a caret, as problems of a policy are shown. */
function excerptOf({ at }: Rule, textOf: Evaluation["textOf"]): readonly string[] {
  const place = /^(.+):(\d+):(\d+)$/.exec(at ?? "");
  if (place === null) return [];
  const [, file, line, column] = place;
  const issue = { path: "", message: "", line: Number(line), column: Number(column) };
  const block = formatIssues([{ ...issue, file: file ?? "" }], { textOf });
  return block.split("\n").slice(1).map(toPrintable);
}

function describeMissingPermit(evaluation: Evaluation): readonly string[] {
  const { decision, document, traces } = evaluation;
  if (decision.outcome !== "deny" || decision.denial.code !== "no-applicable-rule") return [];
  const permits = traces.filter(({ effect }) => effect === "permit");
  if (permits.length === 0) return ["  No permit is about this tool."];
  return permits.flatMap((trace) => {
    const rule = document.rules.find(({ id }) => id === trace.id);
    const head = `  ${trace.id}${trace.source === undefined ? "" : ` ${trace.source}`}`;
    const clauses = rule === undefined ? [] : describeCondition(rule, trace, "    ");
    return [toPrintable(`${head}  ${whyNot(trace)}`), ...clauses];
  });
}

function whyNot({ shadow, isAboutAgent, isAboutUser, result }: RuleTrace): string {
  if (shadow) return "is in shadow mode and grants nothing";
  if (!isAboutAgent) return "is not about this agent";
  if (!isAboutUser) return "is not about this user";
  return result === "error" ? "has a condition that erred" : "has a condition that does not hold";
}

function describeReason({ decision }: Evaluation): readonly string[] {
  if (decision.outcome === "permit") return [];
  const { code, message, hint, issues = [] } = decision.denial;
  return [
    `  code  ${code}`,
    toPrintable(`  why   ${message}`),
    ...issues.map((issue) => toPrintable(`        ${issue.path}  ${issue.message}`)),
    ...(hint === undefined ? [] : [toPrintable(`  hint  ${hint}`)]),
    `  more  docs/denials.md of @portcullis/core`,
  ];
}

function describeTerms({ answer, decision }: Evaluation): readonly string[] {
  const factors = decision.risk.factors.map(({ factor, points }) => `${factor} ${points}`);
  const why = factors.length === 0 ? "" : ` (${factors.join(", ")})`;
  return [
    toPrintable(`  risk  ${answer.risk}${why}`),
    ...(answer.obligations.length === 0 ? [] : [`  must  ${answer.obligations.join(", ")}`]),
  ];
}

function toColoured(outcome: Evaluation["answer"]["outcome"], isColoured: boolean): string {
  const text = outcome.toUpperCase();
  if (!isColoured) return text;
  const colour = { permit: "green", deny: "red", "approval-required": "yellow" } as const;
  return styleText(colour[outcome], text, { validateStream: false });
}
