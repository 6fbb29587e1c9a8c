import type { ApprovalTerms } from "@portcullis/core";
import type { ApprovalSource } from "../shape/approval-shape.ts";
import { placeOf } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import type { ToolTypes } from "../types/root-types.ts";
import { parseDuration } from "../units/duration.ts";
import type { Build } from "./build.ts";
import { requireRole } from "./roles.ts";

/** Approval where a policy says nothing: one approver who is not the requester, 15 minutes. */
export const DEFAULT_APPROVAL: ApprovalTerms = {
  queue: "default",
  priority: "normal",
  expiresSeconds: 900,
  approvers: [{ roles: [], count: 1 }],
  scope: "once",
  editable: [],
};

const MAX_EXPIRY_SECONDS = 31 * 86_400;

/** What approval terms are completed and checked with. */
export interface ApprovalContext {
  /** The mapping that holds the terms. */
  readonly located: Located;
  /** Its path within its file. */
  readonly path: readonly PropertyKey[];
  readonly defaults: ApprovalTerms;
  readonly roles: ReadonlySet<string>;
  readonly build: Build;
  /** The tools whose arguments an approver may edit; absent = not known here. */
  readonly tools?: readonly ToolTypes[];
}

/** Completes approval terms from the defaults and checks times, roles and editable arguments. */
export function compileApproval(source: ApprovalSource, context: ApprovalContext): ApprovalTerms {
  const { defaults } = context;
  checkRoles(source, context);
  checkEditable(source, context);
  return {
    queue: source.queue ?? defaults.queue,
    priority: source.priority ?? defaults.priority,
    expiresSeconds: expirySeconds(source, context),
    approvers:
      source.approvers === undefined
        ? defaults.approvers
        : [{ roles: source.approvers.roles ?? [], count: source.approvers.count ?? 1 }],
    scope: "once",
    editable: source.editable ?? defaults.editable,
  };
}

function expirySeconds(
  source: ApprovalSource,
  { located, path, defaults, build }: ApprovalContext,
): number {
  if (source.expires === undefined) return defaults.expiresSeconds;
  const duration = parseDuration(source.expires);
  if (duration.ok && duration.seconds <= MAX_EXPIRY_SECONDS) return duration.seconds;
  const message = duration.ok ? "An approval expires after at most `31d`." : duration.message;
  build.issues.add(placeOf(located, ["expires"]), [...path, "expires"], message);
  return defaults.expiresSeconds;
}

function checkRoles(
  source: ApprovalSource,
  { located, path, roles, build }: ApprovalContext,
): void {
  source.approvers?.roles?.forEach((role, index) => {
    const inner = ["approvers", "roles", index];
    requireRole(role, { place: placeOf(located, inner), path: [...path, ...inner], roles, build });
  });
}

function checkEditable(
  source: ApprovalSource,
  { located, path, tools, build }: ApprovalContext,
): void {
  source.editable?.forEach((name, index) => {
    const missing = tools?.find(
      ({ args }) =>
        args.kind === "object" && args.member(name) === undefined && args.rest === undefined,
    );
    if (missing === undefined || missing.args.kind !== "object") return;
    const { names } = missing.args;
    const near =
      didYouMean(name, names) || (names.length === 0 ? "." : `; there are ${listed(names)}.`);
    build.issues.add(
      placeOf(located, ["editable", index]),
      [...path, "editable", index],
      `The tool ${quoted(missing.name)} has no argument ${quoted(name)}${near}`,
    );
  });
}
