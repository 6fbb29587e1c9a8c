import { z } from "zod";
import { closed } from "./closed.ts";
import { celShape, distinct, durationShape, idShape, name } from "./primitives.ts";
import { toolChoiceShape } from "./tool-choice-shape.ts";
import type { ToolChoiceSource } from "./tool-choice-shape.ts";
import type { LimitScope } from "@portcullis/core";

/** A limit as written. */
export interface LimitSource {
  readonly id: string;
  readonly tools?: ToolChoiceSource | undefined;
  readonly per: readonly LimitScope[];
  readonly rate?: string | readonly string[] | undefined;
  readonly burst?: number | undefined;
  readonly budget?:
    | {
        readonly unit: string;
        readonly amount: number;
        readonly window: string;
        readonly cost?: string | number | undefined;
        readonly soft?: { readonly at: number; readonly require: "approval" } | undefined;
      }
    | undefined;
  readonly concurrent?: number | undefined;
}

/** Scopes in the order in which they form a counter's key. */
export const LIMIT_SCOPES: readonly ["agent", "user", "session", "tool", "tenant"] = [
  "agent",
  "user",
  "session",
  "tool",
  "tenant",
];

const members = {
  id: idShape,
  tools: toolChoiceShape.optional().meta({ description: "Absent = all tools." }),
  per: distinct(z.enum(LIMIT_SCOPES), "scope").meta({
    description: "Whose counter it is; never empty.",
  }),
  rate: z
    .union([z.string(), distinct(z.string(), "rate")])
    .optional()
    .meta({ description: "Such as `100/min`; several windows as a list." }),
  burst: z
    .int()
    .min(1)
    .optional()
    .meta({ description: "Calls that may come at once; default the count of the rate." }),
  budget: closed("budget", {
    unit: name("A unit").meta({
      description: "`tokens` counts the token use that is reported to the guard.",
    }),
    amount: z.number().positive(),
    window: durationShape.meta({ description: "Such as `24h`; of tokens also `request`." }),
    cost: z
      .union([z.number().min(0), celShape])
      .optional()
      .meta({ description: "A number in CEL, such as `args.amount`; default 1." }),
    soft: closed("soft", {
      at: z.number().gt(0).lt(1).meta({ description: "Share of the amount." }),
      require: z.literal("approval"),
    }).optional(),
  }).optional(),
  concurrent: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .meta({ description: "Calls that may run at the same time." }),
};

/** One entry of `limits:`. */
export const limitShape: z.ZodType<LimitSource> = closed("limit", members).superRefine(
  (limit, context) => {
    if (limit.rate === undefined && limit.budget === undefined && limit.concurrent === undefined) {
      context.addIssue({
        code: "custom",
        message: "A limit needs at least one of `rate`, `budget` and `concurrent`.",
      });
    }
  },
);

/** A limit some of whose members are wrong, as far as the others can be read. */
export const brokenLimitShape: z.ZodType<LimitSource> = z.object({
  id: members.id.catch("broken"),
  tools: members.tools.catch([]),
  per: members.per.catch(["agent"]),
  rate: members.rate.catch(undefined),
  burst: members.burst.catch(undefined),
  budget: members.budget.catch(undefined),
  concurrent: members.concurrent.catch(undefined),
});
