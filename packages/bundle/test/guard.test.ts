import { afterEach, describe, expect, test } from "vitest";
import type { ContextInput, DecisionRecord, Guard, PolicyDocument, Rule } from "@portcullis/core";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import { makeBundle, NOW, DAY, PERMIT_PAY, policyOf } from "./support/desk.ts";
import { setStage } from "./support/stage.ts";
import type { Stage } from "./support/stage.ts";

const stages: Stage[] = [];
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()));
});

interface Guarded {
  readonly stage: Stage;
  readonly guard: Guard;
  readonly records: DecisionRecord[];
}

async function guarded(options: Parameters<typeof setStage>[1] = {}): Promise<Guarded> {
  const stage = await setStage("memory", options);
  stages.push(stage);
  const records: DecisionRecord[] = [];
  const guard = await createGuard({
    policy: stage.client,
    clock: stage.clock,
    sink: {
      async write(record) {
        records.push(record);
      },
    },
  });
  return { stage, guard, records };
}

const context = (): ContextInput => ({ principal: trustedPrincipal({ agent: { id: "bot" } }) });
const call = (tool: string, args: object = {}) => ({ callId: "1", tool, args });

async function ask(guard: Guard, tool: string): Promise<string> {
  const { kind, decision } = await guard.execute(call(tool), context(), () => null);
  return `${kind} ${decision.outcome === "permit" ? "" : decision.denial.code} ${decision.policy.serial}`;
}

// Each serial permits by a rule that bears its number.
const only = (serial: number): PolicyDocument => {
  const rule: Rule = { ...PERMIT_PAY, id: `pay-${serial}` };
  return policyOf(rule);
};

describe("a guard that enforces a bundle", () => {
  test("denies everything before there is one, and names it in every decision after", async () => {
    const { stage, guard, records } = await guarded();
    expect(await ask(guard, "payments.read")).toBe("denied bundle-unavailable 0");
    const target = await stage.publish(42);
    await stage.client.refresh();
    expect(await ask(guard, "payments.read")).toBe("completed  42");
    expect(await ask(guard, "payments.pay")).toBe("denied no-applicable-rule 42");
    const { policy } = records.at(-1) ?? {};
    expect(policy).toEqual({ name: "payments", serial: 42, digest: target.digest });
  });

  test("stale: tools that only read go on, the others are denied; expired: nothing", async () => {
    const { stage, guard } = await guarded();
    await stage.publish(42, { policy: policyOf(PERMIT_PAY) });
    await stage.client.refresh();
    stage.clock.set(NOW + 2 * 3_600_000);
    expect(await ask(guard, "payments.read")).toBe("completed  42");
    expect(await ask(guard, "payments.pay")).toBe("denied bundle-expired 0");
    stage.clock.set(NOW + 30 * DAY);
    expect(await ask(guard, "payments.read")).toBe("denied bundle-expired 0");
  });

  test("a call in flight keeps the policy that it began with", async () => {
    const { stage, guard } = await guarded();
    await stage.publish(42, { policy: policyOf(PERMIT_PAY) });
    await stage.client.refresh();
    let finish: (() => void) | undefined;
    let begun: (() => void) | undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const running = guard.execute(call("payments.pay"), context(), () => {
      begun?.();
      return new Promise<string>((resolve) => (finish = () => resolve("paid")));
    });
    await hasBegun;
    await stage.publish(43);
    await stage.client.refresh();
    finish?.();
    const outcome = await running;
    expect([outcome.kind, outcome.decision.policy.serial]).toEqual(["completed", 42]);
    expect(await ask(guard, "payments.pay")).toBe("denied no-applicable-rule 43");
  });

  test("1 000 concurrent decisions during swaps: each sees one whole bundle", async () => {
    const { stage, guard } = await guarded();
    await stage.publish(1, { policy: only(1) });
    await stage.client.refresh();
    const decisions: Promise<readonly [number, readonly string[]]>[] = [];
    const load = setInterval(() => {
      for (let count = 0; count < 25 && decisions.length < 1000; count += 1) {
        decisions.push(
          guard
            .check(call("payments.pay"), context())
            .then(({ policy, rules }) => [policy.serial, rules.map(({ id }) => id)] as const),
        );
      }
    }, 0);
    for (let serial = 2; serial <= 12 || decisions.length < 1000; serial += 1) {
      await stage.publish(serial, { policy: only(serial) });
      const result = await stage.client.refresh();
      expect(result.kind).toBe("activated");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    clearInterval(load);
    const seen = await Promise.all(decisions);
    expect(seen).toHaveLength(1000);
    expect(seen.filter(([serial, rules]) => rules.join() !== `pay-${serial}`)).toEqual([]);
    expect(new Set(seen.map(([serial]) => serial)).size).toBeGreaterThan(2);
  });

  test("a policy that this guard cannot compile is not made current", async () => {
    const { stage, guard } = await guarded({
      // A preparation that believes too much: the guard's own activation is asked as well.
      prepare: (bundle) => {
        const text = bundle.files.get("policies/policy.json") ?? "{}";
        return Promise.resolve({ document: { ...policyOf(), ...JSON.parse(text) }, tests: 0 });
      },
    });
    await stage.publish(42);
    await stage.client.refresh();
    const pattern: Rule = {
      ...PERMIT_PAY,
      when: {
        op: "matches",
        t: "bool",
        a: { op: "var", t: "dyn", name: "args", path: ["x"] },
        pattern: "(a+)+$",
      },
    };
    await stage.publish(43, { policy: policyOf(pattern) });
    expect(await stage.client.refresh()).toMatchObject({
      kind: "failed",
      error: { fields: { reason: "policy" } },
    });
    expect(await ask(guard, "payments.read")).toBe("completed  42");
  });

  test("approvals are bound to what the policy means: a new serial keeps them", async () => {
    const { stage, guard } = await guarded();
    const approve: Rule = {
      id: "asked",
      effect: "require",
      tools: ["payments.pay"],
      obligations: [{ type: "approval", ...policyOf().approval }],
    };
    const session = { id: "s1", isNew: true };
    const pending = async (): Promise<string | undefined> => {
      const outcome = await guard.execute(
        call("payments.pay"),
        { ...context(), session },
        () => null,
      );
      return outcome.kind === "approval-required" ? outcome.denial.approvalId : outcome.kind;
    };
    await stage.publish(42, { policy: policyOf(PERMIT_PAY, approve) });
    await stage.client.refresh();
    const first = await pending();
    await stage.publish(43, {
      policy: policyOf(PERMIT_PAY, approve),
      sources: { "policy.yaml": "other" },
    });
    await stage.client.refresh();
    expect(await pending()).toBe(first);
    await stage.publish(44, {
      policy: policyOf({ ...PERMIT_PAY, users: ["user:ann"] }, approve, PERMIT_ANY),
    });
    await stage.client.refresh();
    expect(await pending()).not.toBe(first);
  });
  const PERMIT_ANY: Rule = { ...PERMIT_PAY, id: "any" };
});

describe("a canary on the side", () => {
  test("is evaluated after each decision, has no effect, and its differences are counted", async () => {
    const { stage, guard, records } = await guarded();
    const main = await stage.publish(42);
    await stage.client.refresh();
    const canary = await stage.putBundle(
      await makeBundle(stage.desk, 43, { policy: policyOf(PERMIT_PAY) }),
    );
    await stage.publishHead(main, {
      canary: { ...canary, id: "canary" },
      rollout: { mode: "shadow", salt: "a", basisPoints: 10_000 },
    });
    await stage.client.refresh();
    expect(await ask(guard, "payments.pay")).toBe("denied no-applicable-rule 42");
    expect(await ask(guard, "payments.read")).toBe("completed  42");
    await expect
      .poll(() => stage.client.status().shadow)
      .toMatchObject({ serial: 43, decisions: 2, differences: 1, errors: 0 });
    expect(new Set(records.map(({ policy }) => policy?.serial))).toEqual(new Set([42]));
  });

  test("whose rules err is given up by the decisions of this guard", async () => {
    const { stage, guard } = await guarded({ canary: { minDecisions: 5 } });
    const main = await stage.publish(42);
    await stage.client.refresh();
    const broken: Rule = {
      id: "broken",
      effect: "forbid",
      tools: ["payments.pay"],
      when: {
        op: "eq",
        t: "bool",
        a: { op: "var", t: "dyn", name: "args", path: ["absent"] },
        b: { op: "lit", t: "int", value: 1 },
      },
    };
    const canary = await stage.putBundle(
      await makeBundle(stage.desk, 43, { policy: policyOf(PERMIT_PAY, broken) }),
    );
    await stage.publishHead(main, {
      canary: { ...canary, id: "canary" },
      rollout: { mode: "enforce", salt: "a", basisPoints: 10_000 },
    });
    await stage.client.refresh();
    for (let count = 0; count < 6; count += 1) await ask(guard, "payments.pay");
    await expect.poll(() => stage.client.current().ref.serial).toBe(42);
  });
});
