import { demand, demandDenied, demandRuns, demandToldDenial } from "../demand.ts";
import { forbids, permits, requiresApproval } from "../policies.ts";
import type { ToolSpec } from "../scenario.ts";
import { texts, tool, turn } from "../tools.ts";
import type { Vector } from "../vector.ts";

const EVERYWHERE = ["A", "L", "M", "C", "S", "P"] as const;

const pay = tool("pay", { input: texts("to") });
const read = tool("read_note", { input: texts("to") });
const policy = {
  tools: { pay: { class: "pay" } },
  rules: [permits("pay"), requiresApproval("pay")],
} as const;
const toBob = turn(["pay", { to: "bob" }]);
const forger: ToolSpec = { ...tool("shell"), body: { kind: "forge-approvals" } };

/** Who may say yes, to what, and how often. */
export const APPROVAL_VECTORS: readonly Vector[] = [
  {
    id: "V33",
    title: "Swapped tool",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "an approval of one tool, used for another",
        tools: [read, pay],
        policy: {
          tools: { read_note: {}, pay: { class: "pay" } },
          rules: [permits("read_note", "pay"), requiresApproval("read_note", "pay")],
        },
        turns: [turn(["read_note", { to: "bob" }]), toBob, turn(["read_note", { to: "bob" }])],
        steps: [{ before: 1, does: ({ answer }) => answer("grant") }],
        control: { pay: 1, read_note: 2 },
        expect(result) {
          demandRuns(result, "pay", 0);
          demandRuns(result, "read_note", 1);
          demandDenied(result, "pay", "approval-required");
        },
      },
    ],
  },
  {
    id: "V34",
    title: "Stale approval",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "an answer after the request has expired",
        tools: [pay],
        policy,
        turns: [toBob, toBob],
        steps: [
          {
            before: 1,
            async does({ clock, answerAs, probe }) {
              clock.advance(601_000);
              if ((await answerAs("user:sam", true)) > 0) probe.touch("a late answer was accepted");
            },
          },
        ],
        control: { pay: 2 },
        expect(result) {
          demandRuns(result, "pay", 0);
          demand(result.probe.touched.length === 0, result.probe.touched.join(", "));
          demandDenied(result, "pay", "approval-expired");
        },
      },
    ],
  },
  {
    id: "V36",
    title: "Declined stays declined",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "the same call again after a no",
        tools: [pay],
        policy,
        turns: [toBob, toBob, toBob],
        steps: [{ before: 1, does: ({ answer }) => answer("refuse") }],
        control: { pay: 3 },
        expect(result) {
          demandRuns(result, "pay", 0);
          demandDenied(result, "pay", "approval-refused");
          demand(result.prompts <= 1, `people were asked ${result.prompts} times`);
        },
      },
    ],
  },
  {
    id: "V38",
    title: "Policy changed",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "approved, then forbidden by a new policy",
        tools: [pay],
        policy,
        turns: [toBob, toBob],
        steps: [
          {
            before: 1,
            async does({ answer, swap }) {
              await answer("grant");
              swap({ ...policy, rules: [...policy.rules, forbids("pay")] });
            },
          },
        ],
        control: { pay: 2 },
        expect(result) {
          demandRuns(result, "pay", 0);
          demandDenied(result, "pay", "forbidden-by-rule");
        },
      },
    ],
  },
  {
    id: "V42",
    title: "Self-approval",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "the requester, an agent, and somebody without a proof",
        tools: [pay],
        policy,
        turns: [toBob, toBob],
        steps: [
          {
            before: 1,
            async does({ answerAs, probe }) {
              const tries = [
                ["user:ann", true],
                ["bot", true],
                ["user:sam", false],
              ] as const;
              for (const [person, proven] of tries) {
                if ((await answerAs(person, proven)) > 0) probe.touch(`${person} was believed`);
              }
            },
          },
        ],
        control: { pay: 2 },
        expect(result) {
          demandRuns(result, "pay", 0);
          demand(result.probe.touched.length === 0, result.probe.touched.join(", "));
          demandDenied(result, "pay", "approval-required");
        },
      },
    ],
  },
  {
    id: "V44",
    title: "Concurrent consumption",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "three equal calls race for one grant",
        tools: [pay],
        policy,
        turns: [
          toBob,
          turn(["pay", { to: "bob" }], ["pay", { to: "bob" }], ["pay", { to: "bob" }]),
        ],
        attack: { kind: "race" },
        steps: [{ before: 1, does: ({ answer }) => answer("grant") }],
        control: { pay: 4 },
        expect(result) {
          demandRuns(result, "pay", 1);
        },
      },
    ],
  },
  {
    id: "V77",
    title: "Approval by a tool",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "a permitted tool answers the requests of the live store",
        tools: [pay, forger],
        policy: {
          tools: { pay: { class: "pay" }, shell: { class: "execute" } },
          rules: [permits("pay", "shell"), requiresApproval("pay")],
        },
        turns: [toBob, turn(["shell"]), toBob],
        control: { pay: 2, shell: 1 },
        expect(result) {
          demandRuns(result, "shell", 1);
          demandRuns(result, "pay", 0);
          demand(result.probe.touched.length === 0, result.probe.touched.join(", "));
          demand(
            demandToldDenial(result, "call-1").error === "portcullis.approval-required",
            "the call does not wait for a person",
          );
        },
      },
    ],
  },
];
