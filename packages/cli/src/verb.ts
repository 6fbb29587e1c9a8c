import { stripVTControlCharacters } from "node:util";
import type { ArgsDef, ParsedArgs } from "citty";
import { renderUsage } from "citty";
import type { CliIo } from "./cli-io.ts";
import type { ExitCode } from "./exit-code.ts";
import { parseStrictArgs } from "./strict-args.ts";

/** One verb of the command. */
export interface Verb {
  /** What people type. */
  readonly name: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** The text of `--help`. */
  usage(): Promise<string>;
  /** Runs the verb with the arguments after its name. */
  run(rawArgs: readonly string[], io: CliIo): Promise<ExitCode>;
}

/** What makes a verb. */
export interface VerbDefinition<T extends ArgsDef> {
  /** What people type. */
  readonly name: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** Flags and positionals, in the order of the help text. */
  readonly args: T;
  /** Takes any number of positionals, all of which are in `args._`. Default false. */
  readonly isVariadic?: boolean;
  /** More help below the flags: forms, examples, exit codes. */
  readonly details?: string;
  /**
   * Does the work. An `ERR_OPTIONS_INVALID` or `ERR_POLICY_INVALID` that it throws is a usage
   * error, anything else an internal one.
   */
  run(args: ParsedArgs<T>, io: CliIo): Promise<ExitCode>;
}

/**
 * Makes a verb whose arguments are parsed strictly.
 *
 * @example
 * ```ts
 * export const lintVerb: Verb = defineVerb({
 *   name: "lint",
 *   summary: "Check a policy",
 *   args: { policy: { type: "string", description: "Policy file", default: "./policy.yaml" } },
 *   run: async ({ policy }, io) => { await io.stdout.write(policy); return 0; },
 * });
 * ```
 */
export function defineVerb<const T extends ArgsDef>(definition: VerbDefinition<T>): Verb {
  const { name, summary, args, details, isVariadic = false } = definition;
  return {
    name,
    summary,
    async usage() {
      const command = { meta: { name: `portcullis ${name}`, description: summary }, args };
      // citty colours as soon as it is loaded, by rules of its own; help text stays plain.
      const text = stripVTControlCharacters(await renderUsage(command)).trimEnd();
      return `${text}\n${details === undefined ? "" : `\n${details.trim()}\n`}`;
    },
    run: (rawArgs, io) => definition.run(parseStrictArgs(rawArgs, args, { isVariadic }), io),
  };
}
