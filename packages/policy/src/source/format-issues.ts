import type { Issue } from "@portcullis/core";

/** What `formatIssues` may look at. */
export interface FormatIssuesOptions {
  /** Text of a file, so that the line concerned can be shown; absent = without lines. */
  readonly textOf?: (file: string) => string | undefined;
}

/**
 * Writes problems for people: `file:line:col message`, then the line concerned and a caret.
 *
 * @example
 * ```ts
 * import { formatIssues, validatePolicyYaml } from "@portcullis/policy";
 *
 * const text = "portcullis: 1\nname: refunds\ntolls: {}\n";
 * const result = await validatePolicyYaml({ file: "policy.yaml", text });
 * if (!result.ok) formatIssues(result.issues, { textOf: () => text });
 * // policy.yaml:3:1 Unknown key `tolls`; did you mean `tools`? …
 * //   3 | tolls: {}
 * //     | ^
 * ```
 */
export function formatIssues(issues: readonly Issue[], options: FormatIssuesOptions = {}): string {
  const blocks = issues.map((issue) => {
    const head = formatIssue(issue);
    const excerpt = excerptOf(issue, options);
    return excerpt === undefined ? head : `${head}\n${excerpt}`;
  });
  return blocks.join("\n");
}

/** Writes one problem on one line: `file:line:col message`. */
export function formatIssue(issue: Issue): string {
  const place = [issue.file, issue.line, issue.column].filter((part) => part !== undefined);
  const where = place.length > 0 ? place.join(":") : issue.path;
  return where === "" ? issue.message : `${where} ${issue.message}`;
}

const MAX_WIDTH = 120;

function excerptOf(issue: Issue, { textOf }: FormatIssuesOptions): string | undefined {
  const { file, line, column } = issue;
  if (textOf === undefined || file === undefined || line === undefined || column === undefined) {
    return undefined;
  }
  const content = textOf(file)?.split(/\r\n|\n|\r/)[line - 1];
  if (content === undefined) return undefined;
  const from = column > MAX_WIDTH ? column - MAX_WIDTH / 2 : 0;
  const shown = content.slice(from, from + MAX_WIDTH).replaceAll(/\p{Cc}/gu, " ");
  const gutter = String(line);
  const caret = " ".repeat(Math.max(0, column - 1 - from));
  return `  ${gutter} | ${shown}\n  ${" ".repeat(gutter.length)} | ${caret}^`;
}
