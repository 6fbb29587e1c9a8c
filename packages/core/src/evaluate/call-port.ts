import type { Json, JsonObject } from "../json.ts";
import type { FactExtractor, FactPredicate } from "../ports/fact-provider.ts";
import type { CompiledPattern } from "../ports/pattern-matcher.ts";
import { canonicalize } from "../canonical-json.ts";
import type { Tri } from "./frame.ts";
import { isObject } from "./frame.ts";

/** Runs an extractor; a throw, a wrong shape or a failure is `undefined`. */
export function extractSafely(
  extract: FactExtractor,
  value: Json,
  now: number,
): JsonObject | undefined {
  try {
    const result = extract(value, { now });
    if (!result.ok) return undefined;
    const fields = canonicalize(result.value).value;
    return isObject(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}

/** Runs a predicate of a fact type; a throw or anything but a boolean is an error. */
export function testSafely(test: FactPredicate, field: Json, operand: Json): Tri {
  try {
    const result: unknown = test(field, operand);
    if (typeof result !== "boolean") return 2;
    return result ? 1 : 0;
  } catch {
    return 2;
  }
}

/** Runs a pattern; a throw or anything but a boolean is an error. */
export function findSafely(pattern: CompiledPattern, text: string): Tri {
  try {
    const result: unknown = pattern.test(text);
    if (typeof result !== "boolean") return 2;
    return result ? 1 : 0;
  } catch {
    return 2;
  }
}
