import { forEachChild, parse } from "unbash";
import type { Assignment, Command, CommandArgument, Redirection, SyntaxNode } from "unbash";
import { FactFailure } from "../fact-result.ts";
import { checkBuiltin } from "./builtins.ts";
import { checkSyntax } from "./check-syntax.ts";
import { inlineScript, refuseOpaque } from "./interpreters.ts";
import { readRedirects } from "./redirects.ts";
import type { ShellWord } from "./static-word.ts";
import { evaluateWord } from "./static-word.ts";
import { unwrapCommand } from "./wrappers.ts";

/** One command that a script may run. */
export interface ShellCommand {
  /** As it is written, with its path; empty for a redirection or assignment without a command. */
  readonly name: string;
  /** Arguments after the name. */
  readonly argv: readonly ShellWord[];
  /** Names of variables that are set for it. */
  readonly assigns: readonly string[];
  /** Files that its redirections read. */
  readonly reads: readonly string[];
  /** Files that its redirections write. */
  readonly writes: readonly string[];
}

/** What a script runs. */
export interface ShellScript {
  readonly commands: readonly ShellCommand[];
  readonly hasPipe: boolean;
  readonly hasBackground: boolean;
}

interface Reading {
  readonly commands: ShellCommand[];
  readonly interpreters: ReadonlySet<string>;
  /** Scripts around this one, as `sh -c` nests them. */
  readonly depth: number;
  hasPipe: boolean;
  hasBackground: boolean;
}

const MAX_COMMANDS = 64;
const MAX_DEPTH = 3;
const MAX_BYTES = 8192;

/**
 * Lists every command that a script may run, at any depth: in substitutions, here-documents,
 * wrappers and `sh -c`.
 *
 * @throws {FactFailure} when the script does not parse, or runs something that its text does not
 * name.
 */
export function readScript(text: string, interpreters: ReadonlySet<string>): ShellScript {
  const reading: Reading = {
    commands: [],
    interpreters,
    depth: 0,
    hasPipe: false,
    hasBackground: false,
  };
  readInto(reading, text);
  // Of nothing every "each command" holds.
  if (reading.commands.length === 0) throw new FactFailure("malformed");
  return reading;
}

function readInto(reading: Reading, text: string): void {
  checkText(text);
  const pending: SyntaxNode[] = [parse(text)];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    checkSyntax(node);
    readNode(reading, node);
    const children: SyntaxNode[] = [];
    // Only this walk reaches the scripts that stand behind getters.
    forEachChild(node, (child) => children.push(child));
    pending.push(...children.toReversed());
  }
}

function checkText(text: string): void {
  if (new TextEncoder().encode(text).length > MAX_BYTES) throw new FactFailure("too-large");
  // Other white space is none to a shell, and invisible characters hide what a name is.
  if (/[^\S \t\n]|[^\P{Cc}\t\n]|[\p{Cf}\p{Cs}]/u.test(text)) {
    throw new FactFailure("malformed");
  }
}

function readNode(reading: Reading, node: SyntaxNode): void {
  if (node.type === "Statement" && node.background === true) reading.hasBackground = true;
  if (node.type === "Pipeline" && node.commands.length > 1) reading.hasPipe = true;
  if (node.type === "Command") readCommand(reading, node);
  if (node.type === "Redirected") add(reading, { name: "", ...readRedirects(node.redirects) });
  // To shells without the keyword these are commands.
  if (node.type === "Time") add(reading, { name: "time" });
  if (node.type === "TestCommand") add(reading, { name: "[[", argv: [UNKNOWN] });
}

const UNKNOWN: ShellWord = { value: undefined, isSingle: false };

function readCommand(reading: Reading, command: Command): void {
  const assigns = command.prefix.filter(isAssignment).map(({ name }) => name);
  const { reads, writes } = readRedirects(command.redirects);
  if (command.name === undefined) {
    add(reading, { name: "", assigns, reads, writes });
    return;
  }
  const words = [evaluateWord(command.name), ...command.args.map(evaluateArgument)];
  runs(reading, words, { assigns, reads, writes });
}

/** Adds a command and what it runs in turn. */
function runs(
  reading: Reading,
  words: readonly ShellWord[],
  around: Pick<ShellCommand, "assigns" | "reads" | "writes">,
): void {
  const [first, ...argv] = words;
  if (first?.value === undefined) throw new FactFailure("dynamic");
  const name = first.value;
  if (name === "") throw new FactFailure("malformed");
  add(reading, { name, argv, ...around });
  const program = programOf(name);
  checkBuiltin(program, argv);
  const inner = unwrapCommand(program, argv);
  if (inner !== undefined) {
    if (inner.words.length === 0) return;
    runs(reading, inner.words, { ...around, assigns: [...around.assigns, ...inner.assigns] });
    return;
  }
  const isNamed = reading.interpreters.has(name);
  const script = isNamed ? inlineOrNone(program, argv) : inlineScript(program, argv);
  if (script === undefined) {
    if (!isNamed) refuseOpaque(program, argv);
    return;
  }
  if (reading.depth >= MAX_DEPTH) throw new FactFailure("unsupported");
  const nested: Reading = { ...reading, depth: reading.depth + 1 };
  readInto(nested, script);
  reading.hasPipe = nested.hasPipe;
  reading.hasBackground = nested.hasBackground;
}

/** As `inlineScript`, but a named shell may also read a file or its input. */
function inlineOrNone(program: string, argv: readonly ShellWord[]): string | undefined {
  try {
    return inlineScript(program, argv);
  } catch {
    return undefined;
  }
}

function add(reading: Reading, command: Partial<ShellCommand> & { readonly name: string }): void {
  if (reading.commands.length >= MAX_COMMANDS) throw new FactFailure("too-large");
  reading.commands.push({ argv: [], assigns: [], reads: [], writes: [], ...command });
}

// Programs are known by their file name, in any case: some file systems do not tell it apart.
function programOf(name: string): string {
  const file = name.slice(name.lastIndexOf("/") + 1).toLowerCase();
  return file.replace(/\.(?:exe|com|bat|cmd)$/, "");
}

function isAssignment(node: Assignment | Redirection): node is Assignment {
  return node.type === "Assignment";
}

function evaluateArgument(argument: CommandArgument): ShellWord {
  if (argument.type === "Word") return evaluateWord(argument);
  const { name, value, append, index } = argument;
  if (value.type !== "Word" || append === true || index !== undefined) {
    return { value: undefined, isSingle: true, assigns: name };
  }
  const { value: text, isSingle } = evaluateWord(value);
  return text === undefined
    ? { value: undefined, isSingle, assigns: name }
    : { value: `${name}=${text}`, isSingle };
}
