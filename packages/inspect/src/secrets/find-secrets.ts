import { compileRules } from "../internal/rule-set.ts";
import type { FindIn } from "../internal/scan-views.ts";
import type { CompiledScanRule } from "../user-rules.ts";
import { SECRET_RULES } from "./pack.ts";

/** The search of one text for the shipped pack and rules of the user's own, whatever their kind. */
export function findSecrets(own: readonly CompiledScanRule[]): FindIn {
  const pack = compileRules([
    ...SECRET_RULES.map((rule) => ({ ...rule, kind: "secret" as const })),
    ...own,
  ]);
  return (text, work, report) =>
    pack.find(text, work, ({ id, kind, confidence }, { start, end }) =>
      report({ kind, rule: id, start, end, confidence }),
    );
}
