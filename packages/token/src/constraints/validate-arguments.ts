import type { JsonObject } from "@portcullis/core";
import { acceptsArguments } from "@portcullis/core";
import type { ArgumentConstraints } from "./tool-constraints.ts";

/** Whether arguments lie within what a token grants; says no more, since values stay out of texts. */
export type ArgumentValidation = { readonly ok: true } | { readonly ok: false };

/**
 * Checks canonical arguments against what a token grants for their tool.
 *
 * @example
 * ```ts
 * const tools = parseToolConstraints({ pay: { to: { constraint_type: "exact", value: "ann" } } });
 * validateArguments(tools.get("pay"), { to: "bob" }); // { ok: false }
 * ```
 */
export function validateArguments(
  constraints: ArgumentConstraints | undefined,
  args: JsonObject,
): ArgumentValidation {
  if (constraints === undefined) return { ok: false };
  return { ok: constraints === "any" || acceptsArguments(constraints, args) };
}
