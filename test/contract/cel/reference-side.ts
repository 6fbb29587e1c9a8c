import { celEnv, isCelError, isCelList, isCelMap, parse, plan } from "@bufbuild/cel";
import type { CelEnv, CelInput, CelResult } from "@bufbuild/cel";
import { isMessage } from "@bufbuild/protobuf";
import { isReflectMessage } from "@bufbuild/protobuf/reflect";
import { DurationSchema, TimestampSchema, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Json, JsonObject, PatternMatcher } from "@portcullis/core";
import type { Shape } from "./argument-shape.ts";
import { houseRules } from "./house-rules.ts";
import type { Deviation } from "./house-rules.ts";
import type { Situation } from "./portcullis-side.ts";

/** What the reference came to: a JSON-like value, or `undefined` for an error. */
export interface Reading {
  readonly value: Json | undefined;
  /** Listed deviations that showed on the way; none without house rules. */
  readonly deviations: ReadonlySet<Deviation>;
}

/** An expression that the reference can evaluate. */
export type ReferenceExpression = (bindings: Bindings) => Reading;

/** Values of the roots. */
export type Bindings = Readonly<Record<string, CelInput>>;

/** The CEL reference implementation, as it is and under our house rules. */
export interface Reference {
  plain(text: string): ReferenceExpression;
  ruled(text: string): ReferenceExpression;
}

/** A condition is true, false or an error; another value is an error. */
export function asCondition(expression: ReferenceExpression): ReferenceExpression {
  return (bindings) => {
    const { value, deviations } = expression(bindings);
    return { value: typeof value === "boolean" ? value : undefined, deviations };
  };
}

/** The reference's own engine for patterns that ours does not run itself. */
export const referenceMatcher: PatternMatcher = {
  compile(pattern) {
    const run = plan(celEnv(), parse("text.matches(pattern)"));
    return { test: (text) => run({ text, pattern }) === true };
  },
};

/** Makes a reference; both forms parse with the library's own parser. */
export function createReference(): Reference {
  let deviations = new Set<Deviation>();
  const plans = new Map<string, ReferenceExpression>();
  const plainEnv = celEnv();
  const ruledEnv = celEnv({ funcs: houseRules((deviation) => deviations.add(deviation)) });
  const prepare = (env: CelEnv, text: string): ReferenceExpression => {
    const run = plan(env, parse(text));
    return (bindings) => {
      deviations = new Set();
      const value = toJson(run({ ...bindings }));
      return { value, deviations };
    };
  };
  const once = (env: CelEnv, key: string, text: string): ReferenceExpression => {
    const known = plans.get(key);
    const expression = known ?? prepare(env, text);
    if (known === undefined) plans.set(key, expression);
    return expression;
  };
  return {
    plain: (text) => once(plainEnv, `plain ${text}`, text),
    ruled: (text) => once(ruledEnv, `ruled ${text}`, text),
  };
}

function toJson(result: CelResult): Json | undefined {
  if (isCelError(result)) return undefined;
  if (typeof result === "bigint") return Number(result);
  if (typeof result === "number") return result + 0;
  if (typeof result !== "object" || result === null) return result;
  if (isCelList(result)) return [...result].map((item) => toJson(item) ?? null);
  if (isCelMap(result)) {
    return Object.fromEntries(
      [...result.entries()].map(([key, item]) => [
        typeof key === "string" ? key : JSON.stringify(key),
        toJson(item) ?? null,
      ]),
    );
  }
  if (isReflectMessage(result)) {
    const { message } = result;
    if (isMessage(message, TimestampSchema) || isMessage(message, DurationSchema)) {
      return Number(message.seconds) * 1000 + message.nanos / 1_000_000;
    }
  }
  throw new TypeError("The reference gave a value that no condition has.");
}

/** The roots of a situation as the reference reads them: `integer` as int, other numbers as double. */
export function bind(situation: Situation, args: Shape): Bindings {
  const { context, now, session, agentRoles, userRoles } = situation;
  const agent = new Map<string, CelInput>([
    ["id", "agent:bot"],
    ["roles", agentRoles],
  ]);
  const principal = new Map<string, CelInput>([
    ["agent", agent],
    ["chain", [agent]],
  ]);
  if (userRoles !== undefined) {
    principal.set(
      "user",
      new Map<string, CelInput>([
        ["id", "user:ann"],
        ["roles", userRoles],
      ]),
    );
  }
  const calls = session.calls.map(
    ({ tool, outcome, at }) =>
      new Map<string, CelInput>([
        ["tool", tool],
        ["outcome", outcome],
        ["at", timestampFromMs(at)],
      ]),
  );
  return {
    args: toInput(situation.args, args),
    context: toInput(context, { kind: "dyn" }),
    now: timestampFromMs(now),
    principal,
    session: new Map<string, CelInput>([
      ["calls", calls],
      ["turn", BigInt(session.turn)],
      ["startedAt", timestampFromMs(session.startedAt)],
    ]),
    flow: new Map([["session", session.labels]]),
    tool: new Map<string, CelInput>([
      ["name", "act"],
      ["class", "write"],
      ["sensitivity", "internal"],
      ["reversible", false],
      ["origin", "local"],
    ]),
  };
}

function toInput(value: Json, shape: Shape): CelInput {
  if (typeof value === "number") return isInt(shape) ? BigInt(value) : value;
  if (isList(value)) {
    const of: Shape = shape.kind === "list" ? shape.of : { kind: "dyn" };
    return value.map((item) => toInput(item, of));
  }
  if (!isObject(value)) return value;
  return new Map(
    Object.entries(value).map(([name, item]) => [name, toInput(item, memberShape(shape, name))]),
  );
}

function isInt(shape: Shape): boolean {
  if (shape.kind === "nullable") return shape.of === "int";
  if (shape.kind === "either") return shape.of.includes("int");
  return shape.kind === "int";
}

function memberShape(shape: Shape, name: string): Shape {
  if (shape.kind === "map") return shape.of;
  const found =
    shape.kind === "object" ? shape.members.find((member) => member.name === name) : undefined;
  return found?.shape ?? { kind: "dyn" };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
