import type { SyntaxNode, Word } from "unbash";
import { FactFailure } from "../fact-result.ts";
import { evaluateWord } from "./static-word.ts";
import { checkVariable } from "./variables.ts";

const NUMBER = /^\s*[+-]?\d+\s*$/;

/**
 * Refuses syntax that runs what the text does not show, or that shells read differently.
 *
 * Bash evaluates names in arithmetic again and again, so that `x='a[$(id)]'; echo $((x))` runs `id`;
 * `[[`, `((` and `$'\''` are something else to a POSIX shell.
 *
 * @throws {FactFailure} `unsupported`, `dynamic` or `malformed`.
 */
export function checkSyntax(node: SyntaxNode): void {
  switch (node.type) {
    case "Script":
      if ((node.errors?.length ?? 0) > 0) throw new FactFailure("malformed");
      if (node.shebang !== undefined) throw new FactFailure("unsupported");
      break;
    case "Function":
    case "Coproc":
    case "Select":
    case "ArithmeticCommand":
    case "ArithmeticFor":
    case "ArithmeticCommandExpansion":
    case "ExtendedGlob":
    case "TestLogical":
    case "TestGroup":
    case "Transform":
    case "Names":
    case "Unknown":
      throw new FactFailure("unsupported");
    case "For":
      checkVariable(node.name.value);
      break;
    case "Assignment":
      checkVariable(node.name);
      if (node.index !== undefined) checkNumber(node.index);
      break;
    case "ArrayValue":
      if (node.elements.some(({ text }) => text.startsWith("["))) {
        throw new FactFailure("unsupported");
      }
      break;
    case "CommandExpansion":
    case "ProcessSubstitution":
      // The walk passes over a script that was not parsed.
      if (node.script === undefined) throw new FactFailure("malformed");
      if (node.text.startsWith("${")) throw new FactFailure("unsupported");
      break;
    case "ArithmeticExpansion":
      if (node.expression === undefined) throw new FactFailure("dynamic");
      break;
    case "ArithmeticWord":
      if (!/^(?:\d+|0x[\da-f]+)$/i.test(node.value)) throw new FactFailure("dynamic");
      break;
    case "ParameterExpansion":
      if (node.prefix === "!") throw new FactFailure("dynamic");
      if (node.index !== undefined && !/^[@*]$/.test(node.index.text)) checkNumber(node.index);
      if (node.operation?.type === "Default" && node.operation.operator.endsWith("=")) {
        checkVariable(node.parameter);
      }
      break;
    case "Slice":
      checkNumber(node.offset);
      if (node.length !== undefined) checkNumber(node.length);
      break;
    case "AnsiCQuoted":
      // A POSIX shell ends the quote at `\'`; a NUL ends the word for bash.
      if (node.text.includes("\\'") || !/^[\t\n -~]*$/.test(node.value)) {
        throw new FactFailure("unsupported");
      }
      break;
    case "TestUnary":
      if (/^-[vR]$/.test(node.operator)) throw new FactFailure("unsupported");
      break;
    case "TestBinary":
      checkComparison(node.operator, node.left, node.right);
      break;
    // Every type of node stands here, so that a new one of the parser does not compile.
    case "AndOr":
    case "ArithmeticBinary":
    case "ArithmeticGroup":
    case "ArithmeticTernary":
    case "ArithmeticUnary":
    case "BraceExpansion":
    case "BraceGroup":
    case "Case":
    case "CaseItem":
    case "CaseModification":
    case "Command":
    case "CompoundList":
    case "Default":
    case "DoubleQuoted":
    case "Elif":
    case "FileDescriptor":
    case "FileDescriptorVariable":
    case "Glob":
    case "HereDoc":
    case "HereDocBody":
    case "HereDocDelimiter":
    case "HereString":
    case "If":
    case "Literal":
    case "LocaleString":
    case "Negation":
    case "Pipeline":
    case "Redirect":
    case "Redirected":
    case "Remove":
    case "Replace":
    case "SimpleExpansion":
    case "SingleQuoted":
    case "Statement":
    case "Subshell":
    case "TestCommand":
    case "TestNot":
    case "Time":
    case "While":
    case "Word":
      break;
  }
}

function checkComparison(operator: string, left: Word, right: Word): void {
  if (/^[<>]$/.test(operator)) throw new FactFailure("unsupported");
  if (/^-(?:eq|ne|lt|le|gt|ge)$/.test(operator)) {
    checkNumber(left);
    checkNumber(right);
  }
  if (/[|&;()<>`]/.test(right.text)) throw new FactFailure("unsupported");
}

/** What is evaluated as arithmetic must be a number that stands there. */
function checkNumber(word: Word): void {
  if (!NUMBER.test(evaluateWord(word).value ?? "")) throw new FactFailure("dynamic");
}
