import { PortcullisError, parsePolicy } from "@portcullis/core";
import type { Issue, PolicyDocument } from "@portcullis/core";
import { locate, placeOf } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { originKey } from "./build.ts";
import type { Build } from "./build.ts";

/**
 * Hands the document to core's loader, so that what compiles also loads; what it refuses is
 * reported where it was written.
 */
export function confirmDocument(
  document: PolicyDocument,
  main: Located,
  build: Build,
): PolicyDocument | undefined {
  try {
    return parsePolicy(document);
  } catch (error) {
    if (!PortcullisError.isInstance(error)) throw error;
    const { issues = [] } = error.fields;
    for (const issue of issues) report(issue, main, build);
    if (issues.length === 0) build.issues.add(main, [], error.message);
    return undefined;
  }
}

function report(issue: Issue, main: Located, { origins, issues }: Build): void {
  const segments = issue.path
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  for (let length = segments.length; length > 0; length -= 1) {
    const origin = origins.get(originKey(segments.slice(0, length)));
    if (origin === undefined) continue;
    const inner = segments.slice(length);
    issues.add(
      placeOf(origin.located, inner),
      [...origin.path, ...known(origin.located, inner)],
      issue.message,
    );
    return;
  }
  issues.add(placeOf(main, segments), segments, issue.message);
}

function known(located: Located, segments: readonly string[]): readonly string[] {
  const end = segments.findIndex(
    (_, index) => locate(located, segments.slice(0, index + 1)) === undefined,
  );
  return end < 0 ? segments : segments.slice(0, end);
}
