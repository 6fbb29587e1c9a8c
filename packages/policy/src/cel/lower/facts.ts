import type { FactProvider, JsonObject } from "@portcullis/core";
import { didYouMean, listed, quoted } from "../../text/suggest.ts";
import { fromStaticType } from "../../types/type.ts";
import { refuse } from "../condition-error.ts";
import type { DeclaredFactDraft, FactDraft, FactTestDraft } from "../draft.ts";
import type { CelNode } from "../parse-cel.ts";
import { requireArgument } from "./flow.ts";
import { literalMapOf, lowerLiteral } from "./literals.ts";
import type { Call, Lowering, Scope } from "./lowering.ts";
import { declaredFactOf, lowerPath, requirePath } from "./paths.ts";

/** Names of the predicates of facts. */
export const FACT_TESTS: ReadonlySet<string> = new Set<FactTestDraft["test"]>([
  "within",
  "hostWithin",
  "domainWithin",
  "inCidr",
]);

// `secrets(x)` and `pii(x)` are `scan` for one kind.
const SCANS: ReadonlyMap<string, JsonObject> = new Map([
  ["secrets", { kinds: ["secret"] }],
  ["pii", { kinds: ["pii"] }],
]);

/** Whether a function is a typed one for which a provider was given. */
export function isFactFunction(name: string, { providers }: Lowering): boolean {
  return providers.has(SCANS.has(name) ? "scan" : name);
}

/** Lowers `url(args.url).host`; `undefined` where the node is no field of a typed function. */
export function lowerFactField(
  node: CelNode,
  scope: Scope,
  lowering: Lowering,
): FactDraft | undefined {
  if (node.op !== ".") return undefined;
  const [holder, field] = node.args;
  if (holder.op !== "call") return undefined;
  const source = factSourceOf(holder, scope, lowering);
  if (source === undefined) return undefined;
  const type = Object.hasOwn(source.provider.fields, field)
    ? source.provider.fields[field]
    : undefined;
  if (type === undefined) {
    const fields = Object.keys(source.provider.fields);
    const near = didYouMean(field, fields) || `; there are ${listed(fields)}.`;
    return refuse(
      { start: node.end - field.length, end: node.end },
      `The fact ${quoted(source.provider.type)} has no field ${quoted(field)}${near}`,
    );
  }
  return factDraft(node, source, { field, fieldType: fromStaticType(type) });
}

/** Lowers `url(args.url).hostWithin("example.com")` and `facts.dest.hostWithin(…)`. */
export function lowerFactTest(
  { node, name, receiver, args }: Call,
  scope: Scope,
  lowering: Lowering,
): FactTestDraft {
  const [operand, more] = args;
  if (!isFactTest(name) || receiver === undefined || operand === undefined || more !== undefined) {
    return refuse(node, `\`${name}\` takes one text.`);
  }
  const literal = lowerLiteral(operand);
  if (literal === undefined || typeof literal.value !== "string") {
    return refuse(operand, `\`${name}\` takes a text that stands there.`);
  }
  const of = factOf(receiver, name, { scope, lowering });
  return { op: "fact-test", span: node, test: name, of, operand: literal };
}

/** The provider's own field that a predicate reads; refused where it has no such predicate. */
export function predicateField(
  provider: FactProvider,
  test: FactTestDraft["test"],
  span: { readonly start: number; readonly end: number },
): string {
  const predicate = provider.predicates?.[test];
  if (predicate !== undefined) return predicate.field;
  const names = Object.keys(provider.predicates ?? {});
  return refuse(
    span,
    `The fact ${quoted(provider.type)} has no predicate ${quoted(test)}; it has ${names.length === 0 ? "none" : listed(names)}.`,
  );
}

function factOf(
  receiver: CelNode,
  test: FactTestDraft["test"],
  { scope, lowering }: { readonly scope: Scope; readonly lowering: Lowering },
): FactDraft | DeclaredFactDraft {
  if (receiver.op === "call") {
    const source = factSourceOf(receiver, scope, lowering);
    if (source !== undefined) {
      const field = predicateField(source.provider, test, receiver);
      const type = source.provider.fields[field] ?? "dyn";
      return factDraft(receiver, source, { field, fieldType: fromStaticType(type) });
    }
    lowering.lower(receiver, scope);
  }
  const path = lowerPath(receiver, scope, lowering);
  const declared = path === undefined ? undefined : declaredFactOf(path);
  if (declared === undefined || declared.field !== undefined) {
    return refuse(
      receiver,
      `\`${test}\` follows a typed function or a declared fact, such as \`url(args.url).hostWithin("example.com")\`.`,
    );
  }
  return declared;
}

interface FactSource {
  readonly provider: FactProvider;
  readonly of: FactDraft["of"];
  readonly options?: JsonObject;
}

function factSourceOf(
  call: Extract<CelNode, { op: "call" }>,
  scope: Scope,
  lowering: Lowering,
): FactSource | undefined {
  const [name, [operand, optionsNode, more]] = call.args;
  const fixed = SCANS.get(name);
  const provider = lowering.providers.get(fixed === undefined ? name : "scan");
  if (provider === undefined) return undefined;
  if (operand === undefined || more !== undefined) {
    return refuse(call, `\`${name}\` takes an argument, such as \`args.x\`, and perhaps options.`);
  }
  const of = requirePath(operand, scope, { lowering, use: `\`${name}\`` });
  requireArgument(of, `\`${name}\``);
  const options = optionsOf(optionsNode, fixed);
  prepare(provider, options ?? {}, optionsNode ?? call);
  return { provider, of, ...(options === undefined ? {} : { options }) };
}

function optionsOf(
  node: CelNode | undefined,
  fixed: JsonObject | undefined,
): JsonObject | undefined {
  if (node === undefined) return fixed;
  const options = literalMapOf(node);
  if (options === undefined) {
    return refuse(node, 'Options are a literal map, such as `{"base": "/workspace"}`.');
  }
  return { ...options, ...fixed };
}

function prepare(provider: FactProvider, options: JsonObject, node: CelNode): void {
  try {
    provider.prepare(options);
  } catch {
    refuse(node, `The fact ${quoted(provider.type)} does not accept these options.`);
  }
}

function factDraft(
  node: CelNode,
  { provider, of, options }: FactSource,
  { field, fieldType }: Pick<FactDraft, "field" | "fieldType">,
): FactDraft {
  return {
    op: "fact",
    span: node,
    type: provider.type,
    version: provider.version,
    of,
    field,
    fieldType,
    ...(options === undefined ? {} : { options }),
  };
}

function isFactTest(name: string): name is FactTestDraft["test"] {
  return FACT_TESTS.has(name);
}
