import { z } from "zod";
import { closed } from "./closed.ts";
import { distinct } from "./primitives.ts";
import { SENSITIVITIES, TOOL_CLASSES } from "./tool-shape.ts";
import type { Sensitivity, ToolClass, ToolOrigin } from "@portcullis/core";

/** A selector: every member present must hold. */
export interface SelectorSource {
  readonly class?: ToolClass | undefined;
  readonly origin?: ToolOrigin | undefined;
  readonly sensitivity?: Sensitivity | undefined;
  readonly pattern?: string | undefined;
}

/** Exact names, or one selector. */
export type ToolChoiceSource = readonly string[] | SelectorSource;

/** `tools:` of a rule or limit. */
export const toolChoiceShape: z.ZodType<ToolChoiceSource> = z.union([
  distinct(z.string().min(1), "tool"),
  closed("selector", {
    class: z.enum(TOOL_CLASSES).optional(),
    origin: z.enum(["local", "mcp", "provider"]).optional(),
    sensitivity: z.enum(SENSITIVITIES).optional(),
    pattern: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .meta({ description: "Whole name; `*` is any run of characters but `/` and `:`." }),
  })
    .refine((selector) => Object.values(selector).some((member) => member !== undefined), {
      message: "A selector needs at least one of `class`, `origin`, `sensitivity` and `pattern`.",
    })
    .meta({ minProperties: 1 }),
]);
