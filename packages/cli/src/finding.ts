import { relative, sep } from "node:path";
import type { Issue } from "@portcullis/core";

/** One thing to be mended in a file, as reports name it. */
export interface Finding {
  /** Kind of the finding, such as `policy-invalid`; stable. */
  readonly rule: string;
  readonly level: "error" | "warning" | "note";
  /** What is wrong and what to write instead. */
  readonly message: string;
  /** Path from the folder in which the command runs, with `/`. */
  readonly file: string;
  /** One-based. */
  readonly line: number;
  /** One-based, in UTF-16 code units. */
  readonly column: number;
}

/** Problems of files as findings; `toPath` turns the name of a file into a path from `cwd`. */
export function toFindings(
  issues: readonly Issue[],
  { rule, toPath }: { readonly rule: string; readonly toPath: (file: string) => string },
): readonly Finding[] {
  return issues.map(({ message, file = "", line = 1, column = 1 }) => ({
    rule,
    level: "error",
    message,
    file: toPath(file),
    line,
    column,
  }));
}

/** A path as reports write it: from the folder in which the command runs, with `/`. */
export function toReportPath(cwd: string, path: string): string {
  return relative(cwd, path).split(sep).join("/");
}
