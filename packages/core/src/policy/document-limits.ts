import type { CanonicalLimits } from "../canonical-json.ts";

/** Bounds of a policy document as a whole, about 100 000 rules. */
export const DOCUMENT_LIMITS: CanonicalLimits = Object.freeze({
  maxLength: 64 * 1024 * 1024,
  // An operand of `and` costs three levels: node, `of`, index.
  maxDepth: 256,
  maxNodes: 8_000_000,
});
