import { acceptsArguments } from "./accepts-constraint.ts";
import { UNKNOWN } from "./evaluation-request.ts";
import type { JsonObject } from "./json.ts";
import type { Ceiling } from "./principal.ts";

/**
 * Tells whether a call lies within what was delegated: some grant names its tool and, where it
 * constrains arguments, names exactly the arguments present and accepts each.
 *
 * With `UNKNOWN` arguments only the tool's name counts.
 */
export function withinCeiling(
  ceiling: Ceiling,
  tool: string,
  args: JsonObject | typeof UNKNOWN,
): boolean {
  if (ceiling === "unlimited") return true;
  return ceiling.some((grant) => {
    if (grant.tool !== tool) return false;
    return grant.args === undefined || args === UNKNOWN || acceptsArguments(grant.args, args);
  });
}
