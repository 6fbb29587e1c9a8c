import { isObject } from "../evaluate/frame.ts";
import type { Json } from "../json.ts";
import { pointer } from "./check-tools.ts";
import type { IssueReport } from "./issue-report.ts";
import { name, queue } from "./names.ts";
import { anyObject, checkMembers, choice, flag, list, number, object } from "./shape.ts";
import type { Check, Members } from "./shape.ts";

const MONTH_SECONDS = 31 * 86_400;
const MAX_APPROVERS = 16;

/** Priorities, lowest first. */
const PRIORITIES = ["low", "normal", "high", "critical"] as const;

/** Members of an approval's terms; the roles of approvers must be declared. */
export function approvalMembers(roles: ReadonlySet<string>): Members {
  const approvers = object({
    required: {
      roles: list(declaredRole(roles), { isUnique: true }),
      count: number({ min: 1, max: MAX_APPROVERS }),
    },
  });
  return {
    required: {
      queue,
      priority: choice(PRIORITIES),
      expiresSeconds: number({ min: 1, max: MONTH_SECONDS }),
      approvers: list(approvers, { min: 1 }),
      scope: choice(["once"]),
      editable: list(name, { isUnique: true }),
    },
  };
}

/** The name of a role that the policy declares. */
function declaredRole(roles: ReadonlySet<string>): Check {
  return (report, value, path) => {
    if (typeof value !== "string" || !roles.has(value)) {
      report.add(path, "This role is not declared; add it to `roles`, if only with no members.");
    }
  };
}

/** Checks one obligation of a require rule. */
export function checkObligation(roles: ReadonlySet<string>): Check {
  const terms = approvalMembers(roles);
  return (report, value, path) => {
    const type = isObject(value) && Object.hasOwn(value, "type") ? value["type"] : undefined;
    const kind = typeof type === "string" ? type : "";
    const known = kind === "approval" ? terms : OBLIGATIONS.get(kind);
    if (known === undefined) {
      const all = [...OBLIGATIONS.keys(), "approval"].join(", ");
      report.add(`${path}/type`, `Unknown obligation; known are ${all}.`);
      return;
    }
    const required = { type: choice([kind]), ...known.required };
    checkMembers(report, value, path, { ...known, required });
    if (type === "clamp") checkClamp(report, value, path);
  };
}

const bound = number({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE, isWhole: false });

const OBLIGATIONS: ReadonlyMap<string, Members> = new Map<string, Members>([
  [
    "clamp",
    {
      required: { path: pointer },
      optional: { min: bound, max: bound, oneOf: list(bound, { min: 1, isUnique: true }) },
    },
  ],
  [
    "redact",
    {
      required: {
        target: choice(["args", "result"]),
        kinds: list(name, { min: 1, isUnique: true }),
      },
    },
  ],
  ["dryRun", { required: { demand: anyObject } }],
  ["notify", { required: { channel: name, priority: choice(PRIORITIES), required: flag } }],
]);

function checkClamp(report: IssueReport, value: Json, path: string): void {
  if (!isObject(value)) return;
  const { path: target, min, max, oneOf } = value;
  if (target === "") report.add(`${path}/path`, "A clamp is about one number of the arguments.");
  if (min === undefined && max === undefined && oneOf === undefined) {
    report.add(path, "A clamp needs `min`, `max` or `oneOf`.");
  }
  if (typeof min === "number" && typeof max === "number" && min > max) {
    report.add(path, "`min` is above `max`; no number is left.");
  }
}
