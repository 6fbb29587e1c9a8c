import { styleText } from "node:util";
import type { ClauseTree } from "./clause-tree.ts";
import type { ExplainedRule, Explanation } from "./explanation.ts";
import { toPrintable } from "./printable.ts";

/** How {@link formatExplanation} writes. */
export interface FormatExplanationOptions {
  /** Uses colours. */
  readonly isColoured: boolean;
}

/** Writes an explanation for people: outcome, every rule with its clauses, risk, obligations. */
export function formatExplanation(
  explanation: Explanation,
  { isColoured }: FormatExplanationOptions,
): string {
  const { outcome, code, message, rules, risk, obligations } = explanation;
  const colour = { permit: "green", deny: "red", "approval-required": "yellow" } as const;
  const text = outcome.toUpperCase();
  const shown = isColoured ? styleText(colour[outcome], text, { validateStream: false }) : text;
  const why = code === null || code === outcome ? "" : ` ${code}`;
  const many = new Set(rules.map(({ hop }) => hop)).size > 1;
  const lines = [
    ...(message === null ? [] : [`  ${message}`]),
    "",
    ...(rules.length === 0 ? ["No rule was asked."] : []),
    ...rules.flatMap((rule) => describeRule(rule, many)),
    "",
    `risk  ${risk.score}`,
    ...risk.factors.map(({ factor, points }) => `  ${String(points).padStart(3)}  ${factor}`),
    ...(obligations.length === 0 ? [] : ["", "must"]),
    ...obligations.map(({ type, ...terms }) => `  ${type}  ${JSON.stringify(terms)}`),
  ];
  return `${shown}${why}\n${lines.map(toPrintable).join("\n")}\n`;
}

function describeRule(rule: ExplainedRule, withActor: boolean): readonly string[] {
  const { id, effect, source, applies, why, actor, condition } = rule;
  const place = source === undefined ? "" : `  ${source}`;
  const whose = withActor ? `  for ${actor}` : "";
  return [
    `${applies ? "applies" : "not    "}  ${effect.padEnd(7)}  ${id}${place}${whose}`,
    `         ${why}`,
    ...(condition === undefined ? [] : describeClause(condition, "           ")),
  ];
}

/** Writes a clause with what it read, and below it the clauses that it is made of. */
export function describeClause(clause: ClauseTree, indent: string): readonly string[] {
  const { text, result, reads, clauses } = clause;
  return [
    `${indent}${result.padEnd(5)}  ${text}`,
    ...reads
      .filter((read) => read.text !== text)
      .map((read) => {
        const value = read.value === undefined ? "error" : JSON.stringify(read.value);
        return `${indent}         ${read.text} = ${value}`;
      }),
    ...clauses.flatMap((nested) => describeClause(nested, `${indent}  `)),
  ];
}
