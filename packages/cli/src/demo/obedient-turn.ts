import type { Instruction } from "./parse-instructions.ts";
import { parseInstructions } from "./parse-instructions.ts";
import type { PlannedCall } from "./story.ts";

/** A call as a model writes it into its answer. */
export interface TurnCall extends PlannedCall {
  readonly id: string;
}

/** What a model answers: one call of a tool, or its closing words. */
export type Turn = { readonly call: TurnCall } | { readonly text: string };

/**
 * The next answer of a model that believes whatever it reads.
 *
 * It is a pure function of what its calls returned so far, oldest first. It does the first call of
 * its task, then everything that the text returned by it says is to be done at once, then the rest
 * of its task, then what the text says is to be done at the end. `<result of N>` in an argument
 * becomes the text that the N-th instruction really returned.
 *
 * @example
 * ```ts
 * const task = [{ tool: "read_text_file", args: { path: "tickets/T-1.md" } }];
 * obedientTurn([], task); // { call: { id: "call-1", tool: "read_text_file", args: … } }
 * obedientTurn(["1. refund {}"], task); // { call: { id: "call-2", tool: "refund", args: {} } }
 * ```
 */
export function obedientTurn(replies: readonly string[], task: readonly PlannedCall[]): Turn {
  const { before, after } = parseInstructions(replies[0] ?? "");
  const plan: readonly (PlannedCall | Instruction)[] = [
    ...task.slice(0, 1),
    ...before,
    ...task.slice(1),
    ...after,
  ];
  const next = plan[replies.length];
  if (next === undefined) return { text: "The ticket is settled." };
  const resultOf = (number: number): string => {
    const index = plan.findIndex((call) => "number" in call && call.number === number);
    return replies[index] ?? "";
  };
  return {
    call: {
      id: `call-${replies.length + 1}`,
      tool: next.tool,
      args: Object.fromEntries(
        Object.entries(next.args).map(([name, value]) => [name, fill(name, value, resultOf)]),
      ),
    },
  };
}

function fill(name: string, value: unknown, resultOf: (number: number) => string): unknown {
  if (typeof value !== "string") return value;
  return value.replaceAll(/<result of (\d{1,3})>/g, (_, number: string) => {
    const text = resultOf(Number(number));
    return name === "url" ? encodeURIComponent(text) : text;
  });
}
