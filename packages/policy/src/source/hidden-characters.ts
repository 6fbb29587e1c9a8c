import type { IssueList } from "./issue-list.ts";
import type { SourceText } from "./source-text.ts";

/**
 * Reports characters that make a file read otherwise than it is evaluated: control characters,
 * lone surrogates and direction controls (Unicode Technical Report 36, "Trojan Source").
 */
export function refuseHiddenCharacters(source: SourceText, issues: IssueList): void {
  for (const match of source.text.matchAll(HIDDEN)) {
    const start = match.index;
    if (start === 0 && match[0] === "\uFEFF") continue;
    const code = (match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    issues.add(
      { source, start, end: start + 1 },
      [],
      `The character U+${code} is invisible or not allowed in a policy; remove it, or write it as an escape in double quotes.`,
    );
  }
}

const HIDDEN =
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\u202A-\u202E\u2066-\u2069\u200B\u2060\uFEFF\uFFFE\uFFFF\u{E0000}-\u{E007F}]|\p{Cs}/gu;
