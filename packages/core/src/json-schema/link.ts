import type { CompiledPattern } from "../ports/pattern-matcher.ts";
import type { DynamicScope } from "./dynamic-scope.ts";
import type { CountWork } from "./keyword-checks.ts";
import type { SchemaPlace, SchemaRegistry } from "./schema-document.ts";

/** A schema in typebox's form. */
export type TypeboxSchema = boolean | Record<string, unknown>;

/** A vetted pattern and what one character of text costs in units of work. */
export interface VettedPattern extends CompiledPattern {
  readonly unitsPerCharacter: number;
  /** Whether the platform's own engine runs it. */
  readonly isNative: boolean;
}

/** What linking needs. */
export interface LinkOptions {
  /** Resources that references may name besides those of the document. */
  readonly registry: SchemaRegistry;
  /** Whether the author of the schema is not trusted: then all repeated work is counted. */
  readonly foreign: boolean;
  /** Whether typebox interprets the schema instead of generating code. */
  readonly interpreted: boolean;
  /** Whether object schemas refuse unknown properties unless they say otherwise. */
  readonly closed: boolean;
  readonly compilePattern: (source: string) => VettedPattern;
  readonly count: CountWork;
}

/**
 * How a schema takes part in closing: `top` and `closed` refuse unknown properties, a `branch` is
 * composed into a schema that does, `open` stays as written.
 */
export type Mode = "open" | "top" | "closed" | "branch";

/** How a schema is reached. */
export interface Way {
  readonly scope: DynamicScope;
  readonly mode: Mode;
  /** Steps into the value since the root. */
  readonly steps: number;
  /** Whether the values are property names. */
  readonly inNames: boolean;
}

/** The target of references while and after it is linked. */
export interface Entry {
  readonly name: string;
  readonly steps: number;
  /** Undefined while it is being linked. */
  cost: number | undefined;
}

/** The work of linking one schema. */
export interface Link {
  readonly options: LinkOptions;
  /** Linked targets by name. */
  readonly context: Record<string, TypeboxSchema>;
  readonly entries: Map<string, Entry>;
  readonly ids: Map<SchemaPlace, number>;
  readonly linkPlace: (place: SchemaPlace, way: Way) => TypeboxSchema;
  /** Whether unknown names are looked for by a check of ours, which cannot say their names. */
  readonly looksUpNames: boolean;
  /** Schemas and constants that the one being linked comes to, references followed. */
  cost: number;
  namesInherited: boolean;
}

/** Thrown for a schema that cannot be linked. */
export class LinkError extends Error {
  /** Pointer of the schema in its document. */
  readonly pointer: string;

  constructor(pointer: string, message: string) {
    super(message);
    this.name = "LinkError";
    this.pointer = pointer;
  }
}

const MAX_COST = 100_000;
const CHEAP = 8;

/** Adds to the cost of what is being linked. */
export function spend(link: Link, { pointer }: SchemaPlace, cost: number): void {
  link.cost += cost;
  if (link.cost > MAX_COST) {
    throw new LinkError(pointer, "combines too many schemas; name fewer alternatives");
  }
}

/** Puts a count of work before a schema that may be applied many times to one value. */
function counted(link: Link, schema: TypeboxSchema, cost: number): TypeboxSchema {
  return { allOf: [countOf(link, () => cost), schema] };
}

/** Like `counted`, but only where a foreign author could have made it expensive. */
export function countedIfForeign(link: Link, schema: TypeboxSchema, cost: number): TypeboxSchema {
  return link.options.foreign && cost > CHEAP ? counted(link, schema, cost) : schema;
}

/** A schema that accepts everything and takes note of the work. */
export function countOf(link: Link, costOf: (value: unknown) => number): TypeboxSchema {
  const check = (value: unknown): boolean => {
    link.options.count(costOf(value));
    return true;
  };
  return { "~refine": [{ check, error: () => "work" }] };
}

/**
 * Keeps typebox from taking the properties and items that a schema saw in another value for
 * evaluated ones of this value.
 */
export function withoutNotes(link: Link, schema: TypeboxSchema): TypeboxSchema {
  if (link.options.interpreted || typeof schema === "boolean") return schema;
  return { not: { not: schema } };
}
