import { canonicalize } from "../canonical-json.ts";
import type { ConditionParts } from "../compile-condition.ts";
import type { PreparedFact } from "../evaluate/facts.ts";
import type { SearchPattern } from "../evaluate/native-pattern.ts";
import { vetSearchPattern } from "../evaluate/native-pattern.ts";
import { formatType, mayClaim } from "../evaluate/static-type.ts";
import { createReaders } from "../evaluate/variables.ts";
import { walkNodes } from "../evaluate/walk-nodes.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { JsonObject } from "../json.ts";
import type { FactDeclaration, PolicyDocument } from "../policy-document.ts";
import type { FactExtractor, FactPredicate, FactProvider } from "../ports/fact-provider.ts";
import type { PatternMatcher } from "../ports/pattern-matcher.ts";
import type { FactNode, FactTestNode, Node, StaticType } from "../rule-ast.ts";
import { conditionsOf } from "./conditions-of.ts";
import { historyArguments } from "./history-arguments.ts";
import type { IssueReport } from "./issue-report.ts";
import { parsePointer } from "./pointer.ts";

/** What a policy needs from outside. */
export interface LinkOptions {
  readonly facts: readonly FactProvider[];
  readonly matcher: PatternMatcher | undefined;
}

interface Linker extends LinkOptions {
  readonly report: IssueReport;
  readonly providers: ReadonlyMap<string, FactProvider>;
  readonly extractors: Map<string, FactExtractor | undefined>;
  readonly shared: Map<string, PreparedFact>;
  readonly byNode: Map<FactNode, PreparedFact>;
  readonly patterns: Map<string, SearchPattern>;
  /** Whether some condition reads labels of values. */
  readsLabels: boolean;
}

/** So that what a session keeps of its last 256 calls stays small. */
const MAX_KEPT = 32;
const NO_OPTIONS: JsonObject = Object.freeze({});

/**
 * Prepares the facts and patterns that conditions refer to, and reports those that cannot be:
 * unknown provider, version, field, option or predicate, a pattern that needs a linear engine.
 */
export function linkPolicy(
  document: PolicyDocument,
  options: LinkOptions,
  report: IssueReport,
): ConditionParts {
  const linker: Linker = {
    ...options,
    report,
    providers: new Map(options.facts.map((fact) => [`${fact.type}@${fact.version}`, fact])),
    extractors: new Map(),
    shared: new Map(),
    byNode: new Map(),
    patterns: new Map(),
    readsLabels: false,
  };
  linkDeclarations(linker, document);
  for (const { node, path, at } of conditionsOf(document)) {
    report.locate(at);
    walkNodes(node, path, (visited, place) => linkNode(linker, visited, place));
  }
  report.locate(undefined);
  const kept = historyArguments(document).kept.length;
  if (kept > MAX_KEPT) {
    const message = `Conditions read ${kept} different arguments of earlier calls; a session keeps at most ${MAX_KEPT}.`;
    report.add("/rules", message);
  }
  return {
    readsLabels: linker.readsLabels,
    patterns: linker.patterns,
    factOf: (node) => linker.byNode.get(node),
    readerOf: createReaders(),
  };
}

function linkDeclarations(linker: Linker, document: PolicyDocument): void {
  for (const [tool, { facts }] of Object.entries(document.tools)) {
    for (const [name, fact] of Object.entries(facts ?? {})) {
      const path = toPointer(["tools", tool, "facts", name]);
      const provider = findProvider(linker, fact, path);
      if (provider !== undefined) findExtractor(linker, provider, { fact, path });
    }
  }
}

function linkNode(linker: Linker, node: Node, path: string): void {
  if (node.op === "labelsOf") linker.readsLabels = true;
  else if (node.op === "fact") linkFact(linker, node, path);
  else if (node.op === "matches") linkPattern(linker, node.pattern, path);
  else if (node.op === "within" || node.op === "inCidr") linkFactTest(linker, node, path);
  else if (node.op === "hostWithin" || node.op === "domainWithin") linkFactTest(linker, node, path);
}

function linkFact(linker: Linker, node: FactNode, path: string): void {
  const provider = findProvider(linker, node, path);
  if (provider === undefined || linker.byNode.has(node)) return;
  const segments = parsePointer(node.at) ?? [];
  const declared = fieldType(provider, node.field);
  if (declared === undefined) {
    const known = Object.keys(provider.fields).join(", ");
    linker.report.add(`${path}/field`, `\`${provider.type}\` has no such field; it has ${known}.`);
    return;
  }
  const type: StaticType = segments.includes("*") ? { list: declared } : declared;
  if (!mayClaim(node.t, type)) {
    linker.report.add(`${path}/t`, `This field is of type ${formatType(type)}; write that type.`);
    return;
  }
  const extract = findExtractor(linker, provider, { fact: node, path });
  if (extract === undefined) return;
  const optional = node.optional === true;
  const key = canonicalize([node.type, node.at, node.options ?? NO_OPTIONS, optional]).text;
  let prepared = linker.shared.get(key);
  if (prepared === undefined) {
    prepared = { segments, optional, extract, predicates: predicatesOf(provider) };
    linker.shared.set(key, prepared);
  }
  linker.byNode.set(node, prepared);
}

function fieldType(provider: FactProvider, field: string): StaticType | undefined {
  if (field === "") return { map: "dyn" };
  return Object.hasOwn(provider.fields, field) ? provider.fields[field] : undefined;
}

function predicatesOf(provider: FactProvider): ReadonlyMap<string, FactPredicate> {
  const entries = Object.entries(provider.predicates ?? {});
  return new Map(entries.map(([operator, predicate]) => [operator, predicate.test]));
}

function findProvider(
  linker: Linker,
  fact: Pick<FactDeclaration, "type">,
  path: string,
): FactProvider | undefined {
  const provider = linker.providers.get(fact.type);
  if (provider !== undefined) return provider;
  const name = fact.type.split("@")[0];
  const other = linker.facts.find(({ type }) => type === name);
  const advice =
    other === undefined
      ? "give the guard a fact provider of this type"
      : `the provider given is version ${other.version}; build the policy again with it`;
  linker.report.add(`${path}/type`, `There is no fact provider \`${fact.type}\`: ${advice}.`);
  return undefined;
}

function findExtractor(
  linker: Linker,
  provider: FactProvider,
  {
    fact,
    path,
  }: { readonly fact: Pick<FactDeclaration, "type" | "options">; readonly path: string },
): FactExtractor | undefined {
  const options = fact.options ?? NO_OPTIONS;
  const key = canonicalize([fact.type, options]).text;
  if (!linker.extractors.has(key)) linker.extractors.set(key, prepare(provider, options));
  const extract = linker.extractors.get(key);
  if (extract === undefined) {
    linker.report.add(`${path}/options`, `\`${provider.type}\` does not take these options.`);
  }
  return extract;
}

function prepare(provider: FactProvider, options: JsonObject): FactExtractor | undefined {
  try {
    const extract = provider.prepare(options);
    return typeof extract === "function" ? extract : undefined;
  } catch {
    return undefined;
  }
}

function linkFactTest(linker: Linker, node: FactTestNode, path: string): void {
  const provider = linker.providers.get(node.a.type);
  // An unknown provider is reported at the fact itself.
  if (provider === undefined) return;
  const predicate = provider.predicates?.[node.op];
  if (predicate === undefined) {
    linker.report.add(`${path}/op`, `\`${provider.type}\` has no predicate \`${node.op}\`.`);
  } else if (predicate.field !== node.a.field) {
    const message = `\`${node.op}\` reads the field \`${predicate.field}\`; write that field.`;
    linker.report.add(`${path}/a/field`, message);
  }
}

function linkPattern(linker: Linker, source: string, path: string): void {
  if (linker.patterns.has(source)) return;
  const verdict = vetSearchPattern(source);
  if (verdict.kind === "native") {
    linker.patterns.set(source, verdict);
    return;
  }
  // What is refused outright was reported when the document was parsed.
  if (verdict.kind === "refused") return;
  if (linker.matcher === undefined) {
    const message =
      "This pattern needs a linear engine; give the guard a pattern matcher, or anchor the " +
      "pattern with ^ and use at most one unbounded repeat.";
    linker.report.add(`${path}/pattern`, message);
    return;
  }
  try {
    linker.patterns.set(source, { pattern: linker.matcher.compile(source), weight: 1 });
  } catch {
    linker.report.add(`${path}/pattern`, "The pattern matcher refuses this pattern.");
  }
}
