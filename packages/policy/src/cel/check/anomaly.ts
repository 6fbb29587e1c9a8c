import { DOUBLE, describeType, maybe } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import type { UnaryDraft } from "../draft.ts";
import { describeDraft } from "./describe-draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";

/** Checks `anomaly(args.x)`. */
export function checkAnomaly(draft: UnaryDraft, checking: Checking): Type {
  const type = checking.check(draft.a);
  if (!maybe(type, "int", "double")) {
    fail(
      checking,
      draft.a.span,
      `\`anomaly\` is for numbers; ${describeDraft(draft.a)} is ${describeType(type)}.`,
    );
  }
  return DOUBLE;
}
