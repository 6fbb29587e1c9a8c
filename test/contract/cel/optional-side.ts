import { Environment } from "@marcbachmann/cel-js";
import type { Json } from "@portcullis/core";
import type { Shape } from "./argument-shape.ts";
import type { Situation } from "./portcullis-side.ts";
import { bind } from "./reference-side.ts";

/** Evaluates CEL with `.?`, which only this library reads: true, false, or `undefined` for an error. */
export function evaluateOptional(
  text: string,
  situation: Situation,
  args: Shape,
): Json | undefined {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  });
  const { now, session } = situation;
  const bindings: Record<string, unknown> = { ...bind(situation, args) };
  bindings["now"] = new Date(now);
  bindings["session"] = {
    calls: session.calls.map((call) => ({ ...call, at: new Date(call.at) })),
    turn: BigInt(session.turn),
    startedAt: new Date(session.startedAt),
  };
  try {
    const value: unknown = environment.evaluate(text, bindings);
    return typeof value === "boolean" ? value : undefined;
  } catch {
    return undefined;
  }
}
