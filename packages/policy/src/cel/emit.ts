import { CONDITION_LIMITS } from "@portcullis/core";
import type { FactNode, LitNode, Node, StaticType, VarNode } from "@portcullis/core";
import type { Span } from "../source/source-text.ts";
import { quoted } from "../text/suggest.ts";
import { mergeStaticTypes, toStaticType } from "../types/type.ts";
import { isMany } from "./check/facts.ts";
import type { Checking, ToolFindings } from "./check/checking.ts";
import { refuse } from "./condition-error.ts";
import type {
  ArithmeticDraft,
  CondDraft,
  DeclaredFactDraft,
  Draft,
  FactDraft,
  FactTestDraft,
  HasDraft,
  OrValueDraft,
  PathDraft,
  UnaryDraft,
} from "./draft.ts";
import { predicateField } from "./lower/facts.ts";

/** What tools said about the condition; those that fail are not among them. */
export interface Emission {
  readonly findings: readonly ToolFindings[];
  readonly providers: Checking["providers"];
}

/**
 * Writes a checked condition as the rule AST. Where the tools of a rule disagree on the type of an
 * operand, it is `dyn` and checked when it is read.
 *
 * @throws {ConditionError} when tools disagree on ints and doubles within arithmetic, when no tool
 * reaches an operand, or when the result is over the limits of a condition.
 */
export function emitCondition(draft: Draft, emission: Emission): Node {
  const state = { nodes: 0 };
  const write = (next: Draft): Node => {
    state.nodes += 1;
    if (state.nodes > CONDITION_LIMITS.nodes) {
      refuse(
        draft.span,
        `A condition has at most ${CONDITION_LIMITS.nodes} parts; divide the rule.`,
      );
    }
    return emitNode(next, { ...emission, write });
  };
  return write(draft);
}

interface Writer extends Emission {
  readonly write: (draft: Draft) => Node;
}

function emitNode(draft: Draft, writer: Writer): Node {
  const { write } = writer;
  switch (draft.op) {
    case "lit":
      return { op: "lit", t: toStaticType(draft.type), value: draft.value };
    case "path":
      return emitPath(draft, writer);
    case "fact":
    case "declared-fact":
      return emitFact(draft, writer);
    case "fact-test":
      return emitFactTest(draft, writer);
    case "eq":
    case "ne":
    case "lt":
    case "le":
    case "gt":
    case "ge":
    case "in":
    case "startsWith":
    case "endsWith":
    case "contains":
      return { op: draft.op, t: "bool", a: write(draft.a), b: write(draft.b) };
    case "and":
    case "or":
      return { op: draft.op, t: "bool", of: draft.of.map(write) };
    case "not":
    case "neg":
    case "size":
    case "userSaid":
    case "anomaly":
      return emitUnary(draft, writer);
    case "labelsOf":
      return {
        op: "labelsOf",
        t: { list: "string" },
        a: emitPath(draft.a, writer),
        ...(draft.inherits ? { derived: "inherit" } : {}),
      };
    case "cond":
      return emitCond(draft, writer);
    case "has":
      return emitHas(draft, writer);
    case "orValue":
      return emitOrValue(draft, writer);
    case "matches":
      return { op: "matches", t: "bool", a: write(draft.a), pattern: draft.pattern };
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "mod":
      return { op: draft.op, t: numberTypeOf(draft, writer), a: write(draft.a), b: write(draft.b) };
    case "all":
    case "exists":
    case "existsOne":
      return {
        op: draft.op,
        t: "bool",
        over: write(draft.over),
        as: draft.variable.name,
        body: write(draft.body),
      };
    case "convert":
      break;
  }
  return { op: "convert", t: draft.to, to: draft.to, a: write(draft.a) };
}

function emitUnary(draft: UnaryDraft, writer: Writer): Node {
  if (draft.op === "not") return { op: "not", t: "bool", a: writer.write(draft.a) };
  if (draft.op === "neg")
    return { op: "neg", t: numberTypeOf(draft, writer), a: writer.write(draft.a) };
  if (draft.op === "size") return { op: "size", t: "int", a: writer.write(draft.a) };
  if (draft.a.op !== "path") return refuse(draft.a.span, "Write a path below `args` here.");
  if (draft.op === "anomaly") {
    return { op: "anomaly", t: "double", a: emitPath(draft.a, writer) };
  }
  return { op: "userSaid", t: "bool", a: emitPath(draft.a, writer) };
}

function emitCond(draft: CondDraft, { write }: Writer): Node {
  const [c, a, b] = [write(draft.c), write(draft.a), write(draft.b)];
  return { op: "cond", t: commonType(a.t, b.t), c, a, b };
}

// What may be either is checked when it is used, like anything untyped.
function commonType(a: StaticType, b: StaticType): StaticType {
  return a === "dyn" || b === "dyn" ? "dyn" : a;
}

function emitOrValue(draft: OrValueDraft, writer: Writer): Node {
  const a = emitPath(draft.a, writer);
  const b: LitNode = { op: "lit", t: toStaticType(draft.b.type), value: draft.b.value };
  return { op: "orValue", t: commonType(a.t, b.t), a, b };
}

function emitPath(draft: PathDraft, writer: Writer): VarNode {
  return {
    op: "var",
    t: typeOf(draft, writer),
    name: typeof draft.root === "string" ? draft.root : draft.root.name,
    path: draft.segments.map(({ key }) => key),
  };
}

function emitHas(draft: HasDraft, writer: Writer): Node {
  if (draft.a.op === "declared-fact") {
    const { node } = declaredFact(draft.a, writer);
    return { op: "has", t: "bool", a: node };
  }
  return { op: "has", t: "bool", a: emitPath(draft.a, writer) };
}

function emitFact(draft: FactDraft | DeclaredFactDraft, writer: Writer): FactNode {
  if (draft.op === "declared-fact") {
    const { node } = declaredFact(draft, writer);
    return { ...node, t: typeOf(draft, writer), field: draft.field ?? "" };
  }
  const { root, segments } = draft.of;
  return {
    op: "fact",
    t: toStaticType(draft.fieldType),
    type: `${draft.type}@${draft.version}`,
    at: segments
      .map(({ key }) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`)
      .join(""),
    ...(typeof root === "string" ? {} : { from: root.name }),
    field: draft.field,
    ...(draft.options === undefined ? {} : { options: draft.options }),
  };
}

function emitFactTest(draft: FactTestDraft, writer: Writer): Node {
  const b = { op: "lit", t: "string", value: draft.operand.value } as const;
  if (draft.of.op === "fact")
    return { op: draft.test, t: "bool", a: emitFact(draft.of, writer), b };
  const { node, provider } = declaredFact(draft.of, writer);
  const field = predicateField(provider, draft.test, draft.span);
  const a = { ...node, t: provider.fields[field] ?? "dyn", field };
  return { op: draft.test, t: "bool", a, b };
}

/** The declaration of a fact, which must be the same for every tool that reads it. */
function declaredFact(draft: DeclaredFactDraft, { findings, providers }: Writer) {
  const declarations = findings.flatMap(({ tool }) => {
    const found = Object.hasOwn(tool.facts, draft.name) ? tool.facts[draft.name] : undefined;
    return found === undefined ? [] : [found];
  });
  const [declaration] = declarations;
  const provider = providers.get(declaration?.type.split("@")[0] ?? "");
  if (declaration === undefined || provider === undefined) {
    return refuse(draft.span, `No tool declares the fact ${quoted(draft.name)}.`);
  }
  const text = JSON.stringify(declaration);
  if (declarations.some((other) => JSON.stringify(other) !== text)) {
    return refuse(
      draft.span,
      `The tools of this rule declare the fact ${quoted(draft.name)} differently; write a rule for each.`,
    );
  }
  const node: FactNode = {
    op: "fact",
    t: isMany(declaration) ? { list: { map: "dyn" } } : { map: "dyn" },
    type: declaration.type,
    at: declaration.at,
    field: "",
    ...(declaration.options === undefined ? {} : { options: declaration.options }),
    ...(declaration.optional === true ? { optional: true } : {}),
  };
  return { node, provider };
}

function typeOf(draft: Draft, { findings }: Writer): StaticType {
  return mergeStaticTypes(seen(draft, findings));
}

/** As {@link typeOf}; ints and doubles count differently, so the tools must agree. */
function numberTypeOf(draft: ArithmeticDraft | UnaryDraft, { findings }: Writer): StaticType {
  const types = seen(draft, findings);
  const merged = mergeStaticTypes(types);
  if (merged !== "dyn") return merged;
  return refuse(
    draft.span,
    "The tools of this rule disagree on int and double here, which count differently; write a rule for each, or `double(…)` around the arguments.",
  );
}

function seen(draft: Draft, findings: readonly ToolFindings[]): readonly StaticType[] {
  const types = findings.flatMap(({ types: known }) => {
    const type = known.get(draft);
    return type === undefined ? [] : [toStaticType(type)];
  });
  return types.length > 0 ? types : unreached(draft.span);
}

function unreached(span: Span): never {
  return refuse(
    span,
    "No tool of this rule reaches this part: what stands beside it decides for every tool, such as a constant, or a `has()` of what is never there.",
  );
}
