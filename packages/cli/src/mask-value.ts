import type { Json, Node } from "@portcullis/core";

/** How values are shown. */
export interface MaskOptions {
  /** Shows texts of arguments, facts and the host's context as they are. Default false. */
  readonly showValues: boolean;
}

/** Roots whose texts are names of the policy or of who acts, never what a model wrote. */
const OPEN_ROOTS: ReadonlySet<string> = new Set(["tool", "principal", "flow"]);
const MOST_ITEMS = 8;

/**
 * A value that a condition read, for people. Texts that a model, a tool or the host wrote are replaced
 * by their length, and so are members of objects by their number, unless values are to be shown.
 */
export function maskValue(node: Node, value: Json, { showValues }: MaskOptions): Json {
  if (node.t === "timestamp" && typeof value === "number") return new Date(value).toISOString();
  if (node.t === "duration" && typeof value === "number") return `${value / 1000}s`;
  const isOpen = node.op === "var" && OPEN_ROOTS.has(node.name);
  return showValues || isOpen ? value : mask(value);
}

function mask(value: Json): Json {
  if (typeof value === "string") return `<text of ${plural(value.length, "character")}>`;
  if (Array.isArray(value)) {
    const shown = value.slice(0, MOST_ITEMS).map(mask);
    const rest = value.length - shown.length;
    return rest > 0 ? [...shown, `<${rest} more>`] : shown;
  }
  if (typeof value === "object" && value !== null) {
    return `<object of ${plural(Object.keys(value).length, "member")}>`;
  }
  return value;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
