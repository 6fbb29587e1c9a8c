import { describe, expect, test, vi } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import { createMemoryApprovalStore } from "../src/memory/approval-store.ts";
import { createMemoryLimitStore } from "../src/memory/limit-store.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { ToolCall } from "../src/tool-call.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { fixturePolicy, permit, TERMS, tool } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
const context: ContextInput = { token: "t" };
const call: ToolCall = { callId: "c1", tool: "pay", args: { amount: 1 } };

/** Everything that a call meets, in this order. */
const PARTS = [
  "policy source",
  "token verifier",
  "role resolver",
  "author's schema",
  "token's arguments",
  "session",
  "reservation",
  "dry run",
  "notifier",
  "intent",
  "approval store",
  "token's use",
] as const;
type Part = (typeof PARTS)[number];

const policyOf = (asks: boolean) =>
  fixturePolicy({
    identity: "token",
    tools: { pay: tool({ class: "pay" }) },
    rules: [
      permit("p", ["pay"]),
      {
        id: "r",
        effect: "require",
        obligations: [
          { type: "dryRun", demand: { minAssurance: "captured" } },
          { type: "notify", channel: "c", priority: "low", required: true },
          ...(asks ? [{ type: "approval", ...TERMS } as const] : []),
        ],
      },
    ],
    limits: [{ id: "one", per: ["agent"], rates: [{ count: 9, windowSeconds: 60 }] }],
  });

async function setUp(slow: Part | undefined, asks = false) {
  const clock = createFakeClock();
  const log: string[] = [];
  let open: (() => void) | undefined;
  let isArmed = false;
  const meet = async (part: Part): Promise<void> => {
    log.push(part);
    if (part === slow && isArmed) await new Promise<void>((done) => (open = done));
  };
  const limits = createMemoryLimitStore({ clock });
  const sessions = createMemorySessionStore({ clock });
  const approvals = createMemoryApprovalStore();
  const document = policyOf(asks);
  const options: GuardOptions = {
    clock,
    policy: {
      current: async () => {
        await meet("policy source");
        return { document, version: 1 };
      },
    },
    credentials: {
      verify: async () => {
        await meet("token verifier");
        return {
          principal,
          session: "task",
          bindArguments: () => meet("token's arguments"),
          consume: () => meet("token's use"),
        };
      },
    },
    roles: {
      resolve: async (kind) => {
        if (kind === "agent") await meet("role resolver");
        return [];
      },
    },
    schemas: {
      pay: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: async (value: unknown) => {
            await meet("author's schema");
            return { value };
          },
        },
      },
    },
    sessions: {
      ...sessions,
      open: async (request) => {
        await meet("session");
        return sessions.open(request);
      },
    },
    limits: {
      ...limits,
      reserve: async (demands) => {
        await meet("reservation");
        return limits.reserve(demands);
      },
      release: async (id) => {
        log.push("release");
        return limits.release(id);
      },
    },
    dryRunner: {
      dryRun: async () => {
        await meet("dry run");
        return { ok: true, assurance: "rehearsed", effects: {} };
      },
    },
    notifier: {
      notify: async ({ event }) => {
        if (event === "obligation") await meet("notifier");
      },
    },
    sink: {
      write: async ({ phase }) => {
        if (phase === "intent") await meet("intent");
      },
    },
    approvals: {
      ...approvals,
      put: async (record, expected) => {
        if (record.state !== "pending") await meet("approval store");
        else log.push("approval asked for");
        return approvals.put(record, expected);
      },
    },
    approvalVerifier: { verify: () => ({ id: "user:sue", roles: ["supervisor"] }) },
  };
  const guard = await createGuard(options);
  const grant = async (): Promise<void> => {
    await guard.execute(call, context, () => 1);
    for (const { id, version } of await guard.listApprovals()) {
      await guard.answerApproval({ id, version, answer: "grant", proof: "p" });
    }
  };
  const arm = (): void => {
    isArmed = true;
    log.length = 0;
  };
  const run = vi.fn<() => number>(() => 1);
  /** Runs a call that is too late, then lets the slow part answer after all. */
  const runLate = async (): Promise<unknown> => {
    arm();
    const running = guard.execute(call, context, run);
    await expect.poll(() => open).toBeDefined();
    clock.advance(5001);
    const outcome = await running;
    open?.();
    await vi.waitFor(() => new Promise((done) => setImmediate(done)));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((done) => setImmediate(done));
    return outcome;
  };
  return { guard, log, run, grant, arm, runLate };
}

test("every part is met once, in order, before the tool runs", async () => {
  const { guard, log, run, grant, arm } = await setUp(undefined, true);
  await grant();
  arm();
  run.mockImplementation(() => log.push("run"));
  expect(await guard.execute(call, context, run)).toMatchObject({ kind: "completed" });
  expect(log).toEqual([...PARTS, "run"]);
});

describe("a part that answers after the time-out", () => {
  test.for(PARTS)("%s: nothing that comes after it is begun", async (slow) => {
    const { log, run, grant, runLate } = await setUp(slow, true);
    await grant();
    expect(await runLate()).toMatchObject({ denial: { code: "timed-out" } });
    const begun = log.filter((entry) => entry !== "release");
    // What it answers is not used; at most the stage that it belongs to comes to its end.
    const sameStage: Readonly<Partial<Record<Part, Part>>> = {
      "token verifier": "role resolver",
      "author's schema": "token's arguments",
    };
    const last = sameStage[slow] ?? slow;
    expect(begun).toEqual(PARTS.slice(0, PARTS.indexOf(last) + 1));
    expect(run).not.toHaveBeenCalled();
    const hasReserved = PARTS.indexOf(slow) >= PARTS.indexOf("reservation");
    expect(log.includes("release")).toBe(hasReserved);
  });

  test("asks nobody for an approval any more", async () => {
    const { guard, log, run, runLate } = await setUp("session", true);
    expect(await runLate()).toMatchObject({ denial: { code: "timed-out" } });
    expect(log).not.toContain("approval asked for");
    expect(await guard.listApprovals()).toEqual([]);
    expect(run).not.toHaveBeenCalled();
  });
});

describe("a call that is aborted before it begins", () => {
  const signal = AbortSignal.abort(new Error("stop"));
  test.for(["check", "execute"] as const)("%s asks nobody", async (how) => {
    const { guard, log, run, arm } = await setUp(undefined);
    arm();
    const asked = how === "check" ? guard.check(call, { ...context, signal }) : undefined;
    await expect(asked ?? guard.execute(call, { ...context, signal }, run)).rejects.toThrow("stop");
    await new Promise((done) => setImmediate(done));
    expect(log).toEqual([]);
    expect(run).not.toHaveBeenCalled();
  });
});
