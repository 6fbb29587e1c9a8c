import { isList, isObject } from "../evaluate/frame.ts";
import { fits, formatType, isStaticType, isNumeric } from "../evaluate/static-type.ts";
import { MAX_DURATION, MAX_TIMESTAMP, MIN_TIMESTAMP } from "../evaluate/time-text.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { Json, JsonObject } from "../json.ts";
import type { StaticType } from "../rule-ast.ts";
import { CONDITION_LIMITS, ROOTS } from "../rule-ast.ts";
import type { IssueReport } from "./issue-report.ts";
import { factType } from "./names.ts";
import { ANY, BOOL, expectOp, operand, own, expect, sealedOperand } from "./node-checker.ts";
import type { Checker, NodeCheck, Place, TypeDemand } from "./node-checker.ts";
import { parsePointer } from "./pointer.ts";
import { ROOT_SHAPES, stepInto } from "./root-shapes.ts";
import type { ValueShape } from "./root-shapes.ts";
import { canBe, findInSchema } from "./schema-path.ts";

/** Checks the operands of `lit`. */
export const checkLiteral: NodeCheck = (checker, node, { path }) => {
  const type = own(node, "t");
  const value = own(node, "value");
  if (value === undefined || !isStaticType(type)) return ANY;
  if (isList(value) && value.length > CONDITION_LIMITS.listLiterals) {
    const message = `A list has at most ${CONDITION_LIMITS.listLiterals} literals; use host facts.`;
    checker.report.add(`${path}/value`, message);
  } else if (!isLiteralOf(value, type)) {
    checker.report.add(`${path}/value`, `This is no literal of type ${formatType(type)}.`);
  }
  return { type };
};

function isLiteralOf(value: Json, type: StaticType): boolean {
  if (typeof type !== "string") {
    if ("list" in type) return isList(value) && value.every((item) => isLiteralOf(item, type.list));
    return isObject(value) && Object.values(value).every((item) => isLiteralOf(item, type.map));
  }
  if (type === "dyn") return true;
  if (type === "null") return value === null;
  if (type === "bool") return typeof value === "boolean";
  if (type === "string") return typeof value === "string";
  if (typeof value !== "number") return false;
  if (type === "int") return Number.isSafeInteger(value);
  if (type === "duration") return Math.abs(value) <= MAX_DURATION;
  return type !== "timestamp" || (value >= MIN_TIMESTAMP && value <= MAX_TIMESTAMP);
}

/** Checks the operands of `var`. */
export const checkVariable: NodeCheck = (checker, node, place) => {
  const { report } = checker;
  const name = own(node, "name");
  const path = own(node, "path");
  if (name === undefined || path === undefined) return ANY;
  const variable = typeof name === "string" ? place.variables.get(name) : undefined;
  const root =
    typeof name === "string" && Object.hasOwn(ROOT_SHAPES, name) ? ROOT_SHAPES[name] : undefined;
  const start = variable ?? root;
  if (start === undefined) {
    report.add(`${place.path}/name`, `Unknown variable; the roots are ${ROOTS.join(", ")}.`);
    return ANY;
  }
  if (!isList(path) || !path.every(isStep)) {
    report.add(`${place.path}/path`, "This must be a list of member names and indices.");
    return ANY;
  }
  let shape = start;
  for (const step of path) {
    const next = stepInto(shape, step);
    if (next === undefined) {
      const known = Object.keys(shape.members ?? {}).join(", ");
      const advice = known === "" ? "it is no container" : `there are ${known}`;
      report.add(`${place.path}/path`, `There is no such member or element; ${advice}.`);
      return ANY;
    }
    shape = next;
  }
  if (variable === undefined && name === "args") checkArgument(checker, node, { place, path });
  if (shape.type === "sealed") {
    const isNamed = variable !== undefined && path.length > 1;
    if (!isNamed || place.takesSealed !== true) {
      const message =
        "Of an earlier call's arguments a named one may be compared by ==, != or in, through a variable of session.calls; nothing else is kept.";
      report.add(place.path, message);
    }
  }
  return shape;
};

/** Tells whether a value is one step of a path. */
export function isStep(step: Json): step is string | number {
  if (typeof step === "string") return true;
  return typeof step === "number" && Number.isSafeInteger(step) && step >= 0;
}

/** Checks an argument against the schema of every tool that the rule names. */
function checkArgument(
  checker: Checker,
  node: JsonObject,
  { place, path }: { readonly place: Place; readonly path: readonly (string | number)[] },
): void {
  const claimed = own(node, "t");
  const pointer = toPointer(path);
  for (const { tool, input } of place.schemas) {
    const found = findInSchema(input, path);
    if (found.kind === "absent" && !checker.asked.some((asked) => isBelow(pointer, asked))) {
      const message = `The schema of ${JSON.stringify(tool)} has no such argument; correct the path or guard it with has().`;
      checker.report.add(`${place.path}/path`, message);
    } else if (found.kind === "typed" && isStaticType(claimed) && !canBe(found.types, claimed)) {
      const message = `By the schema of ${JSON.stringify(tool)} this is never of type ${formatType(claimed)}.`;
      checker.report.add(`${place.path}/t`, message);
    }
  }
}

function isBelow(pointer: string, prefix: string): boolean {
  return pointer === prefix || pointer.startsWith(`${prefix}/`);
}

/** Checks the operands of `fact`. */
export const checkFact: NodeCheck = (checker, node, { path, variables }) => {
  const { report } = checker;
  const type = own(node, "type");
  if (type !== undefined) factType(report, type, `${path}/type`);
  const field = own(node, "field");
  if (typeof field !== "string") report.add(`${path}/field`, "This must be a field's name.");
  const options = own(node, "options");
  if (options !== undefined && !isObject(options)) {
    report.add(`${path}/options`, "This must be an object.");
  }
  const optional = own(node, "optional");
  if (optional !== undefined && typeof optional !== "boolean") {
    report.add(`${path}/optional`, "This must be true or false.");
  }
  checkFactPlace(report, own(node, "at"), `${path}/at`);
  const from = own(node, "from");
  if (from !== undefined && (typeof from !== "string" || !variables.has(from))) {
    report.add(`${path}/from`, "This must be the variable of an enclosing quantifier.");
  }
  return ANY;
};

/** Checks the pointer of a fact: RFC 6901 with at most one `*` segment. */
export function checkFactPlace(report: IssueReport, at: Json | undefined, path: string): void {
  const segments = typeof at === "string" ? parsePointer(at) : undefined;
  if (segments === undefined) report.add(path, "This must be an RFC 6901 pointer.");
  else if (segments.filter((segment) => segment === "*").length > 1) {
    report.add(path, "At most one segment may be `*`.");
  }
}

/** Checks the operands of `has`. */
export const checkHas: NodeCheck = (checker, node, place) => {
  sealedOperand(checker, node, place, "a");
  expectOp(checker, node, { path: `${place.path}/a`, wanted: ["var", "fact"] });
  checkLastMember(checker, node, place);
  return BOOL;
};

/** Checks the operands of `orValue`. */
export const checkOrValue: NodeCheck = (checker, node, place) => {
  const a = operand(checker, node, place, "a");
  const b = operand(checker, node, place, "b");
  expectOp(checker, node, { path: `${place.path}/a`, wanted: ["var"] });
  expectOp(checker, node, { path: `${place.path}/b`, wanted: ["lit"] });
  checkLastMember(checker, node, place);
  if (!fits(a.type, b.type)) {
    checker.report.add(`${place.path}/b`, `Write a literal of type ${formatType(a.type)}.`);
  }
  return a.type === "dyn" || b.type === "dyn" ? ANY : a;
};

/** `has` and `orValue` ask for a member, so a path must end in one. */
function checkLastMember(checker: Checker, node: JsonObject, { path }: Place): void {
  const asked = own(node, "a");
  if (asked === undefined || !isObject(asked) || own(asked, "op") !== "var") return;
  const steps = own(asked, "path");
  if (steps !== undefined && isList(steps) && typeof steps.at(-1) === "string") return;
  checker.report.add(`${path}/a/path`, "This must end in a member's name.");
}

/** Checks the operands of `within` and the like`. */
export const checkFactTest: NodeCheck = (checker, node, place) => {
  operand(checker, node, place, "a");
  operand(checker, node, place, "b");
  expectOp(checker, node, { path: `${place.path}/a`, wanted: ["fact"] });
  expectOp(checker, node, { path: `${place.path}/b`, wanted: ["lit"] });
  return BOOL;
};

/** Checks the operands of `userSaid`. */
export const checkUserSaid: NodeCheck = (checker, node, place) => {
  checkArgumentOperand(checker, node, { place, op: "userSaid" });
  return BOOL;
};

const A_NUMBER: TypeDemand = {
  test: (type) => isNumeric(type) || type === "dyn",
  text: "a number is needed here",
};

/** Checks the operands of `anomaly`. */
export const checkAnomaly: NodeCheck = (checker, node, place) => {
  const path = `${place.path}/a`;
  expect(checker, operand(checker, node, place, "a"), path, A_NUMBER);
  expectOp(checker, node, { path, wanted: ["var"] });
  const read = own(node, "a");
  if (read !== undefined && isObject(read)) {
    const name = own(read, "name");
    const steps = own(read, "path");
    const isArgument = name === "args" && !place.variables.has(name);
    if (!isArgument || (steps !== undefined && isList(steps) && steps.length === 0)) {
      checker.report.add(`${path}/name`, "anomaly takes a path below args.");
    }
  }
  return { type: "double" };
};

const LABELS: ValueShape = { type: { list: "string" }, items: { type: "string" } };

/** Checks the operands of `labelsOf`. */
export const checkLabelsOf: NodeCheck = (checker, node, place) => {
  checkArgumentOperand(checker, node, { place, op: "labelsOf" });
  const derived = own(node, "derived");
  if (derived !== undefined && derived !== "inherit") {
    checker.report.add(`${place.path}/derived`, "This must be `inherit`, or be absent.");
  }
  return LABELS;
};

function checkArgumentOperand(
  checker: Checker,
  node: JsonObject,
  { place, op }: { readonly place: Place; readonly op: string },
): void {
  operand(checker, node, place, "a");
  expectOp(checker, node, { path: `${place.path}/a`, wanted: ["var"] });
  const read = own(node, "a");
  const name = read !== undefined && isObject(read) ? own(read, "name") : undefined;
  if (typeof name === "string" && name !== "args" && !place.variables.has(name)) {
    checker.report.add(`${place.path}/a/name`, `${op} takes a path below args.`);
  }
}
