import type { ToolChoiceSource, SelectorSource } from "../shape/tool-choice-shape.ts";
import { placeOf } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import type { Build } from "./build.ts";
import type { Catalogue, CatalogueEntry } from "./catalogue.ts";

/** What a choice of tools is resolved against. */
export interface ToolChoiceContext {
  /** The rule or limit that has the member `tools`. */
  readonly located: Located;
  /** Its path within its file. */
  readonly path: readonly PropertyKey[];
  readonly catalogue: Catalogue;
  readonly build: Build;
}

/**
 * Resolves names or a selector to the tools of the catalogue; absent = all of them. A name that is
 * not there and a selector that selects nothing are reported.
 */
export function resolveToolChoice(
  choice: ToolChoiceSource | undefined,
  context: ToolChoiceContext,
): { readonly names?: readonly string[]; readonly entries: readonly CatalogueEntry[] } {
  const { catalogue } = context;
  if (choice === undefined) return { entries: [...catalogue.values()] };
  const names = isNames(choice) ? knownNames(choice, context) : selectedNames(choice, context);
  return { names, entries: names.flatMap((name) => catalogue.get(name) ?? []) };
}

function isNames(choice: ToolChoiceSource): choice is readonly string[] {
  return Array.isArray(choice);
}

function knownNames(
  names: readonly string[],
  { located, path, catalogue, build }: ToolChoiceContext,
): readonly string[] {
  return names.filter((name, index) => {
    if (catalogue.has(name)) return true;
    // It may be declared in a file that could not be read.
    if (build.unread.size > 0) return false;
    const place = placeOf(located, ["tools", index]);
    const near =
      didYouMean(name, catalogue.keys()) ||
      (catalogue.size === 0 ? "." : `; there are ${listed(catalogue.keys())}.`);
    const message = name.includes("*")
      ? `A list holds exact names; write \`tools: { pattern: "${name}" }\`.`
      : `The tool ${quoted(name)} is not in the catalogue${near}`;
    build.issues.add(place, [...path, "tools", index], message);
    return false;
  });
}

function selectedNames(
  selector: SelectorSource,
  { located, path, catalogue, build }: ToolChoiceContext,
): readonly string[] {
  // An entry with problems may or may not be meant; its problems come first.
  const broken =
    build.unread.size > 0 || [...catalogue.values()].some(({ entry }) => entry === undefined);
  const names = [...catalogue.values()]
    .filter((tool) => isSelected(tool, selector))
    .map(({ name }) => name);
  if (names.length === 0 && !broken) {
    build.issues.add(
      placeOf(located, ["tools"]),
      [...path, "tools"],
      "This selector selects no tool of the catalogue; correct it, or declare the tool.",
    );
  }
  return names;
}

function isSelected({ name, entry }: CatalogueEntry, selector: SelectorSource): boolean {
  if (entry === undefined) return false;
  if (selector.class !== undefined && entry.class !== selector.class) return false;
  if (selector.origin !== undefined && entry.origin !== selector.origin) return false;
  if (selector.sensitivity !== undefined && entry.sensitivity !== selector.sensitivity)
    return false;
  return selector.pattern === undefined || matchesPattern(name, selector.pattern);
}

/** Whether a whole name fits a pattern in which `*` is any run of characters but `/` and `:`. */
export function matchesPattern(name: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (!name.startsWith(first)) return false;
  // Positions in the name at which the parts so far can end; no backtracking, so no blow-up.
  let ends = new Set([first.length]);
  for (const part of rest) {
    const next = new Set<number>();
    for (const end of ends) {
      for (let start = end; start <= name.length; start += 1) {
        if (name.startsWith(part, start)) next.add(start + part.length);
        if (name[start] === "/" || name[start] === ":") break;
      }
    }
    ends = next;
  }
  return ends.has(name.length);
}
