import { PortcullisConfigError } from "@portcullis/core";
import type { EnumArgDef } from "citty";

/** How results are written. */
export type OutputFormat = "pretty" | "json" | "jsonl";

/** The flag `--format` of verbs that have all three forms. */
export const formatArg: EnumArgDef & { type: "enum"; options: OutputFormat[] } = {
  type: "enum",
  options: ["pretty", "json", "jsonl"],
  description: "Form of the output; jsonl reads JSON Lines from standard input",
};

/** Forms of reports about files. */
export type ReportFormat = "pretty" | "json" | "junit" | "sarif" | "github";

/** The flag `--format` of verbs that report about files. */
export function reportFormatArg<const F extends ReportFormat>(
  options: readonly F[],
): EnumArgDef & { type: "enum"; options: F[] } {
  return { type: "enum", options: [...options], description: "Form of the output" };
}

/** The form of a report that the flags `--format` and `--json` ask for together. */
export function toReportFormat<F extends ReportFormat>(args: {
  readonly format?: F | undefined;
  readonly json?: boolean | undefined;
}): F | "pretty" | "json" {
  const { format, json } = args;
  refuseContradiction(args);
  return json === true ? "json" : (format ?? "pretty");
}

/** The form that the flags `--format` and `--json` ask for together. */
export function toOutputFormat(args: {
  readonly format?: string | undefined;
  readonly json?: boolean | undefined;
}): OutputFormat {
  const { format, json } = args;
  refuseContradiction(args);
  if (json === true || format === "json") return "json";
  return format === "jsonl" ? "jsonl" : "pretty";
}

/** Refuses flags of the other form, which would be ignored silently. */
export function refuseFlags(
  args: Readonly<Record<string, unknown>>,
  names: readonly string[],
  form: string,
): void {
  const given = names.find((name) => args[name] !== undefined);
  if (given === undefined) return;
  throw new PortcullisConfigError(`--${given}`, `--${given} does not belong to ${form}.`);
}

function refuseContradiction({
  format,
  json,
}: {
  readonly format?: string | undefined;
  readonly json?: boolean | undefined;
}): void {
  if (json === true && format !== undefined && format !== "json") {
    throw new PortcullisConfigError("--json", "--json contradicts --format.");
  }
}
