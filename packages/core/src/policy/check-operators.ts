import { isList, isObject } from "../evaluate/frame.ts";
import { vetSearchPattern } from "../evaluate/native-pattern.ts";
import {
  areEquatable,
  areOrdered,
  arithmeticType,
  CONVERSION_TARGETS,
  fits,
  formatType,
  isConvertible,
  isNumeric,
  isStaticType,
  isText,
} from "../evaluate/static-type.ts";
import type { Json, JsonObject } from "../json.ts";
import { CONDITION_LIMITS, ROOTS } from "../rule-ast.ts";
import { mayBeKnown } from "./known-truth.ts";
import { isIdentifier } from "./names.ts";
import {
  A_BOOL,
  A_STRING,
  ANY,
  BOOL,
  expect,
  operand,
  own,
  sealedOperand,
} from "./node-checker.ts";
import type { Checker, NodeCheck, Place, TypeDemand } from "./node-checker.ts";
import { visitedOf } from "./root-shapes.ts";
import type { ValueShape } from "./root-shapes.ts";

const RESERVED: ReadonlySet<string> = new Set([...ROOTS, "facts", "true", "false", "null", "in"]);

/** Checks the operands of `eq` and `ne`. */
export const checkEquality: NodeCheck = (checker, node, place) => {
  const a = sealedOperand(checker, node, place, "a");
  const b = sealedOperand(checker, node, place, "b");
  if (a.type === "sealed") checkCompared(checker, node, { place, name: "b" });
  else if (b.type === "sealed") checkCompared(checker, node, { place, name: "a" });
  if (!areEquatable(a.type, b.type)) {
    const types = `${formatType(a.type)} and ${formatType(b.type)}`;
    checker.report.add(place.path, `${types} are never equal; convert one of them.`);
  }
  checkRoleName(checker, a, { node: own(node, "b"), path: `${place.path}/b` });
  checkRoleName(checker, b, { node: own(node, "a"), path: `${place.path}/a` });
  return BOOL;
};

/** Checks the operands of `lt`, `le`, `gt` and `ge`. */
export const checkOrdering: NodeCheck = (checker, node, place) => {
  const a = operand(checker, node, place, "a");
  const b = operand(checker, node, place, "b");
  if (!areOrdered(a.type, b.type)) {
    const types = `${formatType(a.type)} and ${formatType(b.type)}`;
    checker.report.add(place.path, `${types} have no order; compare numbers, strings or times.`);
  }
  return BOOL;
};

/** Checks the operands of `in`. */
export const checkMembership: NodeCheck = (checker, node, place) => {
  const a = sealedOperand(checker, node, place, "a");
  const b = operand(checker, node, place, "b");
  if (a.type === "sealed") checkCompared(checker, node, { place, name: "b" });
  const { report } = checker;
  if (typeof b.type !== "string" && "list" in b.type) {
    if (!areEquatable(a.type, b.type.list)) {
      const types = `${formatType(a.type)} is never in ${formatType(b.type)}`;
      report.add(place.path, `A value of type ${types}; convert it.`);
    }
  } else if (b.type === "dyn") {
    if (!areEquatable(a.type, "dyn")) {
      const message = `A value of type ${formatType(a.type)} is never in one of unknown type.`;
      report.add(place.path, message);
    }
  } else if (typeof b.type !== "string") {
    if (a.type !== "sealed") expect(checker, a, `${place.path}/a`, A_STRING);
  } else {
    report.add(`${place.path}/b`, `This is of type ${b.type}; a list or a map is needed here.`);
  }
  if (b.items?.isRole === true) {
    checkRoleName(checker, b.items, { node: own(node, "a"), path: `${place.path}/a` });
  }
  checkRoleName(checker, a, { node: own(node, "b"), path: `${place.path}/b` });
  return BOOL;
};

/** What a hash is compared with is hashed before any rule is asked, so it must be there by then. */
function checkCompared(
  checker: Checker,
  node: JsonObject,
  { place, name }: { readonly place: Place; readonly name: string },
): void {
  const other = own(node, name);
  if (other === undefined || !isObject(other) || own(other, "op") === "lit") return;
  const root = own(other, "name");
  const isPath = own(other, "op") === "var" && typeof root === "string";
  if (isPath && (own(other, "t") === "sealed" || !place.variables.has(root))) return;
  checker.report.add(
    `${place.path}/${name}`,
    "An argument of an earlier call compares with a literal or a path from a root.",
  );
}

/** Reports literals compared with a role's name that are no declared role. */
function checkRoleName(
  checker: Checker,
  shape: ValueShape,
  other: { readonly node: Json | undefined; readonly path: string },
): void {
  if (shape.isRole !== true || other.node === undefined || !isObject(other.node)) return;
  if (own(other.node, "op") !== "lit") return;
  const value = own(other.node, "value");
  const names = value !== undefined && isList(value) ? value : [value];
  for (const name of names) {
    if (typeof name === "string" && !checker.roles.has(name)) {
      const message = `The role ${JSON.stringify(name)} is not declared; add it to \`roles\`.`;
      checker.report.add(`${other.path}/value`, message);
    }
  }
}

/** Checks the operands of `and` and `or`. */
export const checkLogic: NodeCheck = (checker, node, place) => {
  const operands = own(node, "of");
  if (operands === undefined) return BOOL;
  if (!isList(operands) || operands.length < 2) {
    checker.report.add(`${place.path}/of`, "This must be a list of two or more operands.");
    return BOOL;
  }
  const truth = own(node, "op") === "or";
  const { guards } = checker;
  const tools = place.schemas.map((schema) => ({
    schema,
    deciding: operands.filter((item) => mayBeKnown(item, { truth, input: schema.input, guards })),
  }));
  operands.forEach((item, index) => {
    const path = `${place.path}/of/${index}`;
    // Beside an operand that decides for a tool, this one does not matter for it.
    const schemas = tools.flatMap(({ schema, deciding }) =>
      deciding.every((other) => other === item) ? [schema] : [],
    );
    const shape = checker.check(item, {
      ...place,
      schemas,
      path,
      depth: place.depth + 1,
      takesSealed: false,
    });
    expect(checker, shape, path, A_BOOL);
  });
  return BOOL;
};

/** Checks the operands of `not`. */
export const checkNot: NodeCheck = (checker, node, place) => {
  expect(checker, operand(checker, node, place, "a"), `${place.path}/a`, A_BOOL);
  return BOOL;
};

/** Checks the operands of `cond`. */
export const checkChoice: NodeCheck = (checker, node, place) => {
  expect(checker, operand(checker, node, place, "c"), `${place.path}/c`, A_BOOL);
  const { guards } = checker;
  const taken = (by: boolean): Place => ({
    ...place,
    schemas: place.schemas.filter(
      ({ input }) => !mayBeKnown(own(node, "c"), { truth: !by, input, guards }),
    ),
  });
  const a = operand(checker, node, taken(true), "a");
  const b = operand(checker, node, taken(false), "b");
  if (!fits(a.type, b.type)) {
    const types = `${formatType(a.type)} and ${formatType(b.type)}`;
    checker.report.add(place.path, `Both branches must have one type, not ${types}.`);
  }
  return a.type === "dyn" || b.type === "dyn" ? ANY : a;
};

const A_SIZED: TypeDemand = {
  test: (type) => isText(type) || typeof type !== "string",
  text: "a string, list or map is needed here",
};

const A_NUMBER: TypeDemand = {
  test: (type) => isNumeric(type) || type === "dyn",
  text: "a number is needed here",
};

/** Checks the operands of `size`. */
export const checkSize: NodeCheck = (checker, node, place) => {
  expect(checker, operand(checker, node, place, "a"), `${place.path}/a`, A_SIZED);
  return { type: "int" };
};

/** Checks the operands of `startsWith`, `endsWith` and `contains`. */
export const checkTextTest: NodeCheck = (checker, node, place) => {
  expect(checker, operand(checker, node, place, "a"), `${place.path}/a`, A_STRING);
  expect(checker, operand(checker, node, place, "b"), `${place.path}/b`, A_STRING);
  return BOOL;
};

/** Checks the operands of `matches`. */
export const checkMatches: NodeCheck = (checker, node, place) => {
  expect(checker, operand(checker, node, place, "a"), `${place.path}/a`, A_STRING);
  const pattern = own(node, "pattern");
  const path = `${place.path}/pattern`;
  if (typeof pattern !== "string") {
    checker.report.add(path, "This must be a literal pattern.");
  } else if (pattern.length > CONDITION_LIMITS.patternLength) {
    const message = `A pattern has at most ${CONDITION_LIMITS.patternLength} characters.`;
    checker.report.add(path, message);
  } else {
    const verdict = vetSearchPattern(pattern);
    if (verdict.kind === "refused") checker.report.add(path, `This pattern ${verdict.reason}.`);
  }
  return BOOL;
};

/** Checks the operands of `add` and the like`. */
export const checkArithmetic: NodeCheck = (checker, node, place) => {
  const a = operand(checker, node, place, "a");
  const b = operand(checker, node, place, "b");
  const op = own(node, "op");
  if (op !== "add" && op !== "sub" && op !== "mul" && op !== "div" && op !== "mod") return ANY;
  const type = arithmeticType(op, a.type, b.type);
  if (type !== undefined) return { type };
  const types = `${formatType(a.type)} and ${formatType(b.type)}`;
  checker.report.add(
    place.path,
    `There is no \`${op}\` of ${types}; convert with int() or double().`,
  );
  return ANY;
};

/** Checks the operands of `neg`. */
export const checkNegative: NodeCheck = (checker, node, place) => {
  const a = operand(checker, node, place, "a");
  expect(checker, a, `${place.path}/a`, A_NUMBER);
  return a.type === "int" ? { type: "int" } : { type: "double" };
};

/** Checks the operands of `all`, `exists` and `existsOne`. */
export const checkQuantifier: NodeCheck = (checker, node, place) => {
  const { report } = checker;
  const over = operand(checker, node, place, "over");
  const visited = visitedOf(over);
  if (visited === undefined) {
    const message = `This is of type ${formatType(over.type)}; a list or a map is needed here.`;
    report.add(`${place.path}/over`, message);
  }
  const variable = own(node, "as");
  if (!isIdentifier(variable) || RESERVED.has(variable)) {
    report.add(`${place.path}/as`, "This must be an identifier other than a root's name.");
    return BOOL;
  }
  if (place.variables.has(variable)) {
    report.add(`${place.path}/as`, "An enclosing quantifier has this variable; rename it.");
  }
  if (place.variables.size >= CONDITION_LIMITS.quantifierDepth) {
    const message = `Quantifiers nest at most ${CONDITION_LIMITS.quantifierDepth} deep.`;
    report.add(place.path, message);
    return BOOL;
  }
  const variables = new Map(place.variables).set(variable, visited ?? ANY);
  const body = operand(checker, node, { ...place, variables }, "body");
  expect(checker, body, `${place.path}/body`, A_BOOL);
  return BOOL;
};

/** Checks the operands of `convert`. */
export const checkConversion: NodeCheck = (checker, node, place) => {
  const a = operand(checker, node, place, "a");
  const to = own(node, "to");
  if (typeof to !== "string" || !CONVERSION_TARGETS.includes(to)) {
    checker.report.add(`${place.path}/to`, `This must be one of ${CONVERSION_TARGETS.join(", ")}.`);
    return ANY;
  }
  if (!isConvertible(a.type, to)) {
    checker.report.add(place.path, `There is no ${to}() of ${formatType(a.type)}.`);
  }
  return isStaticType(to) ? { type: to } : ANY;
};
