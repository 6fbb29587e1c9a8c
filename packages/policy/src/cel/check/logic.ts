import { BOOL, DYN, EITHER_NUMBER, comparable, describeType, maybe } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import type { CondDraft, Draft, LogicDraft, UnaryDraft } from "../draft.ts";
import { describeDraft } from "./describe-draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";
import { knownTruth } from "./presence.ts";
import { refuseUntypedTime } from "./untyped-time.ts";

/**
 * Checks `&&` and `||`. Operands beside one that decides for this tool, because it asks `has()`
 * for what the tool does not declare, are not checked for it: their errors are absorbed.
 */
export function checkLogic(draft: LogicDraft, checking: Checking): Type {
  const decisive = draft.op === "or";
  const deciding = draft.of.filter((operand) => knownTruth(operand, checking) === decisive);
  for (const operand of deciding.length > 0 ? deciding : draft.of) {
    requireBool(operand, checking.check(operand), checking);
  }
  return BOOL;
}

/** Checks `!a`. */
export function checkNot(draft: UnaryDraft, checking: Checking): Type {
  requireBool(draft.a, checking.check(draft.a), checking);
  return BOOL;
}

/** Checks `c ? a : b`; a branch that this tool never takes is not checked for it. */
export function checkCond(draft: CondDraft, checking: Checking): Type {
  requireBool(draft.c, checking.check(draft.c), checking);
  const known = knownTruth(draft.c, checking);
  if (known !== undefined) return checking.check(known ? draft.a : draft.b);
  const a = checking.check(draft.a);
  const b = checking.check(draft.b);
  if (refuseUntypedTime(draft, [a, b], checking)) return a.kind === "dyn" ? b : a;
  if (a.kind === "sealed" || b.kind === "sealed") {
    const sealed = a.kind === "sealed" ? draft.a : draft.b;
    const message = `${describeDraft(sealed)} is ${describeType(a.kind === "sealed" ? a : b)}; compare it in each branch.`;
    fail(checking, sealed.span, message);
    return DYN;
  }
  if (a.kind === "dyn") return b.kind === "int" ? EITHER_NUMBER : b;
  if (b.kind === "dyn") return a.kind === "int" ? EITHER_NUMBER : a;
  if (a.kind === b.kind) return a;
  const message = comparable(a, b)
    ? `One branch is ${describeType(a)}, the other ${describeType(b)}; write both as the same, such as \`0.0\` for a double.`
    : `One branch is ${describeType(a)}, the other ${describeType(b)}; they must be of one type.`;
  fail(checking, draft.span, message);
  return DYN;
}

/** Refuses what cannot be true or false. */
export function requireBool(operand: Draft, type: Type, checking: Checking): void {
  if (maybe(type, "bool")) return;
  fail(
    checking,
    operand.span,
    `${describeDraft(operand)} is ${describeType(type)}, not true or false; write a comparison.`,
  );
}
