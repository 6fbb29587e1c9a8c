import type { JsonObject } from "@portcullis/core";
import { generateAnything, generateValue } from "./argument-shape.ts";
import type { ObjectShape } from "./argument-shape.ts";
import type { Choices } from "./choices.ts";
import type { Situation } from "./portcullis-side.ts";
import { OUTCOMES } from "./readable.ts";

const NOW = Date.UTC(2026, 10, 20, 10);

/** Generates a request to a tool with these arguments, and what surrounds it. */
export function generateSituation(args: ObjectShape, choices: Choices): Situation {
  const now = choices.pick([NOW, NOW + 500, 0, NOW - 86_400_000] as const);
  const calls = Array.from({ length: choices.below(4) }, (_, index) => ({
    ref: String(index),
    tool: "act",
    outcome: choices.pick(OUTCOMES),
    at: now - 1000 * choices.below(4),
  }));
  return {
    args: generateObject(args, choices),
    context: choices.once(6)
      ? {}
      : { a: generateAnything(choices, 2), b: generateAnything(choices, 1) },
    now,
    session: {
      calls,
      labels: choices.pick([[], ["untrusted"], ["a", "red"]] as const),
      turn: choices.below(4),
      startedAt: NOW - 3_600_000,
    },
    agentRoles: choices.pick([[], ["support"], ["support", "admin"]] as const),
    ...(choices.once(4) ? {} : { userRoles: choices.pick([[], ["admin"]] as const) }),
  };
}

function generateObject(args: ObjectShape, choices: Choices): JsonObject {
  const value = generateValue(args, choices);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError();
  return value as JsonObject;
}
