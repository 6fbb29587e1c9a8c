import { isList, isObject } from "../evaluate/frame.ts";
import type { JsonObject } from "../json.ts";
import { approvalMembers } from "./check-approval.ts";
import { checkTest, locate, position, sourceText } from "./check-rules.ts";
import { TOOL_CLASSES } from "./check-tools.ts";
import type { IssueReport } from "./issue-report.ts";
import { name } from "./names.ts";
import { checkMembers, list, number, object } from "./shape.ts";
import type { Check } from "./shape.ts";

const score = number({ min: 0, max: 100 });

/** Checks bases, additions and thresholds; levels ascend and lie below the refusal. */
export function checkRisk(roles: ReadonlySet<string>): Check {
  const terms = approvalMembers(roles);
  const level = object({ required: { from: score, ...terms.required } });
  const base = object({
    required: Object.fromEntries(TOOL_CLASSES.map((toolClass) => [toolClass, score])),
  });
  return (report, value, path) => {
    const risk = checkMembers(report, value, path, {
      required: { base, add: additions(roles), approval: list(level) },
      optional: {
        deny: object({
          required: { from: score },
          optional: { notify: object({ required: { channel: name } }) },
        }),
      },
    });
    if (risk !== undefined) checkThresholds(report, risk, path);
  };
}

function additions(roles: ReadonlySet<string>): Check {
  const all = list(addition(roles));
  return (report, value, path) => {
    all(report, value, path);
    report.locate(undefined);
  };
}

function addition(roles: ReadonlySet<string>): Check {
  return (report, value, path) => {
    locate(report, value);
    checkMembers(report, value, path, {
      required: {
        when: (into, node, place) => checkTest({ report: into, roles, schemas: [] }, node, place),
        points: score,
        factor: name,
      },
      optional: { at: position, text: sourceText },
    });
  };
}

function checkThresholds(report: IssueReport, risk: JsonObject, path: string): void {
  const { approval, deny } = risk;
  const levels = isList(approval) ? approval : [];
  const starts = levels.map((level) => (isObject(level) ? level["from"] : undefined));
  for (const [index, from] of starts.entries()) {
    const previous = starts[index - 1];
    if (typeof from === "number" && typeof previous === "number" && from <= previous) {
      report.add(`${path}/approval/${index}/from`, "Levels must ascend; put them in order.");
    }
  }
  const refused = isObject(deny) ? deny["from"] : undefined;
  const last = starts.at(-1);
  if (typeof refused === "number" && typeof last === "number" && last >= refused) {
    const message = "An approval level at or above the refusal is never reached; lower it.";
    report.add(`${path}/approval/${starts.length - 1}/from`, message);
  }
}
