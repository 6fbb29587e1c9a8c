import { FactFailure } from "../fact-result.ts";

const NAME = /^[A-Za-z_]\w*$/;
// What decides which program runs, what it loads, or what else a shell or a tool executes.
const EXACT: ReadonlySet<string> = new Set(
  (
    "PATH IFS ENV CDPATH GLOBIGNORE EXECIGNORE SHELL SHELLOPTS POSIXLY_CORRECT PROMPT_COMMAND PAGER " +
    "EDITOR VISUAL BROWSER MANPAGER CLASSPATH JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS " +
    "GCONV_PATH LOCPATH NLSPATH HOSTALIASES TERMINFO RUSTC_WRAPPER MAKEFLAGS TAR_OPTIONS NULLCMD " +
    "READNULLCMD FPATH ZDOTDIR AWKPATH AWKLIBPATH"
  ).split(" "),
);
const PREFIX =
  /^(?:LD_|DYLD_|BASH|PS\d|NODE_|NPM_CONFIG_|PYTHON|PERL|RUBY|GEM_|BUNDLE_|GIT_|SSH_|SUDO_|LESS|PHP|LUA_)/;

/**
 * Refuses an assignment that changes what later commands run.
 *
 * @throws {FactFailure} `unsupported`, also where the name is not a plain one: a subscript is
 * evaluated and may run commands itself.
 */
export function checkVariable(name: string): void {
  const upper = name.toUpperCase();
  if (NAME.test(name) && !EXACT.has(upper) && !PREFIX.test(upper)) return;
  throw new FactFailure("unsupported");
}
