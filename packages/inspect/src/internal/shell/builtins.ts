import { FactFailure } from "../fact-result.ts";
import type { ShellWord } from "./static-word.ts";
import { checkVariable } from "./variables.ts";

// Change what names mean, or run text as commands.
const FORBIDDEN: ReadonlySet<string> = new Set(
  (
    "alias unalias eval exec source . trap enable hash builtin set shopt let mapfile readarray " +
    "complete compgen compopt bind fc history jobs coproc autoload zmodload emulate zcompile noglob " +
    "nocorrect function functions disable unfunction"
  ).split(" "),
);
const UNARY = /^-[bcdefghknprstuwxzGLNOS]$/;
const BINARY = /^(?:==?|!=|[<>]|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))$/;
const NUMERIC = /^-(?:eq|ne|lt|le|gt|ge)$/;
const NUMBER = /^[+-]?\d+$/;

/**
 * Refuses builtins that run text as commands, and arguments by which others do so: a subscript such
 * as `a[$(id)]` in the name of a variable is evaluated.
 *
 * @throws {FactFailure} `unsupported`, or `dynamic` where an argument is not known that decides.
 */
export function checkBuiltin(program: string, argv: readonly ShellWord[]): void {
  if (FORBIDDEN.has(program)) throw new FactFailure("unsupported");
  CHECKS.get(program)?.(argv);
}

type Check = (argv: readonly ShellWord[]) => void;

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["test", checkTest],
  ["[", (argv) => checkTest(withoutBracket(argv))],
  ["export", (argv) => checkDeclaration(argv, /^-p$/)],
  ["readonly", (argv) => checkDeclaration(argv, /^-p$/)],
  ["declare", (argv) => checkDeclaration(argv, /^-[xrglup]+$/)],
  ["typeset", (argv) => checkDeclaration(argv, /^-[xrglup]+$/)],
  ["local", (argv) => checkDeclaration(argv, /^-[xrglup]+$/)],
  ["unset", (argv) => checkDeclaration(argv, /^-[vf]$/)],
  ["read", checkRead],
  ["getopts", (argv) => checkNames(argv.slice(1, 2))],
  ["printf", checkPrintf],
  ["wait", checkWait],
]);

function checkTest(argv: readonly ShellWord[]): void {
  let words = argv;
  while (words.length > 1 && words[0]?.value === "!") words = words.slice(1);
  const values = words.map(({ value }) => value);
  if (values.some((value) => value === "-v" || value === "-R")) refuse("unsupported");
  const [first, middle, last] = values;
  const isNumeric = values.some((value) => value !== undefined && NUMERIC.test(value));
  if (isNumeric && values.length !== 3 && values.includes(undefined)) refuse("dynamic");
  if (isNumeric && values.length === 3) {
    for (const operand of [first, last]) {
      if (operand !== undefined && !NUMBER.test(operand)) refuse("unsupported");
    }
  }
  if (!values.includes(undefined)) return;
  // With a word that is not known, only a known operator says what the others are.
  const isKnown =
    words.every(({ isSingle }) => isSingle) &&
    (values.length === 1 ||
      (values.length === 2 && first !== undefined && UNARY.test(first)) ||
      (values.length === 3 && middle !== undefined && BINARY.test(middle)));
  if (!isKnown) refuse("dynamic");
}

function withoutBracket(argv: readonly ShellWord[]): readonly ShellWord[] {
  if (argv.at(-1)?.value !== "]") refuse("malformed");
  return argv.slice(0, -1);
}

function checkDeclaration(argv: readonly ShellWord[], options: RegExp): void {
  for (const word of argv) {
    if (!word.isSingle) refuse("dynamic");
    // An assignment with an unknown value; its name has been checked where it stands.
    if (word.assigns !== undefined) continue;
    if (word.value === undefined) refuse("dynamic");
    else if (word.value.startsWith("-")) {
      if (!options.test(word.value)) refuse("unsupported");
    } else checkVariable(/^([^+=]*)\+?=/.exec(word.value)?.[1] ?? word.value);
  }
}

function checkNames(argv: readonly ShellWord[]): void {
  for (const { value } of argv) {
    if (value === undefined) refuse("dynamic");
    else checkVariable(value);
  }
}

function checkRead(argv: readonly ShellWord[]): void {
  let at = 0;
  for (; at < argv.length; at += 1) {
    const value = argv[at]?.value;
    if (value === undefined) refuse("dynamic");
    else if (!value.startsWith("-")) break;
    else if (/^-[rs]*[pntd]$/.test(value)) at += 1;
    else if (!/^-[rs]+$/.test(value)) refuse("unsupported");
  }
  checkNames(argv.slice(at));
}

function checkPrintf(argv: readonly ShellWord[]): void {
  const [first] = argv;
  if (first === undefined) return;
  if (first.value === undefined) refuse("dynamic");
  else if (first.value.startsWith("-v")) refuse("unsupported");
}

function checkWait(argv: readonly ShellWord[]): void {
  if (argv.some(({ value }) => value?.startsWith("-") === true)) refuse("unsupported");
  if (argv.length > 1 && argv.some(({ value }) => value === undefined)) refuse("dynamic");
}

function refuse(code: "dynamic" | "malformed" | "unsupported"): never {
  throw new FactFailure(code);
}
