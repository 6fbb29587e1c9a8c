import { FactFailure } from "../fact-result.ts";
import type { ShellWord } from "./static-word.ts";

const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "dash", "zsh", "ksh"]);
const SHELL_OPTIONS: ReadonlySet<string> = new Set(["--norc", "--noprofile", "--posix"]);
const SET_OPTIONS: ReadonlySet<string> = new Set(["pipefail", "errexit", "nounset"]);

// Run commands or code that they build, fetch or read from somewhere else.
const OPAQUE: ReadonlySet<string> = new Set(
  (
    "xargs parallel ssh rsh mosh awk gawk mawk nawk original-awk busybox toybox su sg newgrp runuser " +
    "pkexec run0 chroot unshare nsenter setpriv capsh watch script flock strace ltrace gdb lldb perf " +
    "expect screen tmux systemd-run at batch crontab taskset chrt ionice numactl firejail bwrap proot " +
    "fakeroot rlwrap entr socat unbuffer setarch linux32 linux64 i386 x86_64 csh tcsh fish pwsh " +
    "powershell cmd osascript wish npx bunx pnpx uvx"
  ).split(" "),
);
const CODE =
  /^(?:python|pypy|perl|ruby|node|nodejs|php|lua|luajit|deno|bun|tclsh|rscript|ts-node|tsx)[\d.]*$/;
const LOADER = /^ld(?:-[\w.-]+)?\.so[\d.]*$/;
const VERSION: ReadonlySet<string> = new Set(["--version", "-V", "-v", "--help", "-h"]);
const FIND_ACTIONS: ReadonlySet<string> = new Set(
  "-exec -execdir -ok -okdir -delete -fprint -fprint0 -fprintf -fls".split(" "),
);

/**
 * The script of `sh -c 'script'`; `undefined` for a command that is no shell.
 *
 * @throws {FactFailure} `unsupported` where the shell reads a file or its input, or has another
 * option; `dynamic` where the script is not known.
 */
export function inlineScript(program: string, argv: readonly ShellWord[]): string | undefined {
  if (!SHELLS.has(program)) return undefined;
  let hasScript = false;
  let at = 0;
  for (; at < argv.length; at += 1) {
    const word = argv[at]?.value;
    if (word === undefined) throw new FactFailure("dynamic");
    if (SHELL_OPTIONS.has(word)) continue;
    if (!/^-[eux]*(?:c[eux]*)?o?$/.test(word) || word === "-") break;
    if (word.includes("c")) hasScript = true;
    if (!word.endsWith("o")) continue;
    at += 1;
    if (!SET_OPTIONS.has(argv[at]?.value ?? "")) throw new FactFailure("unsupported");
  }
  const first = argv[at];
  if (!hasScript || first === undefined) throw new FactFailure("unsupported");
  if (first.value === undefined) throw new FactFailure("dynamic");
  if (/^[-+]/.test(first.value)) throw new FactFailure("unsupported");
  return first.value;
}

/**
 * Refuses a command that runs what the text does not show.
 *
 * @throws {FactFailure} `unsupported`, or `dynamic` where an argument could make it such a command.
 */
export function refuseOpaque(program: string, argv: readonly ShellWord[]): void {
  if (OPAQUE.has(program) || LOADER.test(program)) throw new FactFailure("unsupported");
  if (program === "find") refuseFindActions(argv);
  if (!CODE.test(program)) return;
  const [first] = argv;
  if (first === undefined) throw new FactFailure("unsupported");
  if (first.value === undefined) throw new FactFailure("dynamic");
  if (argv.length === 1 && VERSION.has(first.value)) return;
  // A script in a file is named in the arguments; code in an option or on the input is not.
  if (/^-|^(?:eval|repl)$|^\/(?:dev|proc)\//.test(first.value))
    throw new FactFailure("unsupported");
}

function refuseFindActions(argv: readonly ShellWord[]): void {
  for (const { value } of argv) {
    if (value === undefined) throw new FactFailure("dynamic");
    if (FIND_ACTIONS.has(value)) throw new FactFailure("unsupported");
  }
}
