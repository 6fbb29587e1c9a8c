import { z } from "zod";
import { closed } from "./closed.ts";
import { celShape, distinct, name } from "./primitives.ts";
import { toolChoiceShape } from "./tool-choice-shape.ts";
import type { ToolChoiceSource } from "./tool-choice-shape.ts";

/** Tools whose results carry a label, as written. */
export interface FlowSourceSource {
  readonly tools: ToolChoiceSource;
  readonly label: string;
}

/** Where labelled values may not go, as written. */
export interface FlowSinkSource {
  readonly tools: ToolChoiceSource;
  readonly refuse?: readonly string[] | undefined;
  readonly argsFrom?:
    | {
        readonly path: string;
        readonly not: readonly string[];
        readonly derived?: "inherit" | undefined;
      }
    | undefined;
  readonly unless?: string | undefined;
  readonly otherwise?: "deny" | "approval" | undefined;
}

/** `flow:` as written. */
export interface FlowSource {
  readonly sources?: readonly FlowSourceSource[] | undefined;
  readonly sinks?: readonly FlowSinkSource[] | undefined;
}

const labels = distinct(name("A label"), "label");

/** One entry of `flow.sources`. */
export const flowSourceShape: z.ZodType<FlowSourceSource> = closed("flow source", {
  tools: toolChoiceShape.meta({ description: "Exact names, or one selector." }),
  label: name("A label").meta({ description: "Added to every result of these tools." }),
});

/** One entry of `flow.sinks`. */
export const flowSinkShape: z.ZodType<FlowSinkSource> = closed("flow sink", {
  tools: toolChoiceShape.meta({ description: "Exact names, or one selector." }),
  refuse: labels.optional().meta({ description: "Labels that the session may not carry." }),
  argsFrom: closed("argsFrom", {
    path: z.string().min(1).meta({ description: "An argument, such as `args.recipient`." }),
    not: labels.meta({ description: "Labels that its value may not carry." }),
    derived: z
      .enum(["inherit"])
      .optional()
      .meta({ description: "A value of unknown origin carries all labels of the session." }),
  }).optional(),
  unless: celShape.optional().meta({ description: "A CEL condition that excuses the call." }),
  otherwise: z.enum(["deny", "approval"]).optional().meta({ description: "Default `deny`." }),
}).superRefine((sink, context) => {
  if (sink.refuse === undefined && sink.argsFrom === undefined) {
    context.addIssue({
      code: "custom",
      message: "A flow sink needs `refuse`, which looks at the session, or `argsFrom`.",
    });
  }
});

/** `flow:` of the main file. */
export const flowShape: z.ZodType<FlowSource> = closed("flow", {
  sources: z.array(flowSourceShape).max(256).optional(),
  sinks: z.array(flowSinkShape).max(256).optional(),
});
