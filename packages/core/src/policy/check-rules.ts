import { isList, isObject } from "../evaluate/frame.ts";
import { isBoolean } from "../evaluate/static-type.ts";
import type { Json, JsonObject } from "../json.ts";
import { CONDITION_LIMITS } from "../rule-ast.ts";
import type { StaticType } from "../rule-ast.ts";
import { checkObligation } from "./check-approval.ts";
import { checkCondition } from "./check-node.ts";
import type { IssueReport } from "./issue-report.ts";
import { name, partyId } from "./names.ts";
import { checkMembers, choice, list, text } from "./shape.ts";
import type { Check } from "./shape.ts";

/** What the parts of a document are checked against. */
export interface DocumentContext {
  readonly roles: ReadonlySet<string>;
  readonly tools: JsonObject;
}

const MAX_TEXT = 1000;
const ROLE = "role:";

/** Where something was written. */
export const position: Check = text(1024);

/** A condition as it was written. */
export const sourceText: Check = (report, value, path) => {
  if (typeof value !== "string") report.add(path, "This must be a text.");
  else if (utf8Length(value) > CONDITION_LIMITS.sourceBytes) {
    report.add(path, `A condition has at most ${CONDITION_LIMITS.sourceBytes} bytes.`);
  }
};

/** Checks all rules; ids are unique. */
export function checkRules(context: DocumentContext): Check {
  const obligation = checkObligation(context.roles);
  return (report, value, path) => {
    if (!isList(value)) {
      report.add(path, "This must be a list of rules.");
      return;
    }
    value.forEach((rule, index) => {
      locate(report, rule);
      checkRule({ report, ...context, obligation }, rule, `${path}/${index}`);
    });
    checkIds(report, value, path);
    report.locate(undefined);
  };
}

/** Takes the position of issues from a part's `at`. */
export function locate(report: IssueReport, part: Json): void {
  report.locate(isObject(part) && Object.hasOwn(part, "at") ? part["at"] : undefined);
}

/** Reports ids that occur twice in a list. */
export function checkIds(report: IssueReport, parts: readonly Json[], path: string): void {
  const seen = new Set<string>();
  parts.forEach((part, index) => {
    const id = isObject(part) && Object.hasOwn(part, "id") ? part["id"] : undefined;
    if (typeof id !== "string") return;
    if (seen.has(id)) {
      locate(report, part);
      report.add(`${path}/${index}/id`, "Another one has this id; choose a different one.");
    }
    seen.add(id);
  });
}

/** A non-empty list of catalogued tools. */
export function knownTools(tools: JsonObject): Check {
  const known: Check = (report, value, path) => {
    if (typeof value !== "string" || !Object.hasOwn(tools, value)) {
      report.add(path, "This tool is not in `tools`; add it to the catalogue or correct the name.");
    }
  };
  return list(known, { min: 1, isUnique: true });
}

interface RuleContext extends DocumentContext {
  readonly report: IssueReport;
  readonly obligation: Check;
}

function checkRule(context: RuleContext, value: Json, path: string): void {
  const { report, roles, tools, obligation } = context;
  const parties = list(party(roles), { min: 1, isUnique: true });
  const rule = checkMembers(report, value, path, {
    required: { id: name, effect: choice(["permit", "forbid", "require"]) },
    optional: {
      agents: parties,
      users: parties,
      tools: knownTools(tools),
      when: (into, node, place) => {
        const schemas = schemasOf(tools, isObject(value) ? value["tools"] : undefined);
        checkTest({ report: into, roles, schemas }, node, place);
      },
      obligations: list(obligation, { min: 1 }),
      message: text(MAX_TEXT),
      hint: text(MAX_TEXT),
      mode: choice(["enforce", "shadow"]),
      at: position,
      text: sourceText,
    },
  });
  if (rule === undefined) return;
  if (rule["effect"] === "permit" && !Object.hasOwn(rule, "tools")) {
    report.add(path, "A permit must name its tools; add `tools`.");
  }
  const isRequire = rule["effect"] === "require";
  if (isRequire && !Object.hasOwn(rule, "obligations")) {
    report.add(path, "A require rule must carry `obligations`; a rule that refuses is a forbid.");
  }
  if (!isRequire && Object.hasOwn(rule, "obligations")) {
    report.add(`${path}/obligations`, "Only a require rule carries obligations.");
  }
}

/** Checks a condition that must be a bool as a whole. */
export function checkTest(
  context: Parameters<typeof checkCondition>[0],
  node: Json,
  path: string,
): void {
  const type: StaticType = checkCondition(context, node, path);
  if (!isBoolean(type)) context.report.add(path, "A condition must be a bool; compare the value.");
}

/** The schemas of the tools that a part names; none where it is about all. */
export function schemasOf(
  tools: JsonObject,
  names: Json | undefined,
): readonly { readonly tool: string; readonly input: Json }[] {
  if (!isList(names)) return [];
  return names.flatMap((tool) => {
    const entry = typeof tool === "string" && Object.hasOwn(tools, tool) ? tools[tool] : undefined;
    const input = isObject(entry) && Object.hasOwn(entry, "input") ? entry["input"] : undefined;
    return typeof tool === "string" && input !== undefined ? [{ tool, input }] : [];
  });
}

function party(roles: ReadonlySet<string>): Check {
  return (report, value, path) => {
    if (typeof value !== "string" || !value.startsWith(ROLE)) {
      partyId(report, value, path);
    } else if (!roles.has(value.slice(ROLE.length))) {
      report.add(path, "This role is not declared; add it to `roles`, if only with no members.");
    }
  };
}

function utf8Length(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
