import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Issue } from "@portcullis/core";
import { formatIssues } from "@portcullis/policy";
import { toPrintable } from "./printable.ts";

/**
 * Writes problems for people, each with its line and a caret; their files are paths from `cwd`. A file
 * that cannot be read any more is left without its line.
 */
export async function formatProblems(
  issues: readonly Issue[],
  { cwd }: { readonly cwd: string },
): Promise<string> {
  const names = [...new Set(issues.flatMap(({ file }) => (file === undefined ? [] : [file])))];
  const texts = new Map(
    await Promise.all(
      names.map(async (name) => [name, await readOrNothing(resolve(cwd, name))] as const),
    ),
  );
  return formatPlain(issues, (name) => texts.get(name));
}

/** As {@link formatProblems}, from texts that were read before. */
export function formatPlain(
  issues: readonly Issue[],
  textOf: (file: string) => string | undefined,
): string {
  return `${formatIssues(issues, { textOf }).split("\n").map(toPrintable).join("\n")}\n`;
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}
