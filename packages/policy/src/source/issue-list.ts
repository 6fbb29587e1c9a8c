import type { Issue } from "@portcullis/core";
import { positionAt } from "./source-text.ts";
import type { Place } from "./source-text.ts";

/** Collects problems, so that an author sees all of them at once. */
export interface IssueList {
  /** Adds a problem at a place; the same message at the same place counts once. */
  add(place: Place, path: readonly PropertyKey[], message: string): void;
  /** How many there are. */
  count(): number;
  /** All of them, by file in the order of reading, then by position. */
  list(): readonly Issue[];
}

/** Most problems that one run reports. */
export const MAX_ISSUES = 500;

/** Makes an empty list of problems. */
export function createIssueList(): IssueList {
  const files: string[] = [];
  const seen = new Map<string, { readonly issue: Issue; readonly file: number; at: number }>();
  return {
    add(place, path, message) {
      const { file } = place.source;
      const key = `${file}\u0000${place.start}\u0000${message}`;
      if (seen.has(key) || seen.size >= MAX_ISSUES) return;
      if (!files.includes(file)) files.push(file);
      const issue = {
        path: pointerOf(path),
        message,
        file,
        ...positionAt(place.source, place.start),
      };
      seen.set(key, { issue, file: files.indexOf(file), at: place.start });
    },
    count: () => seen.size,
    list: () =>
      [...seen.values()]
        .toSorted((a, b) => a.file - b.file || a.at - b.at)
        .map(({ issue }) => issue),
  };
}

/** Writes a path as an RFC 6901 pointer; `""` for the whole document. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path
    .map((segment) => `/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
