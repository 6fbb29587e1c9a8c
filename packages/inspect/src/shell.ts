import type { FactExtractor, FactProvider, FactResult, Json, JsonObject } from "@portcullis/core";
import { refuseUnknownOptions, textListOption } from "./internal/fact-options.ts";
import { extracted, extractOrFail, failed } from "./internal/fact-result.ts";
import type { ShellCommand } from "./internal/shell/read-script.ts";
import { readScript } from "./internal/shell/read-script.ts";

const MAX_LENGTH = 8192;

/**
 * Provider of `shell(x)`: every command that a script of bash or a POSIX shell may run.
 *
 * `commands` are objects `{ name, argv, static, assigns, reads, writes }`, `names` their different
 * names. An argument is `{ "value": "…", "static": true }`, or `{ "static": false }` where it is
 * known only at run time; `static` of the command says that all are known. The name is empty for a
 * redirection or assignment without a command.
 *
 * A name that is not known, a function, `eval` and its like, a wrapper's unknown option, a shell or
 * interpreter that reads its program from elsewhere, an assignment that decides what runs: each
 * fails the fact. Option `interpreters`: names (as they are written) of programs such as `xargs`
 * that may nevertheless be run.
 *
 * @example
 * ```ts
 * import { shellFacts } from "@portcullis/inspect/shell";
 *
 * const extract = shellFacts().prepare({});
 * extract("sudo sh -c 'ls | wc -l'", { now: 0 }); // names ["sudo", "sh", "ls", "wc"]
 * extract("$CMD x", { now: 0 }); // { ok: false, code: "dynamic" }
 * ```
 */
export function shellFacts(): FactProvider {
  return {
    type: "shell",
    version: 1,
    fields: {
      commands: { list: { map: "dyn" } },
      names: { list: "string" },
      hasPipe: "bool",
      hasBackground: "bool",
    },
    prepare: prepareShell,
  };
}

function prepareShell(options: JsonObject): FactExtractor {
  refuseUnknownOptions("shell", options, ["interpreters"]);
  const interpreters = new Set(textListOption(options, "interpreters") ?? []);
  return (value) => {
    if (typeof value !== "string") return failed("wrong-type");
    if (value.length > MAX_LENGTH) return failed("too-large");
    return extractOrFail(() => extractShell(value, interpreters));
  };
}

function extractShell(text: string, interpreters: ReadonlySet<string>): FactResult {
  const { commands, hasPipe, hasBackground } = readScript(text, interpreters);
  return extracted({
    commands: commands.map(toFact),
    names: [...new Set(commands.map(({ name }) => name))],
    hasPipe,
    hasBackground,
  });
}

function toFact({ name, argv, assigns, reads, writes }: ShellCommand): Json {
  return {
    name,
    argv: argv.map(({ value }) =>
      value === undefined ? { static: false } : { value, static: true },
    ),
    static: argv.every(({ value }) => value !== undefined),
    assigns,
    reads,
    writes,
  };
}
