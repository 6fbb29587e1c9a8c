import { z } from "zod";
import type { Json } from "@portcullis/core";
import { closed } from "../shape/closed.ts";
import { name, priorityShape } from "../shape/primitives.ts";

/** Who calls, as written. */
export interface PrincipalSource {
  readonly agent: string;
  readonly roles?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly userRoles?: readonly string[] | undefined;
  readonly delegators?:
    | readonly { readonly agent: string; readonly roles?: readonly string[] | undefined }[]
    | undefined;
}

/** A call as written. */
export interface CallSource {
  readonly tool: string;
  readonly args?: Json | undefined;
  readonly prompt?: string | undefined;
  readonly context?: Readonly<Record<string, Json>> | undefined;
  readonly definition?: Readonly<Record<string, Json>> | undefined;
}

/** A constraint on one argument of a delegated tool, as written. */
export type ConstraintSource =
  | { readonly type: "exact"; readonly value: Json }
  | { readonly type: "one_of"; readonly values: readonly Json[] }
  | {
      readonly type: "range";
      readonly min?: number | undefined;
      readonly max?: number | undefined;
    }
  | { readonly type: "wildcard" };

/** What was delegated to the task, as written. */
export type CeilingSource =
  | "unlimited"
  | readonly (
      | string
      | {
          readonly tool: string;
          readonly args?: Readonly<Record<string, ConstraintSource>> | undefined;
        }
    )[];

/** An obligation that is expected: its type, or its type with some of its members. */
export type ObligationExpectation =
  | string
  | {
      readonly approval?:
        | {
            readonly queue?: string | undefined;
            readonly priority?: string | undefined;
            readonly expires?: string | undefined;
          }
        | undefined;
      readonly notify?:
        | { readonly channel?: string | undefined; readonly priority?: string | undefined }
        | undefined;
    };

/** What is expected of one call, as written. */
export interface ExpectationSource {
  readonly outcome: "permit" | "deny" | "approval-required";
  readonly code?: string | undefined;
  readonly rules?: readonly string[] | undefined;
  readonly obligations?: readonly ObligationExpectation[] | undefined;
  readonly args?: Json | undefined;
  readonly risk?: number | undefined;
  readonly notified?: readonly string[] | undefined;
}

/** What is expected of one cell of a matrix, as written. */
export interface CellSource extends ExpectationSource {
  readonly principal: string;
  readonly call: string;
}

/** One step before the call that a test is about, as written. */
export interface StepSource {
  readonly call?: string | CallSource | undefined;
  readonly principal?: string | PrincipalSource | undefined;
  readonly session?: string | undefined;
  readonly times?: number | undefined;
  readonly every?: string | undefined;
  readonly outcome?: "permit" | "deny" | "approval-required" | undefined;
  readonly result?: Json | undefined;
  readonly fails?: true | undefined;
  readonly running?: true | undefined;
  readonly wait?: string | undefined;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number } | undefined;
}

/** Surroundings of a call, as written; a test's own go before the file's. */
interface SurroundingsSource {
  readonly principal?: string | PrincipalSource | undefined;
  readonly context?: Readonly<Record<string, Json>> | undefined;
  readonly ceiling?: CeilingSource | undefined;
}

/** One test as written. */
export interface TestSource extends SurroundingsSource {
  readonly name: string;
  readonly now?: string | undefined;
  readonly prompt?: string | undefined;
  readonly given?: readonly StepSource[] | undefined;
  readonly matrix?:
    | { readonly principals: readonly string[]; readonly calls: readonly string[] }
    | undefined;
  readonly call?: string | CallSource | undefined;
  readonly expect?: ExpectationSource | readonly CellSource[] | undefined;
}

/** A file of policy tests as written. */
export interface TestFileSource {
  readonly portcullis: 1;
  readonly now?: string | undefined;
  readonly fixtures?:
    | {
        readonly principals?: Readonly<Record<string, PrincipalSource>> | undefined;
        readonly calls?: Readonly<Record<string, CallSource>> | undefined;
      }
    | undefined;
  readonly defaults?: SurroundingsSource | undefined;
  readonly tests: readonly TestSource[];
}

const OUTCOME = z.enum(["permit", "deny", "approval-required"]);
const OBLIGATIONS = ["approval", "clamp", "redact", "dryRun", "notify"] as const;
const MOST_TIMES = 100_000;

const anyJson: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined);
const jsonObject = z.record(z.string(), anyJson);
const names = (what: string): z.ZodArray<z.ZodString> => z.array(name(what)).max(64);
const text = z.string().max(65_536);
const dateShape = z
  .string()
  .min(1)
  .meta({ description: 'Date at which the clock stands, such as `"2026-11-20T09:00:00Z"`.' });
const timeShape = z
  .string()
  .min(1)
  .meta({ description: "A length of time: `600ms`, `30s`, `15m`, `24h` or `7d`." });

const principalShape: z.ZodType<PrincipalSource> = closed("principal", {
  agent: name("An agent").meta({ description: "Id of the acting agent." }),
  roles: names("A role").optional().meta({ description: "Roles of the agent; default none." }),
  user: name("A user").optional().meta({ description: "On whose behalf; default nobody's." }),
  userRoles: names("A role").optional().meta({ description: "Roles of the user; default none." }),
  delegators: z
    .array(closed("delegator", { agent: name("An agent"), roles: names("A role").optional() }))
    .max(16)
    .optional()
    .meta({ description: "Agents that delegated to it, newest first; default none." }),
}).superRefine(({ user, userRoles }, context) => {
  if (user === undefined && userRoles !== undefined) {
    context.addIssue({
      code: "custom",
      path: ["userRoles"],
      message: "`userRoles` needs a `user`.",
    });
  }
});

const callShape: z.ZodType<CallSource> = closed("call", {
  tool: z.string().min(1).max(256),
  args: anyJson.optional().meta({ description: "Default `{}`." }),
  prompt: text
    .optional()
    .meta({ description: "The user's own words; goes before the test's `prompt`." }),
  context: jsonObject
    .optional()
    .meta({ description: "The host's facts; goes before the test's `context`." }),
  definition: jsonObject.optional().meta({ description: "Definition of a pinned tool." }),
});

const constraintShape: z.ZodType<ConstraintSource> = z.union([
  closed("constraint", { type: z.literal("exact"), value: anyJson }),
  closed("constraint", { type: z.literal("one_of"), values: z.array(anyJson) }),
  closed("constraint", {
    type: z.literal("range"),
    min: z.number().optional(),
    max: z.number().optional(),
  }),
  closed("constraint", { type: z.literal("wildcard") }),
]);

const ceilingShape: z.ZodType<CeilingSource> = z
  .union([
    z.literal("unlimited"),
    z.array(
      z.union([
        z.string().min(1).max(256),
        closed("grant", {
          tool: z.string().min(1).max(256),
          args: z.record(z.string(), constraintShape).optional(),
        }),
      ]),
    ),
  ])
  .meta({ description: "What was delegated to the task; default `unlimited`." });

const obligationShape: z.ZodType<ObligationExpectation> = z.union([
  z.enum(OBLIGATIONS),
  closed("obligation", {
    approval: closed("approval", {
      queue: z.string().optional(),
      priority: priorityShape.optional(),
      expires: timeShape.optional(),
    }).optional(),
    notify: closed("notify", {
      channel: z.string().optional(),
      priority: priorityShape.optional(),
    }).optional(),
  }).refine(
    (obligation) => Object.values(obligation).filter((member) => member !== undefined).length === 1,
    { message: "An expected obligation is a type, or one of `approval` and `notify`." },
  ),
]);

const expectationMembers = {
  outcome: OUTCOME,
  code: z.string().min(1).optional().meta({ description: "Code of the denial." }),
  rules: z
    .array(z.string().min(1))
    .optional()
    .meta({ description: "All rules that apply, and `limit:<id>` of a limit that refuses." }),
  obligations: z
    .array(obligationShape)
    .optional()
    .meta({ description: "All obligations: types, or `approval` and `notify` with members." }),
  args: anyJson.optional().meta({ description: "The arguments that the tool would get." }),
  risk: z.int().min(0).max(100).optional().meta({ description: "The risk score." }),
  notified: z
    .array(name("A channel"))
    .max(64)
    .optional()
    .meta({ description: "All channels that are told of the call." }),
};

interface CoherenceContext {
  addIssue(issue: {
    readonly code: "custom";
    readonly path: PropertyKey[];
    readonly message: string;
  }): void;
}

function checkExpectation(expectation: ExpectationSource, context: CoherenceContext): void {
  const { outcome, code, obligations, args } = expectation;
  const refuse = (path: string, message: string): void => {
    context.addIssue({ code: "custom", path: [path], message });
  };
  if (outcome === "permit" && code !== undefined) refuse("code", "A permit has no code.");
  if (outcome === "deny" && obligations !== undefined) {
    refuse("obligations", "A deny has no obligations.");
  }
  if (outcome !== "permit" && args !== undefined) {
    refuse("args", "Only a permit has arguments that the tool would get.");
  }
}

const expectationShape: z.ZodType<ExpectationSource> = closed(
  "expectation",
  expectationMembers,
).superRefine(checkExpectation);

const cellShape: z.ZodType<CellSource> = closed("cell", {
  principal: z.string().min(1).meta({ description: "One of the matrix's principals." }),
  call: z.string().min(1).meta({ description: "One of the matrix's calls." }),
  ...expectationMembers,
}).superRefine(checkExpectation);

const callOrName = z.union([z.string().min(1), callShape]);
const principalOrName = z.union([z.string().min(1), principalShape]);

const stepShape: z.ZodType<StepSource> = closed("step", {
  call: callOrName.optional().meta({ description: "A call, in place or by its name." }),
  principal: principalOrName.optional().meta({ description: "Who calls; default as the test." }),
  session: name("A session")
    .optional()
    .meta({ description: "Another session than the test's own." }),
  times: z.int().min(1).max(MOST_TIMES).optional().meta({ description: "Default once." }),
  every: timeShape.optional().meta({ description: "Time that passes after each of these calls." }),
  outcome: OUTCOME.optional().meta({ description: "What each of them must come to: `permit`." }),
  result: anyJson.optional().meta({ description: "What the tool returns; default null." }),
  fails: z.literal(true).optional().meta({ description: "The tool throws." }),
  running: z.literal(true).optional().meta({ description: "The tool does not end." }),
  wait: timeShape.optional().meta({ description: "Instead of a call: time passes." }),
  usage: closed("usage", {
    inputTokens: z.int().min(0),
    outputTokens: z.int().min(0),
  })
    .optional()
    .meta({ description: "Instead of a call: token use that a provider reports." }),
}).superRefine((step, context) => {
  const { call, wait, usage, result, fails, running, outcome } = step;
  const refuse = (message: string, path?: string): void => {
    context.addIssue({ code: "custom", path: path === undefined ? [] : [path], message });
  };
  if ([call, wait, usage].filter((member) => member !== undefined).length !== 1) {
    refuse("A step has exactly one of `call`, `wait` and `usage`.");
    return;
  }
  const ofCall = ["times", "every", "outcome", "result", "fails", "running"] as const;
  const stray = ofCall.find((member) => step[member] !== undefined);
  if (call === undefined && stray !== undefined) refuse("This belongs to a `call`.", stray);
  if (wait !== undefined && (step.principal ?? step.session) !== undefined) {
    refuse("`wait` stands alone.", "wait");
  }
  const ends = [result, fails, running].filter((member) => member !== undefined);
  if (ends.length > 1) refuse("A call has at most one of `result`, `fails` and `running`.");
  if (outcome !== undefined && outcome !== "permit" && ends.length > 0) {
    refuse("A call that is not permitted does not run.", "outcome");
  }
});

const surroundingsMembers = {
  principal: principalOrName
    .optional()
    .meta({ description: "Who calls, in place or by its name in `fixtures`." }),
  context: jsonObject.optional().meta({ description: "The host's facts; default none." }),
  ceiling: ceilingShape.optional(),
};

const testShape: z.ZodType<TestSource> = closed("test", {
  name: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{C}]*$/u, "A test's name is one line of printable characters."),
  now: dateShape.optional(),
  prompt: text.optional().meta({ description: "The user's own words; default none are known." }),
  ...surroundingsMembers,
  given: z
    .array(stepShape)
    .max(1000)
    .optional()
    .meta({ description: "What happened before, in this order." }),
  matrix: closed("matrix", {
    principals: z.array(z.string().min(1)).min(1).max(256),
    calls: z.array(z.string().min(1)).min(1).max(1024),
  })
    .optional()
    .meta({
      description: "Every principal makes every call; a cell without expectation is denied.",
    }),
  call: callOrName.optional().meta({ description: "The call, in place or by its name." }),
  expect: z
    .union([expectationShape, z.array(cellShape)])
    .optional()
    .meta({ description: "Of a single call a mapping, of a matrix a list of cells." }),
}).superRefine(({ matrix, call, expect, principal }, context) => {
  const refuse = (path: string, message: string): void => {
    context.addIssue({ code: "custom", path: [path], message });
  };
  const isList = Array.isArray(expect);
  if ((matrix === undefined) === (call === undefined)) {
    context.addIssue({ code: "custom", message: "A test has a `call` or a `matrix`." });
  } else if (matrix !== undefined) {
    if (principal !== undefined) refuse("principal", "A matrix names its `principals` itself.");
    if (expect !== undefined && !isList) {
      refuse("expect", "A matrix expects a list of `{ principal, call, outcome }`.");
    }
  } else if (expect === undefined) {
    context.addIssue({ code: "custom", message: "`expect` is missing; write `{ outcome: … }`." });
  } else if (isList) {
    refuse("expect", "A single call expects one mapping, `{ outcome: … }`.");
  }
});

/** A file of policy tests. */
export const testFileShape: z.ZodType<TestFileSource> = closed("test file", {
  portcullis: z
    .literal(1, { error: "This release reads version 1: write `portcullis: 1`." })
    .meta({ description: "Version of the policy language." }),
  now: dateShape.optional(),
  fixtures: closed("fixtures", {
    principals: z.record(z.string(), principalShape).optional(),
    calls: z.record(z.string(), callShape).optional(),
  })
    .optional()
    .meta({ description: "Principals and calls by name." }),
  defaults: closed("defaults", surroundingsMembers)
    .optional()
    .meta({ description: "What holds where a test does not say it." }),
  tests: z.array(testShape).min(1).max(10_000),
});
