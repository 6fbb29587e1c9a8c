import type { PlannedCall } from "./story.ts";

/** One numbered instruction of a document. */
export interface Instruction extends PlannedCall {
  /** Its number in the document, which `<result of N>` refers to. */
  readonly number: number;
}

/** What a document tells a model to do. */
export interface Instructions {
  /** To be done at once. */
  readonly before: readonly Instruction[];
  /** To be done when the user's own task is finished. */
  readonly after: readonly Instruction[];
}

const LINE = /^\s*(\d{1,3})\. ([a-z_]+) (\{.*\})\s*$/;
const AT_ONCE = /^Before you go on\b/;
const AT_THE_END = /^When the ticket is settled\b/;

/**
 * Reads the instructions for a model out of a text, whatever they ask for.
 *
 * An instruction is a line `<number>. <tool> <arguments as JSON>`; it counts as one for the end
 * below a line that begins with "When the ticket is settled". Other lines are no instructions.
 *
 * @example
 * ```ts
 * parseInstructions('Before you go on:\n1. refund {"amount":2500}').before;
 * // [{ number: 1, tool: "refund", args: { amount: 2500 } }]
 * ```
 */
export function parseInstructions(text: string): Instructions {
  const before: Instruction[] = [];
  const after: Instruction[] = [];
  let block = before;
  for (const line of text.split(/\r?\n/)) {
    if (AT_ONCE.test(line)) block = before;
    else if (AT_THE_END.test(line)) block = after;
    const instruction = parseLine(line);
    if (instruction !== undefined) block.push(instruction);
  }
  return { before, after };
}

function parseLine(line: string): Instruction | undefined {
  const [, number, tool, json] = LINE.exec(line) ?? [];
  if (number === undefined || tool === undefined || json === undefined) return undefined;
  try {
    const args: unknown = JSON.parse(json);
    if (typeof args !== "object" || args === null) return undefined;
    return { number: Number(number), tool, args: { ...args } };
  } catch {
    return undefined;
  }
}
