import { BOOL, INT, describeType, maybe } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import type { Draft, MatchesDraft, StringTestDraft, UnaryDraft } from "../draft.ts";
import { describeDraft } from "./describe-draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";

/** Checks `startsWith`, `endsWith` and `contains`. */
export function checkStringTest(draft: StringTestDraft, checking: Checking): Type {
  requireString(draft.a, draft.op, checking);
  requireString(draft.b, draft.op, checking);
  return BOOL;
}

/** Checks `matches`. */
export function checkMatches(draft: MatchesDraft, checking: Checking): Type {
  requireString(draft.a, "matches", checking);
  return BOOL;
}

/** Checks `size`. */
export function checkSize(draft: UnaryDraft, checking: Checking): Type {
  const type = checking.check(draft.a);
  if (!maybe(type, "string", "list", "map", "object")) {
    fail(
      checking,
      draft.a.span,
      `\`size\` is for strings, lists and mappings; ${describeDraft(draft.a)} is ${describeType(type)}.`,
    );
  }
  return INT;
}

function requireString(operand: Draft, use: string, checking: Checking): void {
  const type = checking.check(operand);
  if (maybe(type, "string")) return;
  const hint =
    type.kind === "list"
      ? ` For an element of a list write \`x in ${describeDraft(operand).replaceAll("`", "")}\`.`
      : "";
  fail(
    checking,
    operand.span,
    `\`${use}\` is for strings; ${describeDraft(operand)} is ${describeType(type)}.${hint}`,
  );
}
