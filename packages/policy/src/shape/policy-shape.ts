import { z } from "zod";
import { approvalShape } from "./approval-shape.ts";
import type { ApprovalSource } from "./approval-shape.ts";
import { closed } from "./closed.ts";
import { flowShape } from "./flow-shape.ts";
import type { FlowSource } from "./flow-shape.ts";
import { limitShape } from "./limit-shape.ts";
import type { LimitSource } from "./limit-shape.ts";
import { distinct, modeShape, name, schemaSourceShape } from "./primitives.ts";
import type { SchemaSource } from "./primitives.ts";
import { riskShape } from "./risk-shape.ts";
import type { RiskSource } from "./risk-shape.ts";
import { ruleShape } from "./rule-shape.ts";
import type { RuleSource } from "./rule-shape.ts";
import { styleShape } from "./style-shape.ts";
import type { StyleSource } from "./style-shape.ts";
import { toolShape } from "./tool-shape.ts";
import type { ToolSource } from "./tool-shape.ts";
import type { Mode } from "@portcullis/core";

/** Members of a role, as written. */
export interface RoleSource {
  readonly users?: readonly string[] | undefined;
  readonly agents?: readonly string[] | undefined;
}

/** What an included file may hold; the main file holds it too. */
export interface FragmentSource {
  readonly portcullis?: 1 | undefined;
  readonly include?: readonly string[] | undefined;
  readonly roles?: Readonly<Record<string, RoleSource>> | undefined;
  readonly tools?: Readonly<Record<string, ToolSource>> | undefined;
  readonly rules?: readonly RuleSource[] | undefined;
  readonly limits?: readonly LimitSource[] | undefined;
  readonly styles?: readonly StyleSource[] | undefined;
}

/** A policy file as written. */
export interface PolicySource extends FragmentSource {
  readonly portcullis: 1;
  readonly name: string;
  readonly identity?: "token" | "host" | undefined;
  readonly context?: SchemaSource | undefined;
  readonly tools?: Readonly<Record<string, ToolSource>> | undefined;
  readonly risk?: RiskSource | undefined;
  readonly flow?: FlowSource | undefined;
  readonly approval?: ApprovalSource | undefined;
  readonly audit?:
    | {
        readonly level?: "basic" | "enhanced" | "strict" | undefined;
        readonly sink?: string | undefined;
      }
    | undefined;
  readonly mode?: Mode | undefined;
}

const version = z.literal(1, { error: "This release reads version 1: write `portcullis: 1`." });

/** One entry of `roles:`. */
export const roleShape: z.ZodType<RoleSource> = closed("role", {
  users: distinct(name("A user"), "user").optional(),
  agents: distinct(name("An agent"), "agent").optional(),
}).meta({ description: "Members of the role; `{}` = from the host's resolver alone." });

const sharedMembers = {
  include: distinct(z.string().min(1), "path").optional().meta({
    description:
      "Relative paths below the policy's folder, such as `rules/refunds.yaml` or `tools/*.yaml`.",
  }),
  roles: z.record(z.string(), roleShape).optional(),
  rules: z
    .array(ruleShape)
    .max(10_000)
    .optional()
    .meta({ description: "Without rules everything is denied." }),
  limits: z.array(limitShape).max(1000).optional(),
  styles: z
    .array(styleShape)
    .max(1000)
    .optional()
    .meta({ description: "Short forms that lower to forbid rules; they never grant." }),
};

/** A file named by `include`. */
export const fragmentShape: z.ZodType<FragmentSource> = closed("included file", {
  portcullis: version.optional(),
  ...sharedMembers,
  tools: z.record(z.string(), toolShape).optional(),
});

/** The policy's main file. */
export const policyShape: z.ZodType<PolicySource> = closed("policy", {
  portcullis: version.meta({ description: "Version of the policy language." }),
  name: name("A policy's name").meta({
    description: "Name of the policy, part of every counter's key.",
  }),
  identity: z
    .enum(["token", "host"])
    .optional()
    .meta({ description: "`token` (default) or `host`, which accepts the host's own principal." }),
  mode: modeShape.optional().meta({ description: "Default `enforce`." }),
  ...sharedMembers,
  tools: z.record(z.string(), toolShape).optional().meta({
    description: "The catalogue, here or in included files: a tool that is not in it is denied.",
  }),
  context: schemaSourceShape
    .optional()
    .meta({ description: "JSON Schema of the host's facts, in place or as a relative path." }),
  risk: riskShape.optional(),
  flow: flowShape
    .optional()
    .meta({ description: "Which results carry labels, and where labelled values may not go." }),
  approval: approvalShape.optional().meta({ description: "Defaults of every approval." }),
  audit: closed("audit", {
    level: z
      .enum(["basic", "enhanced", "strict"])
      .optional()
      .meta({ description: "Default `basic`." }),
    sink: name("A sink").optional().meta({ description: "A sink that the host composed." }),
  }).optional(),
});
