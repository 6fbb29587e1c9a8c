import {
  canonicalize,
  createGuard,
  createMemoryApprovalStore,
  createMemoryLimitStore,
  createMemorySessionStore,
  trustedPrincipal,
} from "@portcullis/core";
import type {
  Clock,
  ContextInput,
  Decision,
  Guard,
  GuardOptions,
  Json,
  PolicyDocument,
  ToolCall,
} from "@portcullis/core";
import type { DecisionTest, TestExpectation } from "./decision-test.ts";

/** Parts of a guard that policies rest on; those of the guard that will enforce the bundle. */
export type PolicyParts = Pick<
  GuardOptions,
  "facts" | "matcher" | "scanner" | "definitions" | "dryRunner"
>;

/** How tests are run. */
export interface RunDecisionTestsOptions {
  readonly parts: PolicyParts;
  /** Measures and waits; not the time that the tests see. */
  readonly clock: Clock;
  /** Longest time in milliseconds. Default 2 000. */
  readonly timeoutMs?: number;
}

/** What came of the tests. */
export type DecisionTestsResult =
  | { readonly ok: true; readonly count: number }
  /** The first test that does not hold, and the member of its expectation. */
  | { readonly ok: false; readonly name: string; readonly member: keyof TestExpectation | "time" };

/** Longest time between two turns that everything else in the process gets. */
const SLICE_MS = 8;

/**
 * Runs decision tests: each with empty limits, sessions and approvals and a clock that stands still,
 * in `enforce` mode and with principals on the host's word. No tool runs.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` when the policy cannot be compiled with these parts.
 */
export async function runDecisionTests(
  document: PolicyDocument,
  tests: readonly DecisionTest[],
  { parts, clock, timeoutMs = 2000 }: RunDecisionTestsOptions,
): Promise<DecisionTestsResult> {
  const began = clock.monotonic();
  const bench = await createBench({ ...document, identity: "host", mode: "enforce" }, parts);
  let turnBegan = clock.monotonic();
  for (const test of tests) {
    const member = await bench.run(test);
    if (member !== undefined) return { ok: false, name: test.name, member };
    const now = clock.monotonic();
    if (now - began > timeoutMs) return { ok: false, name: test.name, member: "time" };
    if (now - turnBegan < SLICE_MS) continue;
    await nextTurn();
    turnBegan = clock.monotonic();
  }
  return { ok: true, count: tests.length };
}

interface Bench {
  /** The member that does not hold; undefined when all do. */
  run(test: DecisionTest): Promise<keyof TestExpectation | undefined>;
}

/** One compiled guard for all tests, whose stores are new for each. */
async function createBench(policy: PolicyDocument, parts: PolicyParts): Promise<Bench> {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => 0, schedule: () => () => undefined };
  const fresh = (): Pick<Required<GuardOptions>, "limits" | "sessions" | "approvals"> => ({
    limits: createMemoryLimitStore({ clock }),
    sessions: createMemorySessionStore({ clock }),
    approvals: createMemoryApprovalStore(),
  });
  let stores = fresh();
  const guard = await createGuard({
    ...parts,
    policy,
    clock,
    deploymentKey: "decision tests hold no secret at all",
    limits: {
      reserve: (demands) => stores.limits.reserve(demands),
      settle: (id, cost) => stores.limits.settle(id, cost),
      release: (id) => stores.limits.release(id),
    },
    sessions: {
      open: (request) => stores.sessions.open(request),
      close: (...end) => stores.sessions.close(...end),
      addLabels: (key, labels) => stores.sessions.addLabels(key, labels),
      addValues: (key, values) => stores.sessions.addValues(key, values),
      findLabels: (key, query) => stores.sessions.findLabels(key, query),
      addUsage: (key, usage) => stores.sessions.addUsage(key, usage),
    },
    approvals: {
      get: (id) => stores.approvals.get(id),
      put: (record, expected) => stores.approvals.put(record, expected),
      countPending: (session) => stores.approvals.countPending(session),
      isRefused: (...call) => stores.approvals.isRefused(...call),
      listPending: () => stores.approvals.listPending(),
    },
    sink: { write: () => Promise.resolve() },
    notifier: { notify: () => Promise.resolve() },
  });
  return {
    async run(test) {
      stores = fresh();
      ({ now } = test);
      return findMismatch(await decide(guard, policy, test), test.expect);
    },
  };
}

async function decide(
  guard: Guard,
  { tools }: PolicyDocument,
  { request }: DecisionTest,
): Promise<Decision> {
  const { tool, args, definition, usage } = request;
  const entry = Object.hasOwn(tools, tool) ? tools[tool] : undefined;
  const call: ToolCall = {
    callId: "test",
    tool,
    args,
    origin: entry?.origin ?? "local",
    ...(definition === undefined ? {} : { definition }),
  };
  const context = toContext(request);
  if (usage !== undefined && context !== undefined) await guard.reportUsage(context, usage);
  return (await guard.execute(call, context, () => null)).decision;
}

function toContext({
  principal,
  prompt,
  context,
}: DecisionTest["request"]): ContextInput | undefined {
  if (principal === undefined) return undefined;
  return {
    principal: trustedPrincipal(principal),
    session: { id: "test", isNew: true },
    ...(prompt === undefined ? {} : { request: [prompt] }),
    ...(context === undefined ? {} : { facts: context }),
  };
}

function findMismatch(
  decision: Decision,
  { outcome, code, rules, obligations, args, risk }: TestExpectation,
): keyof TestExpectation | undefined {
  if (decision.outcome !== outcome) return "outcome";
  const denied = decision.outcome === "permit" ? undefined : decision.denial;
  if (code !== undefined && denied?.code !== code) return "code";
  if (rules !== undefined && !isSame(rules, rulesOf(decision))) return "rules";
  if (obligations !== undefined && !isSame(obligations, obligationsOf(decision))) {
    return "obligations";
  }
  if (args !== undefined && (decision.outcome !== "permit" || !isSame(args, decision.args))) {
    return "args";
  }
  return risk !== undefined && decision.risk.score !== risk ? "risk" : undefined;
}

/** Rules that applied, without those of shadow mode, and the rule or limit that refused. */
function rulesOf(decision: Decision): readonly string[] {
  const applied = decision.rules.filter(({ shadow }) => !shadow).map(({ id }) => id);
  const refused = decision.outcome === "permit" ? undefined : decision.denial.rule?.id;
  return [...new Set([...applied, ...(refused === undefined ? [] : [refused])])].toSorted();
}

function obligationsOf(decision: Decision): readonly string[] {
  if (decision.outcome === "permit") return decision.obligations.map(({ type }) => type).toSorted();
  return decision.outcome === "approval-required" ? ["approval"] : [];
}

function isSame(a: Json, b: Json): boolean {
  return canonicalize(a).text === canonicalize(b).text;
}

// Not by the clock, whose timers keep no process alive: a command would end in the middle of its tests.
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
