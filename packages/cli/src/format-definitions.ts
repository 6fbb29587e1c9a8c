import { styleText } from "node:util";
import type { DefinitionFinding, Json } from "@portcullis/core";
import type { ComparedTool, DefinitionChange } from "@portcullis/inspect";
import type { Finding } from "./finding.ts";
import { toPrintable } from "./printable.ts";
import type { ReadDefinition } from "./read-definitions.ts";

/** A definition and what is to be said about it. */
export interface ScannedTool {
  readonly tool: ReadDefinition;
  readonly compared: ComparedTool;
}

/** How reports about definitions are written. */
export interface FormatDefinitionsOptions {
  readonly isColoured: boolean;
}

const MOST_VALUE = 400;
const COLOURS = {
  clean: "green",
  suspicious: "yellow",
  poisoned: "red",
  changed: "red",
  unknown: "red",
} as const;

/** Writes verdicts for people: each tool that is not clean with findings and differences. */
export function formatDefinitions(
  scanned: readonly ScannedTool[],
  options: FormatDefinitionsOptions,
): string {
  const shown = scanned.filter(({ compared }) => compared.verdict !== "clean");
  const blocks = shown.map((each) => formatTool(each, options));
  return `${blocks.join("")}${blocks.length === 0 ? "" : "\n"}${summary(scanned)}\n`;
}

function summary(scanned: readonly ScannedTool[]): string {
  const counts = new Map<string, number>();
  for (const { compared } of scanned) {
    counts.set(compared.verdict, (counts.get(compared.verdict) ?? 0) + 1);
  }
  const parts = [...counts].map(([verdict, count]) => `${count} ${verdict}`);
  return parts.length === 0 ? "No tools." : parts.join(", ");
}

function formatTool(
  { tool, compared }: ScannedTool,
  { isColoured }: FormatDefinitionsOptions,
): string {
  const { verdict, findings, changes } = compared;
  const label = verdict.toUpperCase();
  const head = isColoured ? styleText(COLOURS[verdict], label, { validateStream: false }) : label;
  const name = toPrintable(`${tool.server}/${tool.definition.name}`);
  const rows = findings.map(formatFinding);
  const differences = changes.flatMap((change) => formatChange(change, isColoured));
  return `${head} ${name}\n${[...rows, ...differences].join("")}`;
}

function formatFinding({ rule, severity, path, message }: DefinitionFinding): string {
  const place = path === "" ? "" : ` ${toPrintable(path)}`;
  return `  ${severity.padEnd(7)} ${rule}${place}: ${toPrintable(message)}\n`;
}

/** One difference, as what was approved and what is presented now. */
function formatChange(change: DefinitionChange, isColoured: boolean): readonly string[] {
  const { path, kind, before, after, widens } = change;
  const note = widens === undefined ? "" : `  (${widens})`;
  const line = (mark: "-" | "+", value: Json): string => {
    const text = `    ${mark} ${excerpt(value)}`;
    const colour = mark === "-" ? "red" : "green";
    return `${isColoured ? styleText(colour, text, { validateStream: false }) : text}\n`;
  };
  return [
    `  ${kind} ${toPrintable(path === "" ? "(whole)" : path)}${note}\n`,
    ...(before === undefined ? [] : [line("-", before)]),
    ...(after === undefined ? [] : [line("+", after)]),
  ];
}

function excerpt(value: Json): string {
  const text = toPrintable(JSON.stringify(value));
  return text.length <= MOST_VALUE ? text : `${text.slice(0, MOST_VALUE)}…`;
}

const LEVELS = { info: "note", warning: "warning", error: "error" } as const;

/** The same as findings in a file, for reports of continuous integration. */
export function toDefinitionFindings(
  scanned: readonly ScannedTool[],
  file: string,
): readonly Finding[] {
  return scanned
    .filter(({ compared }) => compared.verdict !== "clean")
    .flatMap(({ tool, compared }) =>
      compared.findings.map(({ rule, severity, path, message }) => ({
        rule,
        level: LEVELS[severity],
        message: toPrintable(`${tool.server}/${tool.definition.name}${path}: ${message}`),
        file,
        line: tool.line,
        column: 1,
      })),
    );
}
