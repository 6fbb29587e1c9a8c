import type { Weight } from "./behaviours.ts";

/** Severity of a finding. */
export type Severity = "info" | "warning" | "error";

/** The severity that a weight is reported with. */
export const SEVERITY: Readonly<Record<Weight, Severity>> = {
  hint: "info",
  sign: "warning",
  proof: "error",
};

/**
 * The verdict over findings, each rule counted once. One `error` poisons, and so do two warnings, or
 * a warning with two hints; one warning is suspicious, and so are two hints: a single hint is what
 * honest texts have as well.
 */
export function weigh(
  findings: readonly { readonly rule: string; readonly severity: Severity }[],
): "clean" | "suspicious" | "poisoned" {
  const count = (wanted: Severity): number =>
    new Set(findings.filter(({ severity }) => severity === wanted).map(({ rule }) => rule)).size;
  const warnings = count("warning");
  const hints = count("info");
  if (count("error") > 0 || warnings > 1 || (warnings > 0 && hints > 1)) return "poisoned";
  return warnings > 0 || hints > 1 ? "suspicious" : "clean";
}
