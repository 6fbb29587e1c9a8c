import type { CST } from "yaml";
import { FILE_LIMITS } from "./file-limits.ts";
import type { IssueList } from "./issue-list.ts";
import type { SourceText } from "./source-text.ts";

/** Refuses, before anything recursive runs, what is too deep, and tokens that a policy never has. */
export function surveyTokens(
  tokens: readonly CST.Token[],
  source: SourceText,
  issues: IssueList,
): boolean {
  const stack = tokens.map((token) => ({ token, depth: 0 }));
  let deepest: { readonly offset: number; readonly depth: number } | undefined;
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const { token, depth } = entry;
    if (depth > FILE_LIMITS.depth && (deepest === undefined || token.offset < deepest.offset)) {
      deepest = { offset: token.offset, depth };
    }
    refuseToken(token, source, issues);
    for (const child of childrenOf(token)) stack.push({ token: child, depth: depth + 1 });
  }
  if (deepest === undefined) return true;
  issues.add(
    { source, start: deepest.offset, end: deepest.offset },
    [],
    `Values are nested more than ${FILE_LIMITS.depth} deep here.`,
  );
  return false;
}

function refuseToken(token: CST.Token, source: SourceText, issues: IssueList): void {
  const place = { source, start: token.offset, end: token.offset + 1 };
  if (token.type === "tag") {
    issues.add(
      place,
      [],
      "Tags (`!…`) are not used in policies; remove it. A text that begins with `!` must stand in quotes.",
    );
  }
  if (token.type === "directive" && !/^%YAML[ \t]+1\.2[ \t]*$/.test(token.source)) {
    issues.add(place, [], "Policies are YAML 1.2 without other directives; remove this line.");
  }
}

function childrenOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === "document") return [...token.start, ...present(token.value)];
  if (token.type === "block-scalar") return token.props;
  if (
    token.type === "block-map" ||
    token.type === "block-seq" ||
    token.type === "flow-collection"
  ) {
    return token.items.flatMap((item) => [
      ...item.start,
      ...present(item.key),
      ...(item.sep ?? []),
      ...present(item.value),
    ]);
  }
  return [];
}

function present(token: CST.Token | null | undefined): readonly CST.Token[] {
  return token === null || token === undefined ? [] : [token];
}
