import type { Node, Rule, ToolEntry, VarNode } from "@portcullis/core";
import { compileCondition } from "../cel/compile-condition.ts";
import { flowSinkShape, flowSourceShape } from "../shape/flow-shape.ts";
import type { FlowSinkSource } from "../shape/flow-shape.ts";
import { matchShape } from "../shape/read-shape.ts";
import { pointerOf } from "../source/issue-list.ts";
import { locate, placeOf } from "../source/located.ts";
import { formatPlace } from "../source/source-text.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import { compileArgumentPath } from "./argument-path.ts";
import { originKey } from "./build.ts";
import type { Part, ReadFile } from "./build.ts";
import { scalarOf } from "./build.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { conditionContext } from "./surroundings.ts";
import type { Surroundings } from "./surroundings.ts";
import { resolveToolChoice } from "./tool-choice.ts";

/** What `flow:` comes to. */
export interface CompiledFlow {
  /** Labels that sources add, by tool. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** One rule for each sink, `flow:sink:1` and on. */
  readonly rules: readonly Rule[];
}

/** Compiles `flow:` of the main file; `ruleCount` rules stand before those that it makes. */
export function compileFlow(
  main: ReadFile,
  surroundings: Surroundings,
  ruleCount: number,
): CompiledFlow {
  const labels = compileSources(main, surroundings);
  const declared = new Set([...labels.values()].flat());
  for (const { entry } of surroundings.catalogue.values()) {
    for (const label of entry?.result.labels ?? []) declared.add(label);
  }
  const rules = partsOf(main, "sinks").flatMap((part, index) => {
    const source = matchShape(flowSinkShape, part.located);
    if (source === undefined) return [];
    checkLabels(source, { part, declared, surroundings });
    const rule = compileSink(source, { part, index, surroundings });
    return rule === undefined ? [] : [rule];
  });
  rules.forEach((_, index) => {
    const part = partsOf(main, "sinks")[index];
    const key = originKey(["rules", ruleCount + index]);
    if (part !== undefined) surroundings.build.origins.set(key, part);
  });
  return { labels, rules };
}

/** The entry of a tool with the labels that sources add to its results. */
export function withLabels(entry: ToolEntry, labels: readonly string[] | undefined): ToolEntry {
  if (labels === undefined) return entry;
  const { result } = entry;
  return { ...entry, result: { ...result, labels: [...new Set([...result.labels, ...labels])] } };
}

function partsOf(file: ReadFile, name: "sources" | "sinks"): readonly Part[] {
  const list = locate(file.content, ["flow", name]);
  if (list?.kind !== "list") return [];
  return list.items.map((located, index) => ({ file, located, path: ["flow", name, index] }));
}

function compileSources(
  main: ReadFile,
  { build, catalogue }: Surroundings,
): ReadonlyMap<string, readonly string[]> {
  const labels = new Map<string, readonly string[]>();
  for (const { located, path } of partsOf(main, "sources")) {
    const source = matchShape(flowSourceShape, located);
    if (source === undefined) continue;
    const { entries } = resolveToolChoice(source.tools, { located, path, catalogue, build });
    for (const { name } of entries) labels.set(name, [...(labels.get(name) ?? []), source.label]);
  }
  return labels;
}

interface SinkContext {
  readonly part: Part;
  readonly index: number;
  readonly surroundings: Surroundings;
}

function compileSink(source: FlowSinkSource, context: SinkContext): Rule | undefined {
  const { part, index, surroundings } = context;
  const { build, catalogue } = surroundings;
  const { located, path } = part;
  const choice = { located, path, catalogue, build };
  const { names = [], entries } = resolveToolChoice(source.tools, choice);
  if (entries.length === 0) return undefined;
  const when = conditionOf(source, { ...context, entries });
  if (when === undefined) return undefined;
  const needsApproval = source.otherwise === "approval";
  return {
    id: `flow:sink:${index + 1}`,
    effect: needsApproval ? "require" : "forbid",
    tools: names,
    when,
    ...(needsApproval ? { obligations: [{ type: "approval", ...surroundings.approval }] } : {}),
    at: formatPlace(located),
  };
}

function conditionOf(
  source: FlowSinkSource,
  context: SinkContext & { readonly entries: readonly CatalogueEntry[] },
): Node | undefined {
  const { part, surroundings, entries } = context;
  const found: Node[] = [];
  if (source.refuse !== undefined) {
    const session: VarNode = { op: "var", t: LABELS, name: "flow", path: ["session"] };
    found.push(anyOf(source.refuse.map((label) => isIn(label, session))));
  }
  if (source.argsFrom !== undefined) {
    const argument = argumentOf(context);
    if (argument === undefined) return undefined;
    const { derived, not } = source.argsFrom;
    const labels: Node = {
      op: "labelsOf",
      t: LABELS,
      a: { ...argument, t: "dyn" },
      ...(derived === undefined ? {} : { derived }),
    };
    const carries = anyOf(not.map((label) => isIn(label, labels)));
    // What is absent carries nothing.
    found.push(allOf([...presences(argument), carries]));
  }
  const violated = anyOf(found);
  const unless = scalarOf(part.located, "unless");
  if (unless === undefined) return violated;
  const path = [...part.path, "unless"];
  const excuse = compileCondition(unless, conditionContext(surroundings, entries, path));
  if (excuse === undefined) return undefined;
  return allOf([violated, { op: "not", t: "bool", a: excuse }]);
}

function argumentOf({
  part,
  surroundings,
  entries,
}: SinkContext & { readonly entries: readonly CatalogueEntry[] }): VarNode | undefined {
  const scalar = scalarOf(locate(part.located, ["argsFrom"]), "path");
  if (scalar === undefined) return undefined;
  const { build } = surroundings;
  const path = [...part.path, "argsFrom", "path"];
  const tools = entries.map(({ types }) => types);
  const argument = compileArgumentPath(scalar, { tools, build, path });
  if (argument === undefined) return undefined;
  const pointer = pointerOf(argument.path);
  const exempting = entries.find(({ entry }) => entry?.flow?.exempt?.includes(pointer) === true);
  if (exempting !== undefined) {
    build.issues.add(
      scalar,
      path,
      `The tool ${quoted(exempting.name)} exempts this argument from labels, so it never carries one; take it out of \`flow.exempt\`.`,
    );
  }
  return argument;
}

function checkLabels(
  source: FlowSinkSource,
  {
    part,
    declared,
    surroundings: { build },
  }: {
    readonly part: Part;
    readonly declared: ReadonlySet<string>;
    readonly surroundings: Surroundings;
  },
): void {
  const check = (labels: readonly string[] | undefined, inner: readonly string[]): void => {
    labels?.forEach((label, index) => {
      if (declared.has(label)) return;
      const near =
        didYouMean(label, declared) ||
        (declared.size === 0 ? "." : `; there are ${listed(declared)}.`);
      build.issues.add(
        placeOf(part.located, [...inner, index]),
        [...part.path, ...inner, index],
        `No result carries the label ${quoted(label)}; add it to a source${near}`,
      );
    });
  };
  check(source.refuse, ["refuse"]);
  check(source.argsFrom?.not, ["argsFrom", "not"]);
}

const LABELS = { list: "string" } as const;

function isIn(label: string, labels: Node): Node {
  return { op: "in", t: "bool", a: { op: "lit", t: "string", value: label }, b: labels };
}

/** Whether an argument and all that holds it is there; list elements cannot be asked for. */
function presences({ path }: VarNode): readonly Node[] {
  return path.flatMap((step, index): readonly Node[] =>
    typeof step === "number"
      ? []
      : [
          {
            op: "has",
            t: "bool",
            a: { op: "var", t: "dyn", name: "args", path: path.slice(0, index + 1) },
          },
        ],
  );
}

function anyOf(nodes: readonly Node[]): Node {
  return join("or", nodes);
}

function allOf(nodes: readonly Node[]): Node {
  return join("and", nodes);
}

function join(op: "and" | "or", nodes: readonly Node[]): Node {
  const [only, ...others] = nodes;
  return only !== undefined && others.length === 0 ? only : { op, t: "bool", of: nodes };
}
