import { FactFailure } from "../fact-result.ts";
import type { ShellWord } from "./static-word.ts";
import { checkVariable } from "./variables.ts";

/** A command that runs another one. */
interface Wrapper {
  /** Options without an argument, exactly as they are written. */
  readonly flags: readonly string[];
  /** Options whose argument follows as the next word, or after `=` for long ones. */
  readonly valued: readonly string[];
  /** Options with their argument in the same word. */
  readonly attached?: RegExp;
  /** Words between the options and the command. */
  readonly operands: number;
  /** Whether `NAME=value` may stand before the command. */
  readonly takesAssignments: boolean;
  /** Whether it may stand without a command. */
  readonly mayStandAlone: boolean;
}

const PLAIN = { flags: [], valued: [], operands: 0, takesAssignments: false, mayStandAlone: false };

const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  [
    "env",
    {
      ...PLAIN,
      flags: ["-i", "--ignore-environment", "-0", "--null"],
      valued: ["-u", "--unset"],
      takesAssignments: true,
      mayStandAlone: true,
    },
  ],
  [
    "nice",
    { ...PLAIN, valued: ["-n", "--adjustment"], attached: /^-(?:n-?)?\d+$/, mayStandAlone: true },
  ],
  ["nohup", PLAIN],
  ["setsid", { ...PLAIN, flags: ["-c", "-f", "-w", "--ctty", "--fork", "--wait"] }],
  [
    "stdbuf",
    {
      ...PLAIN,
      valued: ["-i", "-o", "-e", "--input", "--output", "--error"],
      attached: /^-[ioe](?:L|\d+[KMG]?)$/,
    },
  ],
  [
    "timeout",
    {
      ...PLAIN,
      flags: ["-v", "--verbose", "--preserve-status", "--foreground"],
      valued: ["-s", "--signal", "-k", "--kill-after"],
      attached: /^-[sk]\w+$/,
      operands: 1,
    },
  ],
  ["time", { ...PLAIN, flags: ["-p"] }],
  ["command", { ...PLAIN, flags: ["-p"] }],
  [
    "sudo",
    {
      ...PLAIN,
      flags: ["-n", "--non-interactive", "-H", "--set-home", "-E", "--preserve-env"],
      valued: ["-u", "--user", "-g", "--group"],
      attached: /^-[ug][A-Za-z_][\w-]*$/,
      takesAssignments: true,
    },
  ],
  ["doas", { ...PLAIN, flags: ["-n"], valued: ["-u"] }],
]);

/** What a wrapper runs. */
export interface Unwrapped {
  /** Variables that it sets for the command. */
  readonly assigns: readonly string[];
  /** The command, none where the wrapper runs nothing. */
  readonly words: readonly ShellWord[];
}

/**
 * Reads the command that a wrapper runs; `undefined` for a command that is no wrapper.
 *
 * @throws {FactFailure} `unsupported` for an option that the table does not have, `dynamic` for a
 * word before the command that is not known, `malformed` where a command must stand.
 */
export function unwrapCommand(program: string, argv: readonly ShellWord[]): Unwrapped | undefined {
  const wrapper = WRAPPERS.get(program);
  if (wrapper === undefined) return undefined;
  // `command -v` looks a command up and does not run it.
  if (program === "command" && /^-[vV]$/.test(argv[0]?.value ?? "")) return NOTHING;
  let at = skipOptions(wrapper, argv);
  const assigns: string[] = [];
  while (wrapper.takesAssignments && at < argv.length) {
    const word = staticAt(argv, at);
    const equals = word.indexOf("=");
    if (equals < 0) break;
    checkVariable(word.slice(0, equals));
    assigns.push(word.slice(0, equals));
    at += 1;
  }
  for (let count = 0; count < wrapper.operands; count += 1, at += 1) staticAt(argv, at);
  if (at >= argv.length && !wrapper.mayStandAlone) throw new FactFailure("malformed");
  return { assigns, words: argv.slice(at) };
}

const NOTHING: Unwrapped = { assigns: [], words: [] };

function skipOptions({ flags, valued, attached }: Wrapper, argv: readonly ShellWord[]): number {
  let at = 0;
  while (at < argv.length) {
    const word = staticAt(argv, at);
    if (word === "--") return at + 1;
    if (!word.startsWith("-")) return at;
    const [long = ""] = word.split("=");
    if (flags.includes(word) || attached?.test(word) === true) {
      at += 1;
    } else if (word.includes("=") && word.startsWith("--") && valued.includes(long)) {
      at += 1;
    } else if (valued.includes(word)) {
      staticAt(argv, at + 1);
      at += 2;
    } else {
      throw new FactFailure("unsupported");
    }
  }
  return at;
}

function staticAt(argv: readonly ShellWord[], at: number): string {
  const word = argv[at];
  if (word === undefined) throw new FactFailure("malformed");
  if (word.value === undefined) throw new FactFailure("dynamic");
  return word.value;
}
