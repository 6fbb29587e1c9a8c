import { CONDITION_LIMITS } from "@portcullis/core";
import { Environment, ParseError } from "@marcbachmann/cel-js";
import type { ASTNode } from "@marcbachmann/cel-js";
import { refuse } from "./condition-error.ts";

/** A node of the CEL parser's tree. */
export type CelNode = ASTNode;

/**
 * Parses the text of a condition; only its syntax is looked at.
 *
 * @throws {ConditionError} when the text is too long, nested too deep or not CEL.
 */
export function parseCel(text: string): CelNode {
  const whole = { start: 0, end: text.length };
  if (utf8Length(text) > CONDITION_LIMITS.sourceBytes) {
    refuse(whole, `A condition is at most ${CONDITION_LIMITS.sourceBytes} bytes; divide the rule.`);
  }
  if (text.trim() === "") refuse(whole, "The condition is empty; leave `when` out for always.");
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: {
      maxAstNodes: 16_384,
      maxDepth: 128,
      maxListElements: CONDITION_LIMITS.listLiterals,
      maxMapEntries: 256,
      maxCallArguments: 8,
    },
  });
  try {
    return environment.parse(text).ast;
  } catch (error) {
    if (error instanceof ParseError) {
      const span = error.range ?? whole;
      return refuse(span, sentenceOf(error.code, error.summary, text.slice(span.start, span.end)));
    }
    // Unary operators recurse without a limit in the parser, so the stack can run out.
    if (error instanceof RangeError) return refuse(whole, "The condition is nested too deep.");
    throw error;
  }
}

function sentenceOf(code: string, summary: string, shown: string): string {
  if (code === "limit_exceeded") return `The condition is too large: ${summary}.`;
  if (shown === "=") return "`=` is not an operator; write `==`.";
  if (shown === "&" || shown === "|")
    return `\`${shown}\` is not an operator; write \`${shown}${shown}\`.`;
  if (code === "reserved_identifier") return `${summary}; the word is reserved in CEL.`;
  const near = WORD_OPERATORS.get(shown);
  if (near !== undefined) return `\`${shown}\` is not an operator of CEL; write \`${near}\`.`;
  return `Not CEL: ${summary}.`;
}

const WORD_OPERATORS: ReadonlyMap<string, string> = new Map([
  ["and", "&&"],
  ["or", "||"],
  ["not", "!"],
  ["is", "=="],
  ["AND", "&&"],
  ["OR", "||"],
  ["NOT", "!"],
]);

/** Bytes of a text in UTF-8. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else bytes += code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
