import { didYouMean, listed, quoted } from "../../text/suggest.ts";
import { BOOL, comparable, describeType, isMapping, maybe } from "../../types/type.ts";
import type { Names, Type } from "../../types/type.ts";
import type { CompareDraft, Draft, LiteralDraft } from "../draft.ts";
import { describeDraft } from "./describe-draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";
import { refuseUntypedTime } from "./untyped-time.ts";

/** Checks `==`, `!=`, the orderings and `in`. */
export function checkComparison(draft: CompareDraft, checking: Checking): Type {
  const a = checking.check(draft.a);
  const b = checking.check(draft.b);
  if (refuseUnsealable(draft, [a, b], checking)) return BOOL;
  if (draft.op === "in") checkMembership(draft, [a, b], checking);
  else if (draft.op === "eq" || draft.op === "ne") checkEquality(draft, [a, b], checking);
  else checkOrder(draft, [a, b], checking);
  return BOOL;
}

/** What a hash is compared with is hashed before any rule is asked, so it must be there by then. */
function refuseUnsealable(
  draft: CompareDraft,
  [a, b]: readonly [Type, Type],
  checking: Checking,
): boolean {
  const sides = [
    [a, draft.b],
    [b, draft.a],
  ] as const;
  for (const [type, other] of sides) {
    if (type.kind !== "sealed" || other.op === "lit") continue;
    const isSealed = checking.types.get(other)?.kind === "sealed";
    if (other.op === "path" && (isSealed || typeof other.root === "string")) continue;
    fail(
      checking,
      other.span,
      `Of arguments of earlier calls only keyed hashes are kept; compare them with a constant, or with a path such as \`args.id\`, not with ${describeDraft(other)}.`,
    );
    return true;
  }
  return false;
}

function checkEquality(
  draft: CompareDraft,
  [a, b]: readonly [Type, Type],
  checking: Checking,
): void {
  if (refuseUntypedTime(draft, [a, b], checking) || refuseRecord(draft, [a, b], checking)) return;
  if (!comparable(a, b)) {
    const other = a.kind === "null" ? draft.b : draft.a;
    const message =
      a.kind === "null" || b.kind === "null"
        ? `${describeDraft(other)} is never null; ask \`has(…)\` whether it is there.`
        : `${describeDraft(draft.a)} is ${describeType(a)} and ${describeDraft(draft.b)} is ${describeType(b)}; they are never equal.${conversionHint(draft, a, b)}`;
    fail(checking, draft.span, message);
    return;
  }
  checkNames(draft.a, b, checking);
  checkNames(draft.b, a, checking);
}

/** Nothing that an author can write equals a record of times as a whole. */
function refuseRecord(
  draft: CompareDraft,
  types: readonly [Type, Type],
  checking: Checking,
): boolean {
  const operand = [draft.a, draft.b][types.findIndex(isRecordOfTimes)];
  if (operand === undefined) return false;
  fail(
    checking,
    operand.span,
    `${describeDraft(operand)} holds times; compare what is in it one by one, such as \`c.at < now\`.`,
  );
  return true;
}

function isRecordOfTimes(type: Type): boolean {
  const element = type.kind === "list" ? type.of() : type;
  return element.kind === "object" && element.holdsTimes === true;
}

function checkOrder(draft: CompareDraft, types: readonly [Type, Type], checking: Checking): void {
  const [a, b] = types;
  if (refuseUntypedTime(draft, types, checking)) return;
  for (const [operand, type] of [
    [draft.a, a],
    [draft.b, b],
  ] as const) {
    if (!maybe(type, "int", "double", "string", "timestamp", "duration")) {
      fail(
        checking,
        operand.span,
        `${describeDraft(operand)} is ${describeType(type)}, which has no order.`,
      );
      return;
    }
  }
  if (comparable(a, b)) return;
  fail(
    checking,
    draft.span,
    `${describeDraft(draft.a)} is ${describeType(a)} and ${describeDraft(draft.b)} is ${describeType(b)}; they have no order.${conversionHint(draft, a, b)}`,
  );
}

function conversionHint(draft: CompareDraft, a: Type, b: Type): string {
  for (const [text, other] of [
    [draft.a, b],
    [draft.b, a],
  ] as const) {
    if (text.op === "lit" && typeof text.value === "string") {
      if (maybe(other, "int", "double") && /^-?\d+(\.\d+)?$/.test(text.value)) {
        return " Write the number without quotes.";
      }
      if (other.kind === "bool" && /^(true|false)$/.test(text.value))
        return " Write it without quotes.";
    }
    if (text.op === "lit" && typeof text.value === "number" && other.kind === "string") {
      return " Write the text in quotes.";
    }
  }
  for (const [type, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (type.kind === "string" && (other.kind === "timestamp" || other.kind === "duration")) {
      return ` Write \`${other.kind}(…)\` around the string.`;
    }
  }
  return "";
}

function checkMembership(
  draft: CompareDraft,
  [a, b]: readonly [Type, Type],
  checking: Checking,
): void {
  if (!maybe(b, "list", "map", "object")) {
    const hint = b.kind === "string" ? " For a part of a string write `x.contains(y)`." : "";
    fail(
      checking,
      draft.b.span,
      `\`in\` looks into a list or a mapping; ${describeDraft(draft.b)} is ${describeType(b)}.${hint}`,
    );
    return;
  }
  if (b.kind === "list") {
    const element = b.of();
    if (refuseRecord(draft, [a, element], checking)) return;
    if (refuseUntypedTime(draft, [a, element], checking)) return;
    if (comparable(a, element)) {
      checkNames(draft.a, element, checking);
      if (draft.b.op === "lit") checkNames(draft.b, a, checking);
      return;
    }
    fail(
      checking,
      draft.span,
      `${describeDraft(draft.a)} is ${describeType(a)}; the elements of ${describeDraft(draft.b)} are ${plural(element)}.`,
    );
    return;
  }
  if (isMapping(b)) checkKey(draft, a, checking);
  else if (!refuseRecord(draft, [a, b], checking)) refuseUntypedTime(draft, [a, b], checking);
}

function checkKey(draft: CompareDraft, key: Type, checking: Checking): void {
  if (!maybe(key, "string")) {
    fail(
      checking,
      draft.a.span,
      `Keys of a mapping are strings; ${describeDraft(draft.a)} is ${describeType(key)}.`,
    );
    return;
  }
  const holder = checking.types.get(draft.b);
  const name = draft.a.op === "lit" ? draft.a.value : undefined;
  if (holder?.kind !== "object" || holder.rest !== undefined || typeof name !== "string") return;
  if (holder.member(name) !== undefined) return;
  const near = didYouMean(name, holder.names) || `; there are ${listed(holder.names)}.`;
  checking.soft.push({
    draft: draft.a,
    message: `${describeDraft(draft.b)} never has a member ${quoted(name)}${near}`,
  });
}

/** Checks literal texts against the texts that the other side can be. */
function checkNames(operand: Draft, other: Type, checking: Checking): void {
  if (operand.op !== "lit") return;
  const element = other.kind === "list" ? other.of() : other;
  if (element.kind !== "string" || element.names === undefined) return;
  for (const value of Array.isArray(operand.value) ? operand.value : [operand.value]) {
    if (typeof value === "string") checkName(value, { operand, names: element.names, checking });
  }
}

function checkName(
  value: string,
  {
    operand,
    names,
    checking,
  }: { readonly operand: LiteralDraft; readonly names: Names; readonly checking: Checking },
): void {
  if (names.all.has(value)) return;
  const near =
    didYouMean(value, names.all) ||
    (names.all.size === 0
      ? "."
      : `; there ${names.all.size === 1 ? "is" : "are"} ${listed(names.all)}.`);
  const message = `${quoted(value)} is no ${names.what}${near}`;
  if (names.always) fail(checking, operand.span, message);
  else checking.soft.push({ draft: operand, message });
}

function plural(type: Type): string {
  const words = describeType(type);
  return words.startsWith("a ") || words.startsWith("an ")
    ? `${words.replace(/^an? /, "")}s`
    : words;
}
