import type { Usage } from "../ports/session-store.ts";

/**
 * Copies reported token use and believes none of its numbers.
 *
 * @throws {TypeError} when a number is missing, not finite or negative.
 */
export function checkUsage({ inputTokens, outputTokens }: Usage): Usage {
  if (![inputTokens, outputTokens].every((tokens) => Number.isFinite(tokens) && tokens >= 0)) {
    throw new TypeError("Reported token use must be finite and not negative.");
  }
  return Object.freeze({ inputTokens, outputTokens });
}
