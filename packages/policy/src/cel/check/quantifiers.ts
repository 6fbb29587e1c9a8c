import { BOOL, DYN, STRING, describeType } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import type { QuantifierDraft } from "../draft.ts";
import { describeDraft } from "./describe-draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";
import { requireBool } from "./logic.ts";

/** Checks `all`, `exists` and `exists_one` over a list's elements or a mapping's keys. */
export function checkQuantifier(draft: QuantifierDraft, checking: Checking): Type {
  const over = checking.check(draft.over);
  checking.variables.set(draft.variable, elementOf(over, draft, checking));
  requireBool(draft.body, checking.check(draft.body), checking);
  return BOOL;
}

function elementOf(over: Type, draft: QuantifierDraft, checking: Checking): Type {
  if (over.kind === "dyn") return DYN;
  if (over.kind === "list") return over.of();
  if (over.kind === "map" || over.kind === "object") return STRING;
  if (over.kind === "union") {
    const parts = over.of.filter(
      ({ kind }) => kind === "list" || kind === "map" || kind === "object",
    );
    const [only] = parts;
    if (only !== undefined) return parts.length === 1 ? elementOf(only, draft, checking) : DYN;
  }
  fail(
    checking,
    draft.over.span,
    `\`${draft.op === "existsOne" ? "exists_one" : draft.op}\` looks at the elements of a list or the keys of a mapping; ${describeDraft(draft.over)} is ${describeType(over)}.`,
  );
  return DYN;
}
