import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PolicyDocument } from "@portcullis/core";
import { describe, expect, test } from "vitest";
import { benchAgentdojo, loadBundledPolicy, policyPath } from "../bench/agentdojo/bench.ts";
import { renameSuite } from "../bench/agentdojo/rename-suite.ts";
import { replaySuite } from "../bench/agentdojo/replay-suite.ts";
import type { SuiteFigures } from "../bench/agentdojo/replay-suite.ts";
import { readSuite, SUITES } from "../bench/agentdojo/suite.ts";
import type { Suite, SuiteName } from "../bench/agentdojo/suite.ts";
import { collectValues } from "../bench/agentdojo/suite-values.ts";
import { numbersIn } from "../bench/agentdojo/surviving-values.ts";

const DATA = process.env["PORTCULLIS_DATA"] ?? join(import.meta.dirname, "../../../shared/data");
const hasData = SUITES.every((name) => existsSync(join(DATA, "agentdojo", `${name}.json`)));

test("the recorded suites are there", ({ skip }) => {
  if (!hasData && process.env["CI"] !== "true") skip("the agentdojo data are not on this machine");
  expect(hasData).toBe(true);
});

/**
 * Rules whose removal no figure of these data shows, with the reason. What they are for is shown by
 * the policies' own tests.
 */
const NOT_IN_THE_DATA: Readonly<Record<SuiteName, Readonly<Record<string, string>>>> = {
  banking: {
    "other-documents-are-confirmed": "no attack reads a document, and the users name all of theirs",
  },
  travel: {
    "unnamed-restaurant-is-confirmed": "no task of either side reserves a restaurant",
    "unnamed-car-rental-is-confirmed": "no task of either side reserves a car",
    "attachments-are-confirmed": "no task of either side attaches anything",
    "unnamed-participants-are-confirmed": "no task of either side invites anybody",
    "personal-data-leaves-only-confirmed": "attacks are checked and not run, so nothing is read",
    "cancel-events": "no task of either side cancels an event",
    "cancellations-are-confirmed": "no task of either side cancels an event",
  },
};

describe.runIf(hasData)("the recorded banking and travel suites", () => {
  test("the policies meet the bars, also with every value renamed", async () => {
    const { passed, results, report } = await benchAgentdojo({ data: DATA });
    expect(report).toContain("Every bar is met.");
    expect(passed).toBe(true);
    expect(results).toHaveLength(8);
    expect(results.filter(({ ceiling, renamed }) => ceiling === true && renamed === false)).toEqual(
      [
        expect.objectContaining({ suite: "banking", pairs: 144, userTasks: 16 }),
        expect.objectContaining({ suite: "travel", pairs: 120, userTasks: 20 }),
      ],
    );
  });

  test("with a policy that permits everything attacks succeed, so the replay measures something", async () => {
    const figures = {
      on: await replayAll(permitAll, true),
      off: await replayAll(permitAll, false),
    };
    console.log(`permit-all, ceiling on: ${share(figures.on)}, ceiling off: ${share(figures.off)}`);
    expect(figures.off.attackSuccesses).toBeGreaterThan(0.95 * figures.off.pairs);
    expect(figures.on.attackSuccesses).toBeGreaterThan(0.1 * figures.on.pairs);
    expect(figures.off.userTasksPermitted).toBe(figures.off.userTasks);
    expect(figures.on.userTasksPermitted).toBe(figures.on.userTasks);
  });

  test("with a policy that permits nothing no attack and no user's task passes", async () => {
    const figures = await replayAll((policy) => ({ ...policy, rules: [] }), false);
    expect(figures).toMatchObject({ attackSuccesses: 0, userTasksPermitted: 0 });
  });

  describe.for(SUITES)("agentdojo-%s", (name) => {
    test("its catalogue is the recorded one", async () => {
      const [policy, suite] = [await loadBundledPolicy(name), await readSuite(DATA, name)];
      expect(Object.keys(policy.tools).toSorted()).toEqual(
        suite.tools.map((tool) => tool.name).toSorted(),
      );
    });

    test("no recipient, address, URL or amount of the data stands in its files", async () => {
      const values = collectValues(await readSuite(DATA, name));
      const { accounts, emails, urls, addresses, names } = values;
      const spelled = [...accounts, ...emails, ...urls, ...addresses, ...names];
      expect(spelled.length).toBeGreaterThan(10);
      expect(values.numbers.size).toBeGreaterThan(10);
      for (const file of ["policy.yaml", "tools.yaml"]) {
        const text = (await readFile(policyPath(name, file), "utf8")).replaceAll(/\s+/g, " ");
        const folded = text.toLowerCase();
        expect(spelled.filter((value) => folded.includes(value.toLowerCase()))).toEqual([]);
        expect(numbersIn(text).filter((number) => values.numbers.has(number))).toEqual([]);
      }
    });

    test("every rule matters: without it the figures are others", async () => {
      const [policy, suite] = [await loadBundledPolicy(name), await readSuite(DATA, name)];
      const whole = await replayBoth(suite, policy);
      const unchanged: string[] = [];
      for (const { id } of policy.rules) {
        const rules = policy.rules.filter((rule) => rule.id !== id);
        const without = await replayBoth(suite, { ...policy, rules });
        if (JSON.stringify(without) === JSON.stringify(whole)) unchanged.push(id);
      }
      expect(unchanged.toSorted()).toEqual(Object.keys(NOT_IN_THE_DATA[name]).toSorted());
    });

    test("a policy that knows the data is found out by renaming them", async () => {
      const suite = await readSuite(DATA, name);
      const policy = refuseKnownAttacks(await loadBundledPolicy(name), suite);
      const original = await replaySuite(suite, { policy, ceiling: false });
      const renamed = await replaySuite(renameSuite(suite, 7), { policy, ceiling: false });
      expect(original.attackSuccesses).toBeLessThan(renamed.attackSuccesses);
    });
  });
});

async function replayBoth(suite: Suite, policy: PolicyDocument): Promise<readonly SuiteFigures[]> {
  return [
    await replaySuite(suite, { policy, ceiling: true }),
    await replaySuite(suite, { policy, ceiling: false }),
  ];
}

interface Total {
  readonly pairs: number;
  readonly attackSuccesses: number;
  readonly userTasks: number;
  readonly userTasksPermitted: number;
}

async function replayAll(
  change: (policy: PolicyDocument) => PolicyDocument,
  ceiling: boolean,
): Promise<Total> {
  const total = { pairs: 0, attackSuccesses: 0, userTasks: 0, userTasksPermitted: 0 };
  for (const name of SUITES) {
    const policy = change(await loadBundledPolicy(name));
    const figures = await replaySuite(await readSuite(DATA, name), { policy, ceiling });
    total.pairs += figures.pairs;
    total.attackSuccesses += figures.attackSuccesses;
    total.userTasks += figures.userTasks;
    total.userTasksPermitted += figures.userTasksPermitted;
  }
  return total;
}

function permitAll(policy: PolicyDocument): PolicyDocument {
  return {
    ...policy,
    rules: [{ id: "everything", effect: "permit", tools: Object.keys(policy.tools) }],
  };
}

/** What must not be: a policy that knows the attacks and is good for nothing else. */
function refuseKnownAttacks(
  policy: PolicyDocument,
  { suite, injectionTasks }: Suite,
): PolicyDocument {
  const [tool, name] =
    suite === "banking" ? ["send_money", "recipient"] : ["reserve_hotel", "hotel"];
  const values = injectionTasks.flatMap(({ calls }) => {
    return calls.flatMap((call) => (call.tool === tool ? [call.args[name] ?? null] : []));
  });
  return {
    ...policy,
    rules: [
      ...permitAll(policy).rules,
      {
        id: "known-attacks",
        effect: "forbid",
        tools: [tool],
        when: {
          op: "in",
          t: "bool",
          a: { op: "var", t: "string", name: "args", path: [name] },
          b: { op: "lit", t: { list: "string" }, value: values },
        },
      },
    ],
  };
}

function share({ attackSuccesses, pairs, userTasksPermitted, userTasks }: Total): string {
  return `${attackSuccesses} of ${pairs} attacks, ${userTasksPermitted} of ${userTasks} tasks`;
}
