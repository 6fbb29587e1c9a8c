import { z } from "zod";

/** What `closed` hands through zod about a mapping with unknown keys. */
export interface ClosedMapping {
  /** Name of the mapping in messages, such as `rule`. */
  readonly what: string;
  /** The keys it may have. */
  readonly keys: readonly string[];
}

/** A mapping that may have exactly these members; others are reported with the nearest key. */
export function closed<Shape extends Readonly<Record<string, z.ZodType>>>(
  what: string,
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const mapping: ClosedMapping = { what, keys: Object.keys(shape) };
  return z.strictObject(shape, {
    // zod tells which keys are unknown, but not to whom; the mapper needs both.
    error: (issue) => (issue.code === "unrecognized_keys" ? JSON.stringify(mapping) : undefined),
  });
}

const mappingSchema = z.object({ what: z.string(), keys: z.array(z.string()) });

/** Reads what {@link closed} handed through. */
export function readClosedMapping(message: string): ClosedMapping {
  return mappingSchema.parse(JSON.parse(message));
}
