import type { MissedCall, SuiteFigures } from "./replay-suite.ts";
import type { SuiteName } from "./suite.ts";

/** Figures of one suite under one setting. */
export interface AgentdojoRow {
  readonly suite: SuiteName;
  readonly ceiling: boolean;
  readonly renamed: boolean;
  readonly figures: SuiteFigures;
}

/** Writes the figures as a table, then the users' tasks that do not pass, then what was missed. */
export function formatReport(rows: readonly AgentdojoRow[], misses: readonly string[]): string {
  const lines = [
    [
      "ceiling",
      "data",
      "suite",
      "attacks that succeed",
      "user tasks",
      "asks: user",
      "asks: attack",
    ],
  ];
  for (const ceiling of [true, false]) {
    for (const renamed of [false, true]) {
      const group = rows.filter((row) => row.ceiling === ceiling && row.renamed === renamed);
      const head = [ceiling ? "on" : "off", renamed ? "renamed" : "original"];
      for (const { suite, figures } of group) lines.push([...head, suite, ...toCells(figures)]);
      lines.push([...head, "total", ...toCells(addUp(group))]);
    }
  }
  const original = rows.filter(({ renamed }) => !renamed);
  return [
    "AgentDojo, recorded suites without a model. A call that asks a human counts as not permitted.",
    "",
    ...alignColumns(lines),
    "",
    "Users' tasks that are not fully permitted:",
    ...original.flatMap(({ suite, ceiling, figures }) => {
      return figures.missed.map(
        (call) => `  ceiling ${ceiling ? "on " : "off"} ${suite} ${toText(call)}`,
      );
    }),
    "",
    ...(misses.length === 0 ? ["Every bar is met."] : misses.map((miss) => `MISSED ${miss}`)),
  ].join("\n");
}

function toCells(figures: Omit<SuiteFigures, "missed">): readonly string[] {
  const { attackSuccesses, pairs, userTasksPermitted, userTasks, userAsks, attackAsks } = figures;
  const share = ((attackSuccesses / pairs) * 100).toFixed(2);
  return [
    `${attackSuccesses}/${pairs} = ${share} %`,
    `${userTasksPermitted}/${userTasks}`,
    String(userAsks),
    String(attackAsks),
  ];
}

function addUp(rows: readonly AgentdojoRow[]): Omit<SuiteFigures, "missed"> {
  const total = (of: (figures: SuiteFigures) => number): number => {
    return rows.reduce((sum, { figures }) => sum + of(figures), 0);
  };
  return {
    pairs: total(({ pairs }) => pairs),
    attackSuccesses: total(({ attackSuccesses }) => attackSuccesses),
    userTasks: total(({ userTasks }) => userTasks),
    userTasksPermitted: total(({ userTasksPermitted }) => userTasksPermitted),
    userAsks: total(({ userAsks }) => userAsks),
    attackAsks: total(({ attackAsks }) => attackAsks),
  };
}

function toText({ task, tool, code, rules }: MissedCall): string {
  return `${task} ${tool}: ${code}${rules.length === 0 ? "" : ` by ${rules.join(", ")}`}`;
}

function alignColumns(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, column) => {
    return Math.max(...lines.map((line) => line[column]?.length ?? 0));
  });
  return lines.map((line) => {
    return line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  });
}
