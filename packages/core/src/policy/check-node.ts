import { isList, isObject } from "../evaluate/frame.ts";
import { formatType, isStaticType, mayClaim } from "../evaluate/static-type.ts";
import { escapeSegment, toPointer } from "../internal/json-pointer.ts";
import type { Json, JsonObject } from "../json.ts";
import type { StaticType } from "../rule-ast.ts";
import { CONDITION_LIMITS } from "../rule-ast.ts";
import {
  checkArithmetic,
  checkChoice,
  checkConversion,
  checkEquality,
  checkLogic,
  checkMatches,
  checkMembership,
  checkNegative,
  checkNot,
  checkOrdering,
  checkQuantifier,
  checkSize,
  checkTextTest,
} from "./check-operators.ts";
import {
  checkAnomaly,
  checkFact,
  checkFactTest,
  checkHas,
  checkLabelsOf,
  checkLiteral,
  checkOrValue,
  checkUserSaid,
  checkVariable,
  isStep,
} from "./check-reads.ts";
import type { IssueReport } from "./issue-report.ts";
import { ANY, own } from "./node-checker.ts";
import type { Checker, ConditionContext, NodeRule, Place } from "./node-checker.ts";
import type { ValueShape } from "./root-shapes.ts";
import { findInSchema } from "./schema-path.ts";

/**
 * Checks one condition: operators, members, caps, variables, and the static type of every node
 * against the one it claims.
 */
export function checkCondition(context: ConditionContext, value: Json, path: string): StaticType {
  const { schemas } = context;
  const paths = askedPaths(value);
  const declared = paths.filter((asked) =>
    schemas.some(({ input }) => findInSchema(input, asked).kind !== "absent"),
  );
  const checker: Checker = {
    ...context,
    asked: paths.map(toPointer),
    guards: new Set(declared.map(toPointer)),
    nodes: 0,
    check: (node, place) => checkNode(checker, node, place),
  };
  return checker.check(value, { path, depth: 1, variables: new Map(), schemas }).type;
}

function checkNode(checker: Checker, value: Json | undefined, place: Place): ValueShape {
  const { report } = checker;
  if (value === undefined) return ANY;
  checker.nodes += 1;
  if (checker.nodes === CONDITION_LIMITS.nodes + 1) {
    report.add(
      place.path,
      `A condition has at most ${CONDITION_LIMITS.nodes} nodes; split the rule.`,
    );
  }
  if (checker.nodes > CONDITION_LIMITS.nodes) return ANY;
  if (place.depth > CONDITION_LIMITS.depth) {
    report.add(place.path, `A condition is at most ${CONDITION_LIMITS.depth} levels deep.`);
    return ANY;
  }
  if (!isObject(value)) {
    report.add(place.path, "This must be a node: an object with `op` and `t`.");
    return ANY;
  }
  const op = own(value, "op");
  const rule = typeof op === "string" ? NODE_RULES.get(op) : undefined;
  if (rule === undefined) {
    report.add(
      `${place.path}/op`,
      `Unknown operator; known are ${[...NODE_RULES.keys()].join(", ")}.`,
    );
    return ANY;
  }
  checkNodeMembers(report, value, place.path, rule);
  const claimed = own(value, "t");
  const found = rule.check(checker, value, place);
  if (!isStaticType(claimed)) {
    report.add(`${place.path}/t`, "This must be the node's static type.");
    return found;
  }
  if (!mayClaim(claimed, found.type)) {
    const types = `${formatType(claimed)}, but the expression is of type ${formatType(found.type)}`;
    report.add(`${place.path}/t`, `The node says ${types}; build the policy again.`);
  }
  return { ...found, type: claimed };
}

function checkNodeMembers(
  report: IssueReport,
  node: JsonObject,
  path: string,
  { members, optional = [] }: NodeRule,
): void {
  const known = ["op", "t", ...members, ...optional];
  for (const name of Object.keys(node)) {
    if (!known.includes(name)) {
      const message = `Unknown member; this operator has ${known.join(", ")}.`;
      report.add(`${path}/${escapeSegment(name)}`, message);
    }
  }
  for (const name of ["t", ...members]) {
    if (!Object.hasOwn(node, name)) report.add(path, `The member \`${name}\` is missing.`);
  }
}

const BINARY = ["a", "b"] as const;

const NODE_RULES: ReadonlyMap<string, NodeRule> = new Map<string, NodeRule>([
  ["lit", { members: ["value"], check: checkLiteral }],
  ["var", { members: ["name", "path"], check: checkVariable }],
  [
    "fact",
    {
      members: ["type", "at", "field"],
      optional: ["from", "options", "optional"],
      check: checkFact,
    },
  ],
  ...sameRule(["eq", "ne"], { members: BINARY, check: checkEquality }),
  ...sameRule(["lt", "le", "gt", "ge"], { members: BINARY, check: checkOrdering }),
  ["in", { members: BINARY, check: checkMembership }],
  ...sameRule(["and", "or"], { members: ["of"], check: checkLogic }),
  ["not", { members: ["a"], check: checkNot }],
  ["cond", { members: ["c", "a", "b"], check: checkChoice }],
  ["has", { members: ["a"], check: checkHas }],
  ["orValue", { members: BINARY, check: checkOrValue }],
  ["size", { members: ["a"], check: checkSize }],
  ...sameRule(["startsWith", "endsWith", "contains"], { members: BINARY, check: checkTextTest }),
  ["matches", { members: ["a", "pattern"], check: checkMatches }],
  ...sameRule(["within", "hostWithin", "domainWithin", "inCidr"], {
    members: BINARY,
    check: checkFactTest,
  }),
  ["anomaly", { members: ["a"], check: checkAnomaly }],
  ["userSaid", { members: ["a"], check: checkUserSaid }],
  ["labelsOf", { members: ["a"], optional: ["derived"], check: checkLabelsOf }],
  ...sameRule(["add", "sub", "mul", "div", "mod"], { members: BINARY, check: checkArithmetic }),
  ["neg", { members: ["a"], check: checkNegative }],
  ...sameRule(["all", "exists", "existsOne"], {
    members: ["over", "as", "body"],
    check: checkQuantifier,
  }),
  ["convert", { members: ["to", "a"], check: checkConversion }],
]);

function sameRule(operators: readonly string[], rule: NodeRule): readonly [string, NodeRule][] {
  return operators.map((op) => [op, rule]);
}

// An operand behind a has() that is false for a tool is not checked for that tool.
function askedPaths(value: Json): readonly (readonly (string | number)[])[] {
  if (isList(value)) return value.flatMap(askedPaths);
  if (!isObject(value)) return [];
  const below = Object.values(value).flatMap(askedPaths);
  const op = own(value, "op");
  if (op !== "has" && op !== "orValue") return below;
  const asked = own(value, "a");
  if (asked === undefined || !isObject(asked) || own(asked, "name") !== "args") return below;
  const path = own(asked, "path");
  if (path === undefined || !isList(path) || !path.every(isStep)) return below;
  return [...below, path];
}
