import { compilePolicy, evaluatePolicy, explainRules, trustedPrincipal } from "@portcullis/core";
import type {
  CompiledPolicy,
  EvaluationRequest,
  Json,
  JsonObject,
  PatternMatcher,
  SessionSnapshot,
} from "@portcullis/core";
import { validatePolicyYaml } from "@portcullis/policy";
import { toSchema } from "./argument-shape.ts";
import type { ObjectShape } from "./argument-shape.ts";
import { ROLES } from "./readable.ts";

/** What a condition may read. */
export interface Situation {
  readonly args: JsonObject;
  readonly context: JsonObject;
  readonly now: number;
  readonly session: Pick<SessionSnapshot, "calls" | "labels" | "turn" | "startedAt">;
  readonly agentRoles: readonly string[];
  /** Roles of the person behind the agent; absent = nobody. */
  readonly userRoles?: readonly string[];
}

/** One condition in one situation. */
export interface JudgedCondition {
  readonly index: number;
  /** True, false, or `undefined` for an error. */
  readonly truth: boolean | undefined;
  /** Values of the operands of the whole; `undefined` for an error. */
  readonly operands: readonly (Json | undefined)[];
}

/** Conditions of one policy, those that were refused left out. */
export interface CompiledConditions {
  /** A problem of each refused condition by its index. */
  readonly refused: ReadonlyMap<number, string>;
  /** Decides; throws where the permit, the forbid and the explanation of a condition disagree. */
  readonly judge: (situation: Situation) => readonly JudgedCondition[];
}

type Indexed = readonly (readonly [index: number, when: string])[];

/** Compiles conditions through YAML, CEL and the loader's own checks. */
export async function compileConditions(
  args: ObjectShape,
  texts: readonly string[],
  matcher: PatternMatcher,
): Promise<CompiledConditions> {
  const refused = new Map<number, string>();
  let accepted: Indexed = texts.map((text, index) => [index, text]);
  let result = await validatePolicyYaml({ file: "p.yaml", text: policyText(args, accepted) });
  // What only the loader refuses shows once everything else is gone.
  while (!result.ok) {
    const before = refused.size;
    for (const { path, message } of result.issues) {
      const rule = /^\/rules\/(\d+)/.exec(path)?.[1];
      const [index] = accepted[Math.floor(Number(rule) / EFFECTS.length)] ?? [];
      if (index === undefined)
        throw new Error(`The policy itself was refused: ${path}: ${message}`);
      if (!refused.has(index)) refused.set(index, message);
    }
    if (refused.size === before) throw new Error("Refused without a new reason.");
    accepted = accepted.filter(([index]) => !refused.has(index));
    result = await validatePolicyYaml({ file: "p.yaml", text: policyText(args, accepted) });
  }
  const policy = compilePolicy(result.document, { matcher });
  const indices = accepted.map(([index]) => index);
  return { refused, judge: (situation) => judge(policy, indices, situation) };
}

const EFFECTS = ["permit", "forbid"] as const;

/** A policy with one permit and one forbid for each condition; JSON is YAML. */
function policyText(args: ObjectShape, conditions: Indexed): string {
  const text = JSON.stringify({
    portcullis: 1,
    name: "differential",
    roles: Object.fromEntries(ROLES.map((role) => [role, {}])),
    tools: { act: { class: "write", input: toSchema(args) } },
    rules: conditions.flatMap(([index, when]) =>
      EFFECTS.map((effect) => ({ id: `${effect}-${index}`, effect, tools: ["act"], when })),
    ),
  });
  // Characters that nobody sees stand in a policy as escapes.
  return text.replaceAll(
    /[\u007f-\uD7FF\uE000-\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function judge(
  policy: CompiledPolicy,
  indices: readonly number[],
  situation: Situation,
): readonly JudgedCondition[] {
  const request = toRequest(situation);
  const matches = new Map(evaluatePolicy(policy, request).rules.map((rule) => [rule.id, rule]));
  const traces = new Map(explainRules(policy, request).map((trace) => [trace.id, trace]));
  return indices.map((index) => {
    const forbid = matches.get(`forbid-${index}`);
    const truth = forbid?.erred === true ? undefined : forbid !== undefined;
    if (matches.has(`permit-${index}`) !== (truth === true)) {
      throw new Error(`The forbid says ${String(truth)}, the permit otherwise.`);
    }
    const trace = traces.get(`forbid-${index}`);
    if (trace?.result !== (truth ?? "error")) {
      throw new Error(`The decision says ${String(truth)}, the explanation otherwise.`);
    }
    const operands = trace.condition?.operands.map(({ value }) => value) ?? [];
    // JSON has no negative zero.
    return { index, truth, operands: operands.map((value) => (value === 0 ? 0 : value)) };
  });
}

/** The request that stands for a situation. */
export function toRequest(situation: Situation): EvaluationRequest {
  const { args, context, now, session, agentRoles, userRoles } = situation;
  return {
    tool: "act",
    args,
    principal: trustedPrincipal({
      agent: { id: "agent:bot", roles: agentRoles },
      ...(userRoles === undefined ? {} : { user: { id: "user:ann", roles: userRoles } }),
    }),
    session: { ...session, truncated: false },
    facts: context,
    now,
  };
}
