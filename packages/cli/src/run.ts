import { PortcullisError } from "@portcullis/core";
import type { CliIo } from "./cli-io.ts";
import { isClosedPipe } from "./cli-io.ts";
import type { ExitCode } from "./exit-code.ts";
import { EXIT } from "./exit-code.ts";
import { formatPlain } from "./format-problems.ts";
import { textsBehind } from "./load-policy-file.ts";
import { toPrintable } from "./printable.ts";
import { readVersion } from "./read-version.ts";
import { suggestName } from "./suggest-name.ts";
import type { Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

/** Errors that the caller of the command can mend. */
const USAGE_CODES: readonly string[] = [
  "ERR_OPTIONS_INVALID",
  "ERR_POLICY_INVALID",
  "ERR_LOCK_INVALID",
];

/**
 * Runs the `portcullis` command: results go to `io.stdout`, talk to `io.stderr`, and the exit code
 * is 0 done, 1 findings or a deny, 2 used wrongly, 3 broken inside. It never throws, never prints a
 * stack and never asks.
 *
 * @example
 * ```ts
 * process.exitCode = await run(["eval", "--tool", "rm", "--args", '{"path":"/"}'], createProcessIo());
 * ```
 */
export async function run(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    // Nobody reads any more; not every line was answered.
    if (isClosedPipe(error)) return EXIT.internal;
    return await report(error, io).catch(() => EXIT.internal);
  }
}

async function dispatch([name, ...rest]: readonly string[], io: CliIo): Promise<ExitCode> {
  if (name === "--version" || name === "-v") return await print(io, `${readVersion()}\n`);
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    return await print(io, overview());
  }
  if (name === undefined) {
    await io.stderr.write(overview());
    return EXIT.usage;
  }
  const verb = VERBS.find((candidate) => candidate.name === (name === "help" ? rest[0] : name));
  if (verb === undefined) return await refuseVerb(name === "help" ? (rest[0] ?? "") : name, io);
  if (name === "help" || asksForHelp(rest)) return await print(io, await verb.usage());
  return await verb.run(rest, io);
}

function asksForHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf("--");
  const flags = end === -1 ? rest : rest.slice(0, end);
  return flags.includes("--help") || flags.includes("-h");
}

async function print(io: CliIo, text: string): Promise<ExitCode> {
  await io.stdout.write(text);
  return EXIT.ok;
}

async function refuseVerb(name: string, io: CliIo): Promise<ExitCode> {
  const near = suggestName(
    name,
    VERBS.map((verb) => verb.name),
  );
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  await io.stderr.write(`portcullis: unknown verb ${toPrintable(name)}.${hint}\n\n${overview()}`);
  return EXIT.usage;
}

function overview(): string {
  const width = Math.max(...VERBS.map(({ name }) => name.length));
  const list = VERBS.map((verb: Verb) => `  ${verb.name.padEnd(width)}  ${verb.summary}`);
  return `Usage: portcullis <verb> [flags]\n\n${list.join("\n")}\n\nportcullis <verb> --help says more. Exit codes: 0 ok, 1 findings or a deny, 2 usage, 3 internal.\n`;
}

async function report(error: unknown, io: CliIo): Promise<ExitCode> {
  if (!PortcullisError.isInstance(error)) {
    await io.stderr.write(`portcullis: internal error${nameOf(error)}\n`);
    return EXIT.internal;
  }
  // The text of an invalid policy repeats its first issue.
  const text = error.code === "ERR_POLICY_INVALID" ? "The policy is not valid." : error.message;
  const head = `portcullis: ${toPrintable(text)} (${error.code})\n`;
  const textOf = textsBehind(error);
  if (textOf !== undefined) {
    await io.stderr.write(head + formatPlain(error.fields.issues ?? [], textOf));
    return EXIT.usage;
  }
  const issues = (error.fields.issues ?? []).map((issue) => {
    const place = [issue.file, issue.line, issue.column].filter((part) => part !== undefined);
    const where = place.length === 0 ? issue.path : place.join(":");
    return `  ${toPrintable(where)}${where === "" ? "" : "  "}${toPrintable(issue.message)}\n`;
  });
  await io.stderr.write(head + issues.join(""));
  // A document that is refused is what these verbs are there to find.
  if (error.code.startsWith("ERR_BUNDLE_")) return EXIT.findings;
  return USAGE_CODES.includes(error.code) ? EXIT.usage : EXIT.internal;
}

// The text of a foreign error may hold values; its name and code do not.
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return ` (${toPrintable(error.name)}${toPrintable(code)})`;
}
