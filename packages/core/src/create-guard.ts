import { platform } from "#platform";
import { createApprovalLedger } from "./approvals/approval-ledger.ts";
import type { ContextInput } from "./call-context.ts";
import type { Decision } from "./decision.ts";
import { PortcullisConfigError } from "./errors.ts";
import type { GuardOptions } from "./guard-options.ts";
import type { Guard, Run } from "./guard.ts";
import type { ActivationParts } from "./internal/active-policy.ts";
import { activatePolicy, createPolicyActivator } from "./internal/active-policy.ts";
import { checkCall } from "./internal/check-call.ts";
import type { DecidedCall } from "./internal/decide-call.ts";
import { executeCall } from "./internal/execute-call.ts";
import { reportUsage } from "./internal/report-usage.ts";
import type { GuardRuntime } from "./internal/guard-runtime.ts";
import { createNoticedDefinitions } from "./internal/noticed-definitions.ts";
import { createPlaceholderVault } from "./internal/placeholder-vault.ts";
import { createSuspendedCalls } from "./internal/suspended-calls.ts";
import { createSchemaCompiler } from "./json-schema/schema-compiler.ts";
import { createMemoryApprovalStore } from "./memory/approval-store.ts";
import { createMemoryDecisionSink } from "./memory/decision-sink.ts";
import { createMemoryLimitStore } from "./memory/limit-store.ts";
import { createMemorySessionStore } from "./memory/session-store.ts";
import type { PolicySource } from "./ports/policy-source.ts";
import { redactMessages } from "./redact-messages.ts";
import type { ToolCall } from "./tool-call.ts";
import { visibleTools } from "./visible-tools.ts";

/**
 * Creates the enforcement point for one policy.
 *
 * A fixed policy is checked before the promise resolves. A `PolicySource` is asked at every call
 * and its policies are checked when they first appear; a broken one denies.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every issue when the policy is refused.
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an option cannot work.
 *
 * @example
 * ```ts
 * declare const policy: PolicyDocument;
 * declare function readTicket(args: CanonicalArgs): Promise<string>;
 * const guard = await createGuard({ policy });
 * const outcome = await guard.execute(
 *   { callId: "1", tool: "read_ticket", args: { id: "T-1" } },
 *   { principal: trustedPrincipal({ agent: { id: "support-bot" } }) },
 *   (args) => readTicket(args),
 * );
 * ```
 */
export async function createGuard(options: GuardOptions): Promise<Guard> {
  const runtime = await createRuntime(options);
  const checked = new WeakMap<Decision, DecidedCall>();
  return Object.freeze({
    async check(call, context) {
      const { decision, decided } = await checkCall(runtime, call, context);
      if (decided !== undefined) checked.set(decision, decided);
      return decision;
    },
    execute: <T>(call: ToolCall, context: ContextInput | undefined, run: Run<T>) =>
      executeCall(runtime, { call, context }, run),
    visibleTools: (definitions, context, visibility) =>
      visibleTools(runtime, definitions, { context, ...visibility }),
    redact: (messages, context) => redactMessages(runtime, messages, context),
    async requestApproval(decision) {
      const known = checked.get(decision);
      if (known?.approval === undefined) {
        throw new TypeError("requestApproval takes a decision of this guard that needs approval.");
      }
      return runtime.approvals.request(known.binding, known.approval);
    },
    answerApproval: (answer) => runtime.approvals.answer(answer),
    listApprovals: () => runtime.approvals.list(),
    async reportUsage(context, usage) {
      await reportUsage(runtime, context, usage);
    },
    policy: async () => (await runtime.policy.current()).ref,
    currentScope: () => runtime.scope.current(),
  } satisfies Guard);
}

async function createRuntime(options: GuardOptions): Promise<GuardRuntime> {
  checkOptions(options);
  const digest = options.digest ?? platform.digest;
  const random = options.random ?? platform.random;
  const clock = options.clock ?? platform.clock;
  const deploymentKey = options.deploymentKey ?? `${random.id()}${random.id()}`;
  const parts: ActivationParts = {
    digest,
    schemas: createSchemaCompiler({
      digest,
      ...(options.matcher === undefined ? {} : { matcher: options.matcher }),
    }),
    facts: options.facts ?? [],
    matcher: options.matcher,
    scanner: options.scanner,
    signals: options.signals,
  };
  const source = await toSource(options, parts);
  return {
    options,
    policy: createPolicyActivator(source, parts),
    observer: source.observe?.bind(source),
    digest,
    random,
    clock,
    scope: options.scope ?? platform.createScope(),
    limits: options.limits ?? createMemoryLimitStore({ clock, random }),
    approvals: createApprovalLedger({
      store: options.approvals ?? createMemoryApprovalStore(),
      digest,
      clock,
      macKey: deploymentKey,
      ...(options.approvalVerifier === undefined ? {} : { verifier: options.approvalVerifier }),
    }),
    sessions: options.sessions ?? createMemorySessionStore({ clock }),
    sink: options.sink ?? createMemoryDecisionSink({ maxRecords: 10_000 }),
    suspended: createSuspendedCalls(),
    vault: createPlaceholderVault(random),
    noticed: createNoticedDefinitions(),
    createAbort: () => platform.createAbort(),
    timeoutMs: options.timeoutMs ?? 5000,
    deploymentKey,
  };
}

function checkOptions(options: GuardOptions): void {
  const { timeoutMs, deploymentKey } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= 600_000)) {
    throw new PortcullisConfigError("timeoutMs", "`timeoutMs` must be above 0 and at most 600000.");
  }
  if (deploymentKey !== undefined && deploymentKey.length < 32) {
    throw new PortcullisConfigError(
      "deploymentKey",
      "`deploymentKey` must have at least 32 characters.",
    );
  }
}

/** A fixed document is activated at once, so that a broken one refuses the start. */
async function toSource(options: GuardOptions, parts: ActivationParts): Promise<PolicySource> {
  const { policy } = options;
  if ("current" in policy) return policy;
  const { document } = await activatePolicy(policy, parts);
  const fixed = Object.freeze({ document, version: 0 });
  return { current: () => fixed };
}
