import { z } from "zod";
import { closed } from "./closed.ts";
import { distinct, durationShape, name, priorityShape } from "./primitives.ts";

/** Parameters of an approval as written; absent ones come from the policy's defaults. */
export interface ApprovalSource {
  readonly queue?: string | undefined;
  readonly priority?: "low" | "normal" | "high" | "critical" | undefined;
  readonly expires?: string | undefined;
  readonly approvers?:
    | { readonly roles?: readonly string[] | undefined; readonly count?: number | undefined }
    | undefined;
  readonly scope?: string | undefined;
  readonly editable?: readonly string[] | undefined;
}

/** The members of {@link ApprovalSource}, for mappings that hold more. */
export const approvalMembers: {
  readonly queue: z.ZodOptional<z.ZodString>;
  readonly priority: z.ZodOptional<typeof priorityShape>;
  readonly expires: z.ZodOptional<z.ZodString>;
  readonly approvers: z.ZodOptional<z.ZodType<NonNullable<ApprovalSource["approvers"]>>>;
  readonly scope: z.ZodOptional<z.ZodEnum<{ once: "once" }>>;
  readonly editable: z.ZodOptional<z.ZodArray<z.ZodString>>;
} = {
  queue: name("A queue")
    .optional()
    .meta({ description: "Where the request appears; default `default`." }),
  priority: priorityShape.optional().meta({ description: "Default `normal`." }),
  expires: durationShape.optional().meta({ description: "Such as `15m`, the default." }),
  approvers: closed("approvers", {
    roles: distinct(name("A role"), "role")
      .optional()
      .meta({ description: "Any one of these roles; default anybody but the requester." }),
    count: z.int().min(1).max(16).optional().meta({ description: "Distinct people; default 1." }),
  }).optional(),
  scope: z
    .enum(["once"], { error: "Only `once` is supported in this release: one grant, one call." })
    .optional(),
  editable: distinct(z.string().min(1), "argument")
    .optional()
    .meta({ description: "Top-level arguments that an approver may change; default none." }),
};

/** `approval:` of the policy, and of an obligation. */
export const approvalShape: z.ZodType<ApprovalSource> = closed("approval", approvalMembers);
