import type { FactDeclaration, FactProvider } from "@portcullis/core";
import { didYouMean, listed, quoted } from "../../text/suggest.ts";
import { BOOL, DYN, fromStaticType, listOf } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import type { DeclaredFactDraft, FactDraft, FactTestDraft } from "../draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";

/** Checks a field of an inline fact. */
export function checkFact(draft: FactDraft, checking: Checking): Type {
  checking.check(draft.of);
  return draft.fieldType;
}

/** Checks a field of a declared fact. */
export function checkDeclaredFact(draft: DeclaredFactDraft, checking: Checking): Type {
  const found = findFact(draft, checking);
  if (found === undefined || draft.field === undefined) return DYN;
  const { provider, declaration } = found;
  const type = Object.hasOwn(provider.fields, draft.field)
    ? provider.fields[draft.field]
    : undefined;
  if (type === undefined) {
    const fields = Object.keys(provider.fields);
    const near = didYouMean(draft.field, fields) || `; there are ${listed(fields)}.`;
    fail(
      checking,
      draft.span,
      `The fact ${quoted(provider.type)} has no field ${quoted(draft.field)}${near}`,
    );
    return DYN;
  }
  const field = fromStaticType(type);
  return isMany(declaration) ? listOf(field) : field;
}

/** Checks a predicate of a fact. */
export function checkFactTest(draft: FactTestDraft, checking: Checking): Type {
  if (draft.of.op === "fact") {
    checking.check(draft.of);
    return BOOL;
  }
  const found = findFact(draft.of, checking);
  if (found === undefined) return BOOL;
  const { provider, declaration } = found;
  if (provider.predicates?.[draft.test] === undefined) {
    const names = Object.keys(provider.predicates ?? {});
    fail(
      checking,
      draft.span,
      `The fact ${quoted(provider.type)} has no predicate ${quoted(draft.test)}; it has ${names.length === 0 ? "none" : listed(names)}.`,
    );
  } else if (isMany(declaration)) {
    fail(
      checking,
      draft.span,
      "This fact stands for every element of a list; write the typed function inside `all` or `exists`.",
    );
  }
  return BOOL;
}

/** The declaration of a fact that this tool must have; `undefined` after an error. */
export function findFact(
  draft: DeclaredFactDraft,
  checking: Checking,
): { readonly declaration: FactDeclaration; readonly provider: FactProvider } | undefined {
  const { facts, name } = checking.tool;
  const declaration = Object.hasOwn(facts, draft.name) ? facts[draft.name] : undefined;
  const provider =
    declaration === undefined
      ? undefined
      : checking.providers.get(declaration.type.split("@")[0] ?? "");
  if (declaration !== undefined && provider !== undefined) return { declaration, provider };
  const near =
    didYouMean(draft.name, Object.keys(facts)) || "; declare it under `facts` of the tool.";
  fail(
    checking,
    draft.span,
    `The tool ${quoted(name)} declares no fact ${quoted(draft.name)}${near}`,
  );
  return undefined;
}

/** Whether a declared fact stands for every element of a list. */
export function isMany(declaration: FactDeclaration): boolean {
  return declaration.at.split("/").includes("*");
}
