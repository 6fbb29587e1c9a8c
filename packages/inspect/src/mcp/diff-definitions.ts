import type { Json, JsonObject, ToolDefinition } from "@portcullis/core";

/** One difference between the approved definition of a tool and the one that is presented. */
export interface DefinitionChange {
  /** RFC 6901 pointer. */
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  /** What was approved; absent where it was added. */
  readonly before?: Json;
  /** What is presented; absent where it was removed. */
  readonly after?: Json;
  /** How the arguments reach further than approved; absent where they do not. */
  readonly widens?: string;
}

const MOST_CHANGES = 1000;

/**
 * Every difference between two definitions, member by member, in the order of their pointers.
 *
 * A change that lets the tool take more than was approved (a new parameter, a dropped bound, another
 * type, values added to an enumeration) says so in `widens`.
 *
 * @example
 * ```ts
 * import { diffDefinitions } from "@portcullis/inspect/mcp";
 *
 * diffDefinitions({ name: "add", title: "Add" }, { name: "add" });
 * // [{ path: "/title", kind: "removed", before: "Add" }]
 * ```
 */
export function diffDefinitions(
  before: ToolDefinition,
  after: ToolDefinition,
): readonly DefinitionChange[] {
  const changes: DefinitionChange[] = [];
  compare({ before: toJson(before), after: toJson(after) }, "", changes);
  return changes.slice(0, MOST_CHANGES);
}

function toJson(definition: ToolDefinition): JsonObject {
  return Object.fromEntries(
    Object.entries(definition).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
}

interface Pair {
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

function compare({ before, after }: Pair, path: string, changes: DefinitionChange[]): void {
  if (isObject(before) && isObject(after)) {
    for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()) {
      const inner = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      compare({ before: own(before, name), after: own(after, name) }, inner, changes);
    }
    return;
  }
  if (before === undefined && after === undefined) return;
  if (isSame(before, after)) return;
  const widens = widening(path, { before, after });
  changes.push({
    path,
    kind: before === undefined ? "added" : after === undefined ? "removed" : "changed",
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(widens === undefined ? {} : { widens }),
  });
}

const PARAMETER = /^\/inputSchema(?:\/.+)?\/properties\/[^/]+$/;
const BOUND =
  /\/(?:pattern|format|const|maxLength|maximum|exclusiveMaximum|maxItems|minLength|minimum|exclusiveMinimum|minItems|maxProperties|multipleOf|propertyNames)$/;
const LOWER = /\/(?:minLength|minimum|exclusiveMinimum|minItems)$/;

function widening(path: string, { before, after }: Pair): string | undefined {
  if (!path.startsWith("/inputSchema")) return undefined;
  if (PARAMETER.test(path) && before === undefined) return "A new parameter.";
  if (path.endsWith("/additionalProperties") && after !== false) {
    return "Takes parameters that are not declared.";
  }
  if (BOUND.test(path) && before !== undefined) {
    if (after === undefined) return "A bound was dropped.";
    if (typeof before !== "number" || typeof after !== "number") return "A bound was changed.";
    return LOWER.test(path) === after < before ? "A bound was loosened." : undefined;
  }
  if (path.endsWith("/type")) return isWithin(after, before) ? undefined : "Takes other types.";
  if (path.endsWith("/enum")) return isWithin(after, before) ? undefined : "Takes other values.";
  if (path.endsWith("/required") && !isWithin(before, after)) return "A parameter is optional now.";
  return undefined;
}

/** Whether every entry of one list, or the one value, is among those of the other. */
function isWithin(inner: Json | undefined, outer: Json | undefined): boolean {
  if (inner === undefined) return false;
  const allowed = toList(outer).map((value) => JSON.stringify(value));
  return toList(inner).every((value) => allowed.includes(JSON.stringify(value)));
}

function toList(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return isArray(value) ? value : [value];
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function own(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function isSame(before: Json | undefined, after: Json | undefined): boolean {
  return before !== undefined && after !== undefined && text(before) === text(after);
}

function text(value: Json): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
