import { z } from "zod";
import { closed } from "./closed.ts";
import { distinct, name, schemaSourceShape } from "./primitives.ts";
import type { SchemaSource } from "./primitives.ts";
import type { Sensitivity, ToolClass } from "@portcullis/core";

/** A fact that a tool declares, as written. */
export interface FactSource {
  readonly type: string;
  readonly at: string;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly optional?: boolean | undefined;
}

/** One entry of the catalogue as written. */
export interface ToolSource {
  readonly class: ToolClass;
  readonly sensitivity?: Sensitivity | undefined;
  readonly reversible?: boolean | undefined;
  readonly input: SchemaSource;
  readonly resource?: { readonly type: string; readonly id: string } | undefined;
  readonly result?:
    | { readonly labels?: readonly string[] | undefined; readonly maxBytes?: number | undefined }
    | undefined;
  readonly pin?: string | undefined;
  readonly facts?: Readonly<Record<string, FactSource>> | undefined;
  readonly flow?:
    | {
        readonly exempt?: readonly string[] | undefined;
        readonly from?: Readonly<Record<string, readonly string[]>> | undefined;
      }
    | undefined;
  readonly restore?: readonly string[] | undefined;
}

/** Classes of tools, from harmless to powerful. */
export const TOOL_CLASSES: readonly [
  "read",
  "write",
  "delete",
  "execute",
  "send",
  "pay",
  "delegate",
] = ["read", "write", "delete", "execute", "send", "pay", "delegate"];

/** Degrees of sensitivity, ascending. */
export const SENSITIVITIES: readonly ["public", "internal", "confidential", "restricted"] = [
  "public",
  "internal",
  "confidential",
  "restricted",
];

/** One entry of `tools:`. */
export const toolShape: z.ZodType<ToolSource> = closed("tool", {
  class: z.enum(TOOL_CLASSES).meta({ description: "What the tool does at worst." }),
  sensitivity: z.enum(SENSITIVITIES).optional().meta({ description: "Default `internal`." }),
  reversible: z.boolean().optional().meta({ description: "Default false." }),
  input: schemaSourceShape.meta({
    description:
      "JSON Schema 2020-12 of the arguments, in place or as a relative path; `additionalProperties` is false unless said.",
  }),
  resource: closed("resource", {
    type: name("A resource type"),
    id: z.string().min(1).meta({ description: "An argument, such as `args.customer_id`." }),
  }).optional(),
  result: closed("result", {
    labels: z.array(name("A label")).max(64).optional().meta({
      description: "Labels that a result puts on the session; default `[untrusted]` for MCP tools.",
    }),
    maxBytes: z.int().min(1).max(1_073_741_824).optional().meta({ description: "Default 1 MiB." }),
  }).optional(),
  flow: closed("tool's flow", {
    exempt: distinct(z.string().min(1), "argument")
      .optional()
      .meta({ description: "Ids that carry no labels, such as `/tabId` or `args.tab_id`." }),
    from: z
      .record(z.string(), distinct(z.string().min(1), "source"))
      .optional()
      .meta({
        description:
          "Results from which an argument may come without their labels, such as `/iban: [read_bill#/iban]`.",
      }),
  }).optional(),
  restore: distinct(z.string().min(1), "argument").optional().meta({
    description:
      "Arguments in which a placeholder of a redacted result is put back, for the run alone, such as `args.card`.",
  }),
  pin: z
    .string()
    .regex(
      /^sha256:[A-Za-z0-9_-]{43}$/,
      "A pin is `sha256:` and the 43 base64url characters of the definition's digest.",
    )
    .optional(),
  facts: z
    .record(
      z.string(),
      closed("fact", {
        type: z.string().min(1).meta({ description: "A fact provider's type, such as `url`." }),
        at: z.string().meta({ description: "RFC 6901 pointer into the arguments." }),
        options: z.record(z.string(), z.unknown()).optional(),
        optional: z
          .boolean()
          .optional()
          .meta({ description: "The argument may be absent; default false." }),
      }),
    )
    .optional(),
});
