import {
  createGuard,
  createSharedKeyApprovalVerifier,
  signApproval,
  trustedPrincipal,
} from "@portcullis/core";
import type {
  ApprovalRecord,
  ContextInput,
  DecisionRecord,
  Guard,
  PolicyDocument,
  SourcedPolicy,
} from "@portcullis/core";
import type { AdapterHarness } from "../adapter-harness.ts";
import { createFakeClock } from "../fake-clock.ts";
import { createProbe } from "../probe.ts";
import type { Observation, Scenario } from "../scenario.ts";
import type { CaseResult, ContextSpec, PolicySpec, TurnActions, VectorCase } from "../vector.ts";
import { casePolicy, toolNames } from "./case-policy.ts";
import { digest, PEOPLE } from "./runtime.ts";
import { VECTOR_TOKEN } from "../vector-token.ts";
import { scenarioTool } from "./scenario-tool.ts";

/** A scenario with everything that judges it. */
export interface PreparedCase {
  readonly scenario: Scenario;
  readonly result: (observation: Observation) => CaseResult;
}

/** Makes guard, tools, probe and clock of one run of a case; each run has its own. */
export async function prepareCase(
  vector: VectorCase,
  { harness, title }: { readonly harness: AdapterHarness; readonly title: string },
): Promise<PreparedCase> {
  const clock = createFakeClock();
  const probe = createProbe();
  const stop = new AbortController();
  const parts = {
    clock,
    probe,
    abort: () => stop.abort(new DOMException("The caller aborted.", "AbortError")),
    swap: (policy: PolicySpec) => current.set(casePolicy(policy, { vector, harness })),
  };
  const current = createSource(casePolicy(vector.policy, { vector, harness }));
  vector.prepare?.(parts);
  const log: DecisionRecord[] = [];
  let prompts = 0;
  const guard = await createGuard({
    policy: { current: current.get },
    clock,
    deploymentKey: "a deployment key of the vectors, 40 chars",
    approvalVerifier: createSharedKeyApprovalVerifier({ digest, approvers: [...PEOPLE] }),
    notifier: {
      notify: async ({ event }) => {
        if (event === "approval-requested") prompts += 1;
      },
    },
    sink: {
      write: async (record) => {
        log.push(record);
      },
    },
    ...vector.configure?.(parts),
  });
  const actions: TurnActions = {
    clock,
    answer: (answer) => answerAll(guard, answer),
    answerAs: (person, proven) => answerAs(guard, person, proven),
    probe,
    swap: parts.swap,
  };
  const scenario: Scenario = {
    title,
    tools: vector.tools.map((tool) =>
      scenarioTool(tool, { probe, forge: () => answerAs(guard, PEOPLE[0].id, false) }),
    ),
    turns: typeof vector.turns === "function" ? vector.turns(parts) : vector.turns,
    attack: vector.attack ?? { kind: "none" },
    guard,
    context: toContext(vector.context ?? "trusted"),
    signal: stop.signal,
    clock,
    async beforeTurn(index) {
      for (const step of vector.steps ?? []) {
        if (step.before === index) await step.does(actions);
      }
    },
  };
  const names = toolNames(harness);
  return {
    scenario,
    result: (observation) => ({
      observation,
      probe,
      prompts,
      log: log.map((record) => ({ ...record, tool: names.toPlain(record.tool) })),
    }),
  };
}

function createSource(first: PolicyDocument): {
  readonly get: () => SourcedPolicy;
  readonly set: (document: PolicyDocument) => void;
} {
  let current: SourcedPolicy = Object.freeze({ document: first, version: 0 });
  return {
    get: () => current,
    set(document) {
      current = Object.freeze({ document, version: current.version + 1 });
    },
  };
}

function toContext(spec: ContextSpec): ContextInput | undefined {
  const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
  const session = { id: "vector", isNew: true };
  if (spec === "none") return undefined;
  if (spec === "token") return { token: VECTOR_TOKEN };
  if (spec === "trusted") return { principal, session };
  return { principal: JSON.parse(JSON.stringify(principal)), session };
}

async function answerAll(guard: Guard, answer: "grant" | "refuse"): Promise<void> {
  for (const pending of await guard.listApprovals()) {
    await giveAnswer(guard, pending, { answer, person: PEOPLE[0].id, proven: true });
  }
}

async function answerAs(guard: Guard, person: string, proven: boolean): Promise<number> {
  let accepted = 0;
  for (const pending of await guard.listApprovals()) {
    try {
      await giveAnswer(guard, pending, { answer: "grant", person, proven });
      accepted += 1;
    } catch {
      // Refused, as it should be.
    }
  }
  return accepted;
}

async function giveAnswer(
  guard: Guard,
  { id, version, argsDigest }: ApprovalRecord,
  how: {
    readonly answer: "grant" | "refuse";
    readonly person: string;
    readonly proven: boolean;
  },
): Promise<void> {
  const { answer, person, proven } = how;
  const key = PEOPLE.find((candidate) => candidate.id === person)?.key;
  const proof =
    !proven || key === undefined
      ? "approved: true"
      : await signApproval({ id, version, argsDigest, answer }, { digest, id: person, key });
  await guard.answerApproval({ id, version, answer, proof });
}
