import type { FactProvider } from "@portcullis/core";
import type { IssueList } from "../source/issue-list.ts";
import type { Located, LocatedMap, LocatedScalar } from "../source/located.ts";
import type { SourceText } from "../source/source-text.ts";
import type { PolicyFile } from "../policy-file.ts";

/** A file of the policy that was read. */
export interface ReadFile {
  readonly source: SourceText;
  /** Its folder below the policy's, `""` for the same. */
  readonly folder: string;
  readonly content: LocatedMap;
  readonly isMain: boolean;
}

/** What every section of the compiler works with. */
export interface Build {
  readonly main: PolicyFile;
  readonly issues: IssueList;
  /** Fact providers by type. */
  readonly providers: ReadonlyMap<string, FactProvider>;
  /** Where each part of the document came from, by {@link originKey}. */
  readonly origins: Map<string, Origin>;
  /** Files that could not be read, by name; what they declare is not known to be missing. */
  readonly unread: Set<string>;
}

/** Where a part of the document came from. */
export interface Origin {
  readonly located: Located;
  /** Its path within its file. */
  readonly path: readonly PropertyKey[];
}

/** A part of a file under compilation. */
export interface Part {
  readonly file: ReadFile;
  readonly located: Located;
  /** Its path within its file. */
  readonly path: readonly PropertyKey[];
}

/** The members of a mapping's member, with their paths; none where it is absent or no mapping. */
export function membersOf(
  file: ReadFile,
  name: string,
): readonly (Part & { readonly name: string })[] {
  const holder = file.content.entries.get(name)?.value;
  if (holder?.kind !== "map") return [];
  return [...holder.entries].map(([member, { value }]) => ({
    file,
    located: value,
    path: [name, member],
    name: member,
  }));
}

/** The entries of a list, with their paths; none where it is absent or no list. */
export function entriesOf(file: ReadFile, name: string): readonly Part[] {
  const holder = file.content.entries.get(name)?.value;
  if (holder?.kind !== "list") return [];
  return holder.items.map((located, index) => ({ file, located, path: [name, index] }));
}

/** A member of a mapping as a scalar, where it is one. */
export function scalarOf(located: Located | undefined, name: string): LocatedScalar | undefined {
  const value = located?.kind === "map" ? located.entries.get(name)?.value : undefined;
  return value?.kind === "scalar" ? value : undefined;
}

/** The key of a part of the document among the origins. */
export function originKey(segments: readonly (string | number)[]): string {
  return JSON.stringify(segments.map(String));
}
