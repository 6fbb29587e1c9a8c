import type { Issue, Json } from "@portcullis/core";
import { Composer, Parser } from "yaml";
import { createIssueList } from "../source/issue-list.ts";
import { toPlain } from "../source/located.ts";
import { readYaml } from "../source/read-yaml.ts";
import { createSourceText } from "../source/source-text.ts";
import { layOutYaml } from "./lay-out-yaml.ts";
import { listComments } from "./list-comments.ts";

/** A file in canonical layout, or why it has none. */
export type FormatResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Lays out a policy, an included file or a file of policy tests, without changing what it says:
 * values, their order, and comments stay. Twice is once.
 *
 * Two spaces a level, lists indented below their key; `{ a: 1 }` and `[a, b]` where they fit on 100
 * columns, else as blocks; double quotes where single ones are not needed; at most one empty line;
 * LF, and one at the end. The line breaks of texts over several lines are the author's.
 *
 * A file that is not read by the strict YAML reader is not laid out.
 *
 * @example
 * ```ts
 * const result = formatPolicyYaml({ file: "policy.yaml", text: "portcullis:   1\nname: 'a'\n" });
 * if (result.ok) result.text; // "portcullis: 1\nname: \"a\"\n"
 * ```
 */
export function formatPolicyYaml({
  file,
  text,
}: {
  readonly file: string;
  readonly text: string;
}): FormatResult {
  const source = createSourceText(file, text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n"));
  const issues = createIssueList();
  const before = readYaml(source, issues);
  if (before === undefined || issues.count() > 0) return { ok: false, issues: issues.list() };

  const tokens = [...new Parser().parse(source.text)];
  const [document] = new Composer({
    version: "1.2",
    schema: "core",
    strict: true,
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    keepSourceTokens: true,
  }).compose(tokens, true, source.text.length);
  const comments = listComments(source.text);
  const laidOut = document === undefined ? "" : layOutYaml(document, source.text, comments);

  const after = readYaml(createSourceText(file, laidOut), createIssueList());
  const isSame =
    after !== undefined &&
    isEqual(toPlain(before), toPlain(after)) &&
    isEqual(textsOf(comments), textsOf(listComments(laidOut)));
  if (isSame) return { ok: true, text: laidOut };
  // No layout is better than another policy.
  issues.add(before, [], "This file cannot be laid out without changing it; it was left alone.");
  return { ok: false, issues: issues.list() };
}

function textsOf(comments: ReturnType<typeof listComments>): readonly string[] {
  return comments.map(({ text }) => text);
}

function isEqual(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
