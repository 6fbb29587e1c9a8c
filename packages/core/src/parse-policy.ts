import { canonicalize } from "./canonical-json.ts";
import { PortcullisError } from "./errors.ts";
import { isObject } from "./evaluate/frame.ts";
import type { Json, JsonObject } from "./json.ts";
import { AST_VERSION } from "./rule-ast.ts";
import { approvalMembers } from "./policy/check-approval.ts";
import { checkLimits } from "./policy/check-limits.ts";
import { checkRisk } from "./policy/check-risk.ts";
import { checkRules } from "./policy/check-rules.ts";
import { checkTools } from "./policy/check-tools.ts";
import { createIssueReport, policyInvalid } from "./policy/issue-report.ts";
import type { IssueReport } from "./policy/issue-report.ts";
import { DOCUMENT_LIMITS } from "./policy/document-limits.ts";
import { checkLookAlikes, key, name, partyId } from "./policy/names.ts";
import { checkMembers, choice, dictionary, list, number, object } from "./policy/shape.ts";
import type { Check } from "./policy/shape.ts";
import type { PolicyDocument } from "./policy-document.ts";

const parsed: WeakSet<PolicyDocument> = new WeakSet();

/**
 * Checks a policy document and returns a private, deeply frozen copy; believes nothing of it.
 *
 * Unknown members, operators, tools, roles and obligations, wrong types and every exceeded cap
 * refuse the whole document. All problems are collected, each with its pointer, advice, and the
 * position of its rule where `at` gives one.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every issue in `fields.issues`; also for what
 * is no JSON at all.
 *
 * @example
 * ```ts
 * declare const text: string;
 * const document = parsePolicy(JSON.parse(text));
 * ```
 */
export function parsePolicy(input: unknown): PolicyDocument {
  const value = readJson(input);
  const report = createIssueReport();
  if (!isPolicy(value, report)) throw policyInvalid(report.issues);
  parsed.add(value);
  return value;
}

/** Tells whether a document came out of {@link parsePolicy} in this process. */
export function isParsedPolicy(document: PolicyDocument): boolean {
  return parsed.has(document);
}

function readJson(input: unknown): Json {
  try {
    return canonicalize(input, DOCUMENT_LIMITS).value;
  } catch (cause) {
    const found = PortcullisError.isInstance(cause) ? cause.fields.issues : undefined;
    throw policyInvalid(found ?? [{ path: "", message: "The document is not JSON." }], cause);
  }
}

function isPolicy(value: Json, report: IssueReport): value is Json & PolicyDocument {
  const roles = new Set(Object.keys(memberOf(value, "roles")));
  const context = { roles, tools: memberOf(value, "tools") };
  checkMembers(report, value, "", {
    required: {
      ast: choice([AST_VERSION]),
      name,
      serial: number({ min: 0 }),
      identity: choice(["token", "host"]),
      mode: choice(["enforce", "shadow"]),
      roles: checkRoles,
      tools: checkTools,
      rules: checkRules(context),
      limits: checkLimits(context),
      risk: checkRisk(roles),
      approval: object(approvalMembers(roles)),
      audit: object({
        required: { level: choice(["basic", "enhanced", "strict"]) },
        optional: { sink: name },
      }),
    },
    optional: { context: checkContextSchema },
  });
  return report.issues.length === 0;
}

const members = list(partyId, { isUnique: true });
const roleEntries = dictionary(key, object({ optional: { users: members, agents: members } }));

const checkRoles: Check = (report, value, path) => {
  roleEntries(report, value, path);
  const names = Object.keys(isObject(value) ? value : {});
  checkLookAlikes(
    report,
    names.map((role) => ({ name: role, path: `${path}/${role}` })),
  );
};

const checkContextSchema: Check = (report, value, path) => {
  if (!isObject(value) && typeof value !== "boolean") {
    report.add(path, "This must be a JSON Schema.");
  }
};

const NOTHING: JsonObject = Object.freeze({});

function memberOf(value: Json, part: string): JsonObject {
  const member = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return isObject(member) ? member : NOTHING;
}
