import { randomUUID } from "node:crypto";
import type { ContextInput, Decision, Json, ToolCall, TrustedPrincipal } from "@portcullis/core";
import { canonicalize, trustedPrincipal } from "@portcullis/core";
import { LineRefusal } from "./answer-lines.ts";
import type { EvalLine, EvalPrincipal } from "./eval-line.ts";
import type { Evaluator } from "./evaluator.ts";

/**
 * The answer to one line.
 *
 * ```json
 * {"id":"1","outcome":"permit","code":null,"rules":["small"],"risk":50,"obligations":[],"args":{"amount":10}}
 * ```
 */
export interface EvalAnswer {
  /** The line's own. */
  readonly id: string | number;
  readonly outcome: "permit" | "deny" | "approval-required";
  /** Denial code; null for a permit. */
  readonly code: string | null;
  /** Ids of the rules that applied, but for those in shadow mode, and of a limit that refused. */
  readonly rules: readonly string[];
  /** Risk score from 0 to 100. */
  readonly risk: number;
  /** Types of the obligations, in the order they are fulfilled. */
  readonly obligations: readonly string[];
  /**
   * The canonical arguments: for a permit those decided on, with clamps and redaction, else those
   * of the line; null where they are not plain JSON that the guard takes.
   */
  readonly args: Json;
}

/**
 * Evaluates one line: reports its token use, then takes the call through all stages with a tool
 * that returns the line's `result`. So a permitted call counts against limits, enters the history
 * and labels the session, whether or not a result was given.
 *
 * @throws {LineRefusal} `invalid-member` when a name in it cannot be one, `token-unavailable` when it
 * has a token that nothing is there to verify with, `internal` when its use could not be counted.
 */
export async function evaluateLine(
  line: EvalLine,
  {
    guard,
    document,
    takesTokens = false,
  }: Pick<Evaluator, "guard" | "document"> & Partial<Pick<Evaluator, "takesTokens">>,
): Promise<EvalAnswer> {
  if (line.token !== undefined && !takesTokens) {
    throw new LineRefusal(
      "token-unavailable",
      "Task tokens need keys and an audience to be verified against: --jwks and --audience.",
    );
  }
  const context = toLineContext(line);
  const call = toCall(line, document);
  if (line.usage !== undefined && context !== undefined) {
    try {
      await guard.reportUsage(context, line.usage);
    } catch {
      return answerUncounted(line, await guard.check(call, context));
    }
  }
  const outcome = await guard.execute(call, context, () => line.result ?? null);
  return toAnswer(line, outcome.decision);
}

/** Who, in which session, with what the host knows; undefined where nobody is named. */
export function toContext(line: EvalLine): ContextInput | undefined {
  const host = {
    ...(line.prompt === undefined ? {} : { request: [line.prompt] }),
    ...(line.context === undefined ? {} : { facts: line.context }),
  };
  if (line.token !== undefined) {
    // The token's task is the session; one that the line names has to be the same.
    const session = line.session === undefined ? {} : { session: { id: line.session } };
    return { token: line.token, ...session, ...host };
  }
  if (line.principal === undefined) return undefined;
  return {
    principal: toPrincipal(line.principal, line.ceiling),
    session: { id: line.session ?? randomUUID(), isNew: true },
    ...host,
  };
}

/** The call, coming from where the catalogue says that the tool comes from. */
export function toCall(line: EvalLine, { tools }: Evaluator["document"]): ToolCall {
  const entry = Object.hasOwn(tools, line.tool) ? tools[line.tool] : undefined;
  return {
    callId: String(line.id),
    tool: line.tool,
    args: line.args === undefined ? {} : line.args,
    origin: entry?.origin ?? "local",
    ...(line.definition === undefined ? {} : { definition: line.definition }),
  };
}

/** Writes a decision as an answer. */
export function toAnswer(line: EvalLine, decision: Decision): EvalAnswer {
  const ids = decision.rules.filter(({ shadow }) => !shadow).map(({ id }) => id);
  const head = { id: line.id, outcome: decision.outcome };
  const risk = decision.risk.score;
  if (decision.outcome === "permit") {
    const obligations = decision.obligations.map(({ type }) => type);
    return { ...head, code: null, rules: ids, risk, obligations, args: decision.args };
  }
  const { code, rule } = decision.denial;
  return {
    ...head,
    code,
    rules: rule === undefined ? ids : [...new Set([...ids, rule.id])].toSorted(),
    risk,
    obligations: decision.outcome === "approval-required" ? ["approval"] : [],
    args: toCanonicalArgs(line.args),
  };
}

/**
 * The line's principal on the host's own word.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a name in it cannot be one.
 */
function toPrincipal(
  { agent, roles, user, userRoles = [] }: EvalPrincipal,
  ceiling: EvalLine["ceiling"] = "unlimited",
): TrustedPrincipal {
  const base = { agent: { id: agent, roles }, ceiling };
  return trustedPrincipal(
    user === undefined ? base : { ...base, user: { id: user, roles: userRoles } },
  );
}

function toLineContext(line: EvalLine): ContextInput | undefined {
  try {
    return toContext(line);
  } catch {
    throw new LineRefusal("invalid-member", "The line is wrong in its principal or ceiling.");
  }
}

// Use that was not counted could have denied the call, so a permit must not be given out.
function answerUncounted(line: EvalLine, decision: Decision): EvalAnswer {
  if (decision.outcome !== "deny") {
    throw new LineRefusal("internal", "The line's token use could not be counted.");
  }
  return toAnswer(line, decision);
}

function toCanonicalArgs(args: Json | undefined): Json {
  try {
    return canonicalize(args === undefined ? {} : args).value;
  } catch {
    return null;
  }
}
