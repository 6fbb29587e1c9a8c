import { describeType } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import type { Draft } from "../draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";
import { describeDraft } from "./describe-draft.ts";

/**
 * Refuses a time beside a value of unknown type. Facts of the host and arguments are JSON, which
 * has no times: they are converted first.
 */
export function refuseUntypedTime(
  { a, b }: { readonly a: Draft; readonly b: Draft },
  [left, right]: readonly [Type, Type],
  checking: Checking,
): boolean {
  for (const [operand, type, other] of [
    [a, left, right],
    [b, right, left],
  ] as const) {
    const untyped = type.kind === "dyn" || type.kind === "union";
    if (untyped && (other.kind === "timestamp" || other.kind === "duration")) {
      fail(
        checking,
        operand.span,
        `${describeDraft(operand)} is ${describeType(type)}; write \`${other.kind}(…)\` around it to compare it with a ${other.kind}.`,
      );
      return true;
    }
  }
  return false;
}
