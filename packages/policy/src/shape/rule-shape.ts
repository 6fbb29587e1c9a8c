import { z } from "zod";
import { approvalShape } from "./approval-shape.ts";
import type { ApprovalSource } from "./approval-shape.ts";
import { closed } from "./closed.ts";
import {
  celShape,
  distinct,
  idShape,
  modeShape,
  name,
  priorityShape,
  sentenceShape,
} from "./primitives.ts";
import { toolChoiceShape } from "./tool-choice-shape.ts";
import type { ToolChoiceSource } from "./tool-choice-shape.ts";
import type { Mode } from "@portcullis/core";

/** An obligation as written: exactly one member. */
export interface ObligationSource {
  readonly approval?: ApprovalSource | undefined;
  readonly clamp?:
    | {
        readonly path: string;
        readonly min?: number | undefined;
        readonly max?: number | undefined;
        readonly oneOf?: readonly number[] | undefined;
      }
    | undefined;
  readonly redact?:
    | {
        readonly args?: true | undefined;
        readonly result?: true | undefined;
        readonly kinds: readonly string[];
      }
    | undefined;
  readonly notify?:
    | {
        readonly channel: string;
        readonly priority?: "low" | "normal" | "high" | "critical" | undefined;
        readonly required?: boolean | undefined;
      }
    | undefined;
}

/** A rule as written. */
export interface RuleSource {
  readonly id: string;
  readonly effect: "permit" | "forbid" | "require";
  readonly agents?: readonly string[] | undefined;
  readonly users?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly tools?: ToolChoiceSource | undefined;
  readonly when?: string | undefined;
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
  readonly mode?: Mode | undefined;
  readonly obligations?: readonly ObligationSource[] | undefined;
}

const obligationShape: z.ZodType<ObligationSource> = closed("obligation", {
  approval: approvalShape.optional(),
  clamp: closed("clamp", {
    path: z
      .string()
      .min(1)
      .meta({ description: "A number among the arguments: `args.amount` or `/amount`." }),
    min: z.number().optional(),
    max: z.number().optional(),
    oneOf: z.array(z.number()).min(1).max(256).optional(),
  })
    .superRefine((clamp, context) => {
      const bounded = clamp.min !== undefined || clamp.max !== undefined;
      if (bounded === (clamp.oneOf !== undefined)) {
        context.addIssue({
          code: "custom",
          message: "A clamp has `min`, `max` or both, or else `oneOf`.",
        });
      }
      if (clamp.min !== undefined && clamp.max !== undefined && clamp.min > clamp.max) {
        context.addIssue({ code: "custom", path: ["min"], message: "`min` is above `max`." });
      }
    })
    .optional(),
  redact: closed("redact", {
    args: z.literal(true).optional(),
    result: z.literal(true).optional(),
    kinds: distinct(z.enum(["secret", "pii", "injection", "hidden"]), "kind"),
  })
    .refine((redact) => redact.args === true || redact.result === true, {
      message: "Say what to redact: `args: true`, `result: true` or both.",
    })
    .optional(),
  notify: closed("notify", {
    channel: name("A channel"),
    priority: priorityShape.optional().meta({ description: "Default `normal`." }),
    required: z
      .boolean()
      .optional()
      .meta({ description: "Deny where it cannot be sent; default false." }),
  }).optional(),
})
  .refine(
    (obligation) => Object.values(obligation).filter((member) => member !== undefined).length === 1,
    {
      message:
        "An obligation is exactly one of `approval`, `clamp`, `redact` and `notify`; begin another entry with `-`.",
    },
  )
  .meta({ minProperties: 1, maxProperties: 1 });

const members = {
  id: idShape,
  effect: z.enum(["permit", "forbid", "require"]),
  agents: distinct(name("An agent"), "agent")
    .optional()
    .meta({ description: "Agent ids, or `role:<name>`; absent = every agent." }),
  users: distinct(name("A user"), "user")
    .optional()
    .meta({ description: "User ids, or `role:<name>`; absent = every user, or none." }),
  roles: distinct(name("A role"), "role")
    .optional()
    .meta({ description: "Short for agents with these roles." }),
  tools: toolChoiceShape.optional().meta({ description: "Exact names, or one selector." }),
  when: celShape.optional().meta({ description: "A CEL condition; absent = always." }),
  message: sentenceShape.optional().meta({ description: "Fixed text for the model." }),
  hint: sentenceShape.optional().meta({ description: "Fixed advice for the model." }),
  mode: modeShape.optional(),
  obligations: z
    .array(obligationShape)
    .min(1)
    .max(32)
    .optional()
    .meta({ description: "Exactly on a require rule." }),
};

/** One entry of `rules:`. */
export const ruleShape: z.ZodType<RuleSource> = closed("rule", members).superRefine(
  (rule, context) => {
    if (rule.effect === "require" && rule.obligations === undefined) {
      context.addIssue({
        code: "custom",
        message: "A require rule needs `obligations`; to refuse a call, write `effect: forbid`.",
      });
    }
    if (rule.effect !== "require" && rule.obligations !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["obligations"],
        message: "Only a require rule carries obligations; write a require rule beside this one.",
      });
    }
    if (rule.effect === "permit" && rule.tools === undefined) {
      context.addIssue({
        code: "custom",
        message: "A permit rule needs `tools`: names, or a selector such as `{ class: read }`.",
      });
    }
  },
);

/** A rule some of whose members are wrong, as far as the others can be read. */
export const brokenRuleShape: z.ZodType<RuleSource> = z.object({
  id: members.id.catch("broken"),
  effect: members.effect.catch("forbid"),
  agents: members.agents.catch(undefined),
  users: members.users.catch(undefined),
  roles: members.roles.catch(undefined),
  tools: members.tools.catch([]),
  when: members.when.catch(undefined),
  message: z.undefined().catch(undefined),
  hint: z.undefined().catch(undefined),
  mode: z.undefined().catch(undefined),
  obligations: members.obligations.catch(undefined),
});
