import { z } from "zod";
import { approvalMembers } from "./approval-shape.ts";
import type { ApprovalSource } from "./approval-shape.ts";
import { closed } from "./closed.ts";
import { celShape, name } from "./primitives.ts";
import type { ToolClass } from "@portcullis/core";

/** A level of risk from which a person must approve, as written. */
export interface RiskLevelSource extends ApprovalSource {
  readonly from: number;
}

/** An addition to the risk score, as written. */
export interface RiskFactorSource {
  readonly when: string;
  readonly points: number;
  readonly factor: string;
}

/** `risk:` as written. */
export interface RiskSource {
  readonly base?: Readonly<Partial<Record<ToolClass, number | undefined>>> | undefined;
  readonly add?: readonly RiskFactorSource[] | undefined;
  readonly thresholds?:
    | {
        readonly approval?: number | RiskLevelSource | readonly RiskLevelSource[] | undefined;
        readonly deny?:
          | number
          | { readonly from: number; readonly notify?: { readonly channel: string } | undefined }
          | undefined;
      }
    | undefined;
}

const score = z.int().min(0).max(100);

const levelShape: z.ZodType<RiskLevelSource> = closed("risk level", {
  from: score,
  ...approvalMembers,
});

/** One entry of `risk.add`. */
export const riskFactorShape: z.ZodType<RiskFactorSource> = closed("risk factor", {
  when: celShape.meta({ description: "A CEL condition." }),
  points: score.meta({ description: "Whole number from 0 to 100." }),
  factor: name("A factor").meta({ description: "Name of the factor in decisions." }),
});

/** `risk:` of the policy. */
export const riskShape: z.ZodType<RiskSource> = closed("risk", {
  base: closed("risk base", {
    read: score.optional(),
    write: score.optional(),
    delete: score.optional(),
    execute: score.optional(),
    send: score.optional(),
    pay: score.optional(),
    delegate: score.optional(),
  }).optional(),
  add: z.array(riskFactorShape).max(256).optional(),
  thresholds: closed("thresholds", {
    approval: z
      .union([score, levelShape, z.array(levelShape).min(1).max(16)])
      .optional()
      .meta({ description: "A number, a level, or a list of levels; inclusive." }),
    deny: z
      .union([
        score,
        closed("deny level", {
          from: score,
          notify: closed("notice", { channel: name("A channel") }).optional(),
        }),
      ])
      .optional()
      .meta({ description: "Refused from this score on." }),
  }).optional(),
});
