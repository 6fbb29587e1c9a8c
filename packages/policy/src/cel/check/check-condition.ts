import type { FactProvider } from "@portcullis/core";
import type { RootContext, ToolTypes } from "../../types/root-types.ts";
import { BOOL, STRING, isNumber, listOf } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import type { Draft } from "../draft.ts";
import { describeDraft } from "./describe-draft.ts";
import type { Checking, ToolFindings } from "./checking.ts";
import { fail } from "./checking.ts";
import { checkComparison } from "./comparisons.ts";
import { checkDeclaredFact, checkFact, checkFactTest } from "./facts.ts";
import { checkCond, checkLogic, checkNot } from "./logic.ts";
import { checkAnomaly } from "./anomaly.ts";
import { checkArithmetic, checkConversion, checkNegative } from "./numbers.ts";
import { checkPath } from "./paths.ts";
import { checkHas, checkOrValue } from "./presence.ts";
import { checkQuantifier } from "./quantifiers.ts";
import { checkMatches, checkSize, checkStringTest } from "./strings.ts";
import { describeType } from "../../types/type.ts";

/** What the whole expression must be. */
export type Expected = "bool" | "number";

/** Type-checks a condition for one tool. */
export function checkCondition(
  draft: Draft,
  expected: Expected,
  {
    tool,
    context,
    providers,
  }: {
    readonly tool: ToolTypes;
    readonly context: RootContext;
    readonly providers: ReadonlyMap<string, FactProvider>;
  },
): ToolFindings {
  const checking: Checking = {
    tool,
    context,
    providers,
    types: new Map(),
    problems: [],
    soft: [],
    variables: new Map(),
    check(operand) {
      const type = checkNode(operand, checking);
      checking.types.set(operand, type);
      return type;
    },
  };
  const type = checking.check(draft);
  const fits = expected === "bool" ? type.kind === "bool" : isNumber(type);
  if (!fits && checking.problems.length === 0) {
    const wanted = expected === "bool" ? "true or false" : "a number";
    const hint = expected === "bool" ? "write a comparison" : "write `double(…)` around it";
    fail(
      checking,
      draft.span,
      `This must be ${wanted}; ${describeDraft(draft)} is ${describeType(type)}: ${hint}.`,
    );
  }
  return checking;
}

function checkNode(draft: Draft, checking: Checking): Type {
  switch (draft.op) {
    case "lit":
      return draft.type;
    case "path":
      return checkPath(draft, checking);
    case "fact":
      return checkFact(draft, checking);
    case "declared-fact":
      return checkDeclaredFact(draft, checking);
    case "fact-test":
      return checkFactTest(draft, checking);
    case "eq":
    case "ne":
    case "lt":
    case "le":
    case "gt":
    case "ge":
    case "in":
      return checkComparison(draft, checking);
    case "and":
    case "or":
      return checkLogic(draft, checking);
    case "not":
      return checkNot(draft, checking);
    case "neg":
      return checkNegative(draft, checking);
    case "size":
      return checkSize(draft, checking);
    case "userSaid":
      checking.check(draft.a);
      return BOOL;
    case "anomaly":
      return checkAnomaly(draft, checking);
    case "labelsOf":
      checking.check(draft.a);
      return listOf(STRING);
    case "cond":
      return checkCond(draft, checking);
    case "has":
      return checkHas(draft, checking);
    case "orValue":
      return checkOrValue(draft, checking);
    case "startsWith":
    case "endsWith":
    case "contains":
      return checkStringTest(draft, checking);
    case "matches":
      return checkMatches(draft, checking);
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "mod":
      return checkArithmetic(draft, checking);
    case "all":
    case "exists":
    case "existsOne":
      return checkQuantifier(draft, checking);
    case "convert":
      break;
  }
  return checkConversion(draft, checking);
}
