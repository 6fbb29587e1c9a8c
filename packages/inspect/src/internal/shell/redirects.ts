import type { Redirection, Word } from "unbash";
import { FactFailure } from "../fact-result.ts";
import { evaluateWord } from "./static-word.ts";
import { checkVariable } from "./variables.ts";

/** Files that redirections of a command open. */
export interface RedirectedFiles {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

const HERE_DELIMITER = /^(?:[\w.-]+|'[\w.-]+'|"[\w.-]+")$/;

/**
 * Reads the files that redirections open.
 *
 * @throws {FactFailure} `dynamic` for a target that is not known, `unsupported` for a network socket
 * of bash, `malformed` for a redirection or here-document that does not end.
 */
export function readRedirects(redirects: readonly Redirection[]): RedirectedFiles {
  const reads: string[] = [];
  const writes: string[] = [];
  for (const redirect of redirects) {
    if (redirect.descriptor?.type === "FileDescriptorVariable") {
      checkVariable(redirect.descriptor.name);
    }
    if (redirect.type === "HereDoc") {
      if (redirect.closing === undefined) throw new FactFailure("malformed");
      // Shells do not agree on what is a quote in a delimiter.
      if (!HERE_DELIMITER.test(redirect.delimiter?.text ?? ""))
        throw new FactFailure("unsupported");
      continue;
    }
    if (redirect.target === undefined) throw new FactFailure("malformed");
    if (redirect.type === "HereString" || isProcess(redirect.target)) continue;
    const file = evaluateWord(redirect.target).value;
    if (file === undefined) throw new FactFailure("dynamic");
    const { operator } = redirect;
    if (operator === ">&" || operator === "<&") {
      if (/^(?:\d+-?|-)$/.test(file)) continue;
      if (operator === "<&") throw new FactFailure("malformed");
    }
    if (/^\/dev\/(?:tcp|udp)\//.test(file)) throw new FactFailure("unsupported");
    if (operator === "<" || operator === "<>") reads.push(file);
    if (operator !== "<") writes.push(file);
  }
  return { reads, writes };
}

/** `<(command)` as a target: what it runs is found by the walk. */
function isProcess({ parts }: Word): boolean {
  return parts?.length === 1 && parts[0]?.type === "ProcessSubstitution";
}
