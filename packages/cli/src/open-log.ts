import type { DecisionSink } from "@portcullis/core";
import type { DecisionLogOptions } from "./decision-log.ts";
import { createDecisionLog } from "./decision-log.ts";

const DEFAULT_LOG = "./.portcullis/decisions.jsonl";

/** The decision log that the option `log` names, if any. */
export function openLog(log: boolean | string | DecisionLogOptions): readonly DecisionSink[] {
  return log === false ? [] : [createDecisionLog(toLogOptions(log))];
}

function toLogOptions(log: true | string | DecisionLogOptions): DecisionLogOptions {
  if (log === true) return { path: DEFAULT_LOG };
  return typeof log === "string" ? { path: log } : log;
}
