import type { FactNode, Node, StaticType, VarNode } from "@portcullis/core";

const COMPARISONS = { eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" } as const;
const SUMS = { add: "+", sub: "-", mul: "*", div: "/", mod: "%" } as const;
const MACROS = { all: "all", exists: "exists", existsOne: "exists_one" } as const;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const CALL_LIKE: ReadonlySet<Node["op"]> = new Set<Node["op"]>([
  ...(["lit", "var", "fact", "has", "orValue", "size", "startsWith", "endsWith"] as const),
  ...(["contains", "matches", "within", "hostWithin", "domainWithin", "inCidr"] as const),
  ...(["userSaid", "anomaly", "labelsOf", "all", "exists", "existsOne", "convert"] as const),
]);

/**
 * Writes a condition of the rule AST as CEL, for people.
 *
 * It says the same as what the author wrote, not with the same spaces and brackets.
 *
 * @example
 * ```ts
 * toCel({ op: "lt", t: "bool", a: { op: "var", t: "double", name: "args", path: ["amount"] }, b: { op: "lit", t: "double", value: 5 } });
 * // args.amount < 5
 * ```
 */
export function toCel(node: Node): string {
  switch (node.op) {
    case "lit":
      return literal(node.t, node.value);
    case "var":
      return path(node);
    case "fact":
      return fact(node);
    case "eq":
    case "ne":
    case "lt":
    case "le":
    case "gt":
    case "ge":
      return `${inner(node.a)} ${COMPARISONS[node.op]} ${inner(node.b)}`;
    case "in":
      return `${inner(node.a)} in ${inner(node.b)}`;
    case "and":
    case "or":
      return node.of.map(inner).join(node.op === "and" ? " && " : " || ");
    case "not":
      return `!${inner(node.a)}`;
    case "neg":
      return `-${inner(node.a)}`;
    case "cond":
      return `${inner(node.c)} ? ${inner(node.a)} : ${inner(node.b)}`;
    case "has":
      return `has(${toCel(node.a)})`;
    case "orValue":
      return `${optionalPath(node.a)}.orValue(${toCel(node.b)})`;
    case "size":
      return `size(${toCel(node.a)})`;
    case "startsWith":
    case "endsWith":
    case "contains":
      return `${inner(node.a)}.${node.op}(${toCel(node.b)})`;
    case "matches":
      return `${inner(node.a)}.matches(${JSON.stringify(node.pattern)})`;
    case "within":
    case "hostWithin":
    case "domainWithin":
    case "inCidr":
      return `${factCall(node.a)}.${node.op}(${toCel(node.b)})`;
    case "userSaid":
      return `flow.userSaid(${toCel(node.a)})`;
    case "anomaly":
      return `anomaly(${toCel(node.a)})`;
    case "labelsOf":
      return `flow.of(${toCel(node.a)}${node.derived === undefined ? "" : ', {"derived": "inherit"}'})`;
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "mod":
      return `${inner(node.a)} ${SUMS[node.op]} ${inner(node.b)}`;
    case "all":
    case "exists":
    case "existsOne":
      return `${inner(node.over)}.${MACROS[node.op]}(${node.as}, ${toCel(node.body)})`;
    case "convert":
      break;
  }
  return `${node.to}(${toCel(node.a)})`;
}

function inner(node: Node): string {
  return CALL_LIKE.has(node.op) || node.op === "not" ? toCel(node) : `(${toCel(node)})`;
}

function literal(type: StaticType, value: unknown): string {
  if (type === "timestamp" && typeof value === "number") {
    return `timestamp("${new Date(value).toISOString()}")`;
  }
  if (type === "duration" && typeof value === "number") return `duration("${value / 1000}s")`;
  return JSON.stringify(value);
}

function path({ name, path: segments }: VarNode): string {
  return name + segments.map(member).join("");
}

function optionalPath(node: VarNode): string {
  const last = node.path.at(-1);
  const holder = path({ ...node, path: node.path.slice(0, -1) });
  return typeof last === "string" && IDENTIFIER.test(last)
    ? `${holder}.?${last}`
    : `${holder}[?${JSON.stringify(last ?? "")}]`;
}

function member(segment: string | number): string {
  return typeof segment === "string" && IDENTIFIER.test(segment)
    ? `.${segment}`
    : `[${JSON.stringify(segment)}]`;
}

function fact(node: FactNode): string {
  return `${factCall(node)}${member(node.field)}`;
}

function factCall({ type, at, from, options }: FactNode): string {
  const segments = at
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const subject = (from ?? "args") + segments.map(member).join("");
  const more = options === undefined ? "" : `, ${JSON.stringify(options)}`;
  return `${type.replace(/@\d+$/, "")}(${subject}${more})`;
}
