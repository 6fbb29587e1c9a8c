import { z } from "zod";

/** What an agent, user, role, label, queue or channel is called: printable, without spaces at its ends. */
export function name(what: string): z.ZodString {
  return z
    .string()
    .min(1)
    .max(256)
    .regex(NAME, `${what} is a text of printable characters, with single spaces inside at most.`);
}

const NAME = /^[^\p{C}\p{Z}\s]+(?: [^\p{C}\p{Z}\s]+)*$/u;

/** Id of a rule or limit. */
export const idShape: z.ZodString = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/,
    "An id is letters, digits and `. _ : / -`, beginning with a letter or digit.",
  );

/** A fixed text for the model. */
export const sentenceShape: z.ZodString = z
  .string()
  .min(1)
  .max(1000)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "A text for the model is one line without control characters.");

/** A condition or number in CEL, as written. */
export const celShape: z.ZodString = z.string().min(1);

/** `enforce` or `shadow`. */
export const modeShape: z.ZodEnum<{ enforce: "enforce"; shadow: "shadow" }> = z.enum([
  "enforce",
  "shadow",
]);

/** How urgent a request or notice is. */
export const priorityShape: z.ZodEnum<{
  low: "low";
  normal: "normal";
  high: "high";
  critical: "critical";
}> = z.enum(["low", "normal", "high", "critical"]);

/** A length of time such as `15m`; its form is checked by `parseDuration`. */
export const durationShape: z.ZodString = z.string().min(1);

/** A JSON Schema in place, or the relative path of its file. */
export type SchemaSource = string | Readonly<Record<string, unknown>>;

/** A JSON Schema in place, or the relative path of its file. */
export const schemaSourceShape: z.ZodType<SchemaSource> = z.union([
  z.string().min(1),
  z.record(z.string(), z.unknown()),
]);

/** A list without repeated entries. */
export function distinct<Item extends z.ZodType>(item: Item, what: string): z.ZodArray<Item> {
  return z
    .array(item)
    .min(1)
    .max(4096)
    .superRefine((list, context) => {
      list.forEach((entry, index) => {
        if (list.indexOf(entry) === index) return;
        context.addIssue({
          code: "custom",
          path: [index],
          message: `This ${what} is listed twice; remove one.`,
        });
      });
    })
    .meta({ uniqueItems: true });
}
