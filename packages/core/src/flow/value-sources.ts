import type { Place } from "../argument-labels.ts";
import type { ToolEntry } from "../policy-document.ts";
import { parsePointer } from "../policy/pointer.ts";

/** A place in the results of a tool from which some argument may legally come. */
export interface ValueSource {
  /** As the policy names it: `bank.read_bill#/iban`. */
  readonly name: string;
  /** Steps into the result; `*` is any element of a list. */
  readonly place: Place;
}

/** An argument that may come from some results without their labels. */
export interface LegalArgument {
  readonly place: Place;
  /** Names of sources. */
  readonly sources: readonly string[];
}

/** Splits `tool#/pointer`; undefined when it is something else. */
export function parseValueSource(
  name: string,
): { readonly tool: string; readonly place: Place } | undefined {
  const at = name.indexOf("#/");
  const place = at < 1 ? undefined : parsePointer(name.slice(at + 1));
  return place === undefined ? undefined : { tool: name.slice(0, at), place };
}

/** The arguments of a tool that may come from declared results. */
export function legalArguments({ flow }: ToolEntry): readonly LegalArgument[] {
  return Object.entries(flow?.from ?? {}).map(([pointer, sources]) => ({
    place: parsePointer(pointer) ?? [],
    sources,
  }));
}

/** The places in results that some tool's arguments may come from, by the tool that gives them. */
export function valueSources(
  tools: Readonly<Record<string, ToolEntry>>,
): ReadonlyMap<string, readonly ValueSource[]> {
  const names = new Set(
    Object.values(tools).flatMap(({ flow }) => Object.values(flow?.from ?? {}).flat()),
  );
  const found = new Map<string, ValueSource[]>();
  for (const name of names) {
    const source = parseValueSource(name);
    if (source === undefined) continue;
    const { tool, place } = source;
    found.set(tool, [...(found.get(tool) ?? []), { name, place }]);
  }
  return found;
}
