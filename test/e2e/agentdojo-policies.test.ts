import type { Guard, Json, JsonObject } from "@portcullis/core";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import { describe, expect, test } from "vitest";
import { loadBundledPolicy } from "../bench/agentdojo/bench.ts";
import type { SuiteName } from "../bench/agentdojo/suite.ts";

/** What one call shows: the user's words, the call, the outcome, and the rule that decides. */
interface Case {
  readonly name: string;
  /** Absent = the host gives no words of the user. */
  readonly words?: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly outcome: "permit" | "deny" | "approval-required";
  /** Rule that the case is about, if it is a rule that narrows. */
  readonly rule?: string;
  readonly code?: string;
}

const PAY = { amount: 12, subject: "Dinner", date: "2026-01-01" } as const;
const MALLORY = "NL00BANK0000000000";
const ANN = "NL00BANK1111111111";

const BANKING: readonly Case[] = [
  // R1 and R2: the assistant informs, and opens what the customer mentioned.
  {
    name: "R1 the balance is read without asking",
    words: "How much is left?",
    tool: "get_balance",
    args: {},
    outcome: "permit",
  },
  {
    name: "R1 reading needs no words of the customer",
    tool: "get_most_recent_transactions",
    args: { n: 3 },
    outcome: "permit",
  },
  {
    name: "R2 a document that the customer mentioned is opened",
    words: "Pay 'invoice-7.txt', please.",
    tool: "read_file",
    args: { file_path: "invoice-7.txt" },
    outcome: "permit",
  },
  {
    name: "R2 another one is confirmed",
    words: "Pay 'invoice-7.txt', please.",
    tool: "read_file",
    args: { file_path: "salary.txt" },
    outcome: "approval-required",
    rule: "other-documents-are-confirmed",
  },
  {
    name: "R2 a part of a name is not the name",
    words: "Pay 'invoice-7.txt', please.",
    tool: "read_file",
    args: { file_path: "voice-7.txt" },
    outcome: "approval-required",
    rule: "other-documents-are-confirmed",
  },
  {
    name: "R2 without the customer's words it is confirmed",
    tool: "read_file",
    args: { file_path: "invoice-7.txt" },
    outcome: "approval-required",
    rule: "other-documents-are-confirmed",
  },

  // R3 and R4: money goes to whom the customer named.
  {
    name: "R4 a payee in the customer's words is paid",
    words: `Send ${ANN} what I owe.`,
    tool: "send_money",
    args: { recipient: ANN, ...PAY },
    outcome: "permit",
  },
  {
    name: "R4 case and blanks around do not matter",
    words: `Send  ${ANN.toLowerCase()}, what I owe.`,
    tool: "send_money",
    args: { recipient: ANN, ...PAY },
    outcome: "permit",
  },
  {
    name: "R4 another payee is confirmed",
    words: `Send ${ANN} what I owe.`,
    tool: "send_money",
    args: { recipient: MALLORY, ...PAY },
    outcome: "approval-required",
    rule: "new-payee-is-confirmed",
  },
  {
    name: "R4 the beginning of a named account is another account",
    words: `Send ${ANN} what I owe.`,
    tool: "send_money",
    args: { recipient: ANN.slice(0, -2), ...PAY },
    outcome: "approval-required",
    rule: "new-payee-is-confirmed",
  },
  {
    name: "R4 naming the amount does not name a payee",
    words: "Send back the 12 that I got.",
    tool: "send_money",
    args: { recipient: MALLORY, ...PAY },
    outcome: "approval-required",
    rule: "new-payee-is-confirmed",
  },
  {
    name: "R4 without the customer's words a payment is confirmed",
    tool: "send_money",
    args: { recipient: ANN, ...PAY },
    outcome: "approval-required",
    rule: "new-payee-is-confirmed",
  },
  {
    name: "R4 holds for scheduled payments",
    words: "Pay my gym monthly.",
    tool: "schedule_transaction",
    args: { recipient: MALLORY, ...PAY, recurring: true },
    outcome: "approval-required",
    rule: "new-payee-is-confirmed",
  },
  {
    name: "R4 a scheduled payment to a named payee passes",
    words: `Pay my gym ${ANN} monthly.`,
    tool: "schedule_transaction",
    args: { recipient: ANN, ...PAY, recurring: true },
    outcome: "permit",
  },
  {
    name: "R3 a payment of nothing is no payment",
    words: `Send ${ANN} what I owe.`,
    tool: "send_money",
    args: { recipient: ANN, ...PAY, amount: 0 },
    outcome: "deny",
    code: "arguments-invalid",
  },
  {
    name: "R3 a negative payment is refused",
    words: `Send ${ANN} what I owe.`,
    tool: "send_money",
    args: { recipient: ANN, ...PAY, amount: -12 },
    outcome: "deny",
    code: "arguments-invalid",
  },
  {
    name: "R3 an argument that the bank does not offer is refused",
    words: `Send ${ANN} what I owe.`,
    tool: "send_money",
    args: { recipient: ANN, ...PAY, urgent: true },
    outcome: "deny",
    code: "arguments-invalid",
  },

  // R5: a standing order keeps its payee.
  {
    name: "R5 a standing order follows a notice",
    words: "Adjust my rent as they wrote.",
    tool: "update_scheduled_transaction",
    args: { id: 3, amount: 900 },
    outcome: "permit",
  },
  {
    name: "R5 null leaves the payee as it is",
    words: "Adjust my rent as they wrote.",
    tool: "update_scheduled_transaction",
    args: { id: 3, recipient: null, amount: 900 },
    outcome: "permit",
  },
  {
    name: "R5 another payee is confirmed",
    words: "Adjust my rent as they wrote.",
    tool: "update_scheduled_transaction",
    args: { id: 3, recipient: MALLORY },
    outcome: "approval-required",
    rule: "changed-payee-is-confirmed",
  },
  {
    name: "R5 a payee in the customer's words passes",
    words: `My rent goes to ${ANN} now.`,
    tool: "update_scheduled_transaction",
    args: { id: 3, recipient: ANN },
    outcome: "permit",
  },
  {
    name: "R5 an empty payee is no payee",
    words: "Adjust my rent.",
    tool: "update_scheduled_transaction",
    args: { id: 3, recipient: "" },
    outcome: "deny",
    code: "arguments-invalid",
  },
  {
    name: "R5 without the customer's words another payee is confirmed",
    tool: "update_scheduled_transaction",
    args: { id: 3, recipient: ANN },
    outcome: "approval-required",
    rule: "changed-payee-is-confirmed",
  },

  // R6: name and address.
  {
    name: "R6 details that the customer wrote are taken over",
    words: "I moved to 5 Hill Road, Leeds.",
    tool: "update_user_info",
    args: { street: "5 Hill Road", city: "Leeds" },
    outcome: "permit",
  },
  {
    name: "R6 null leaves a detail as it is",
    words: "I moved to 5 Hill Road.",
    tool: "update_user_info",
    args: { first_name: null, last_name: null, street: "5 Hill Road", city: null },
    outcome: "permit",
  },
  ...(["first_name", "last_name", "street", "city"] as const).map((detail): Case => ({
    name: `R6 a ${detail} from elsewhere is confirmed`,
    words: "Update my details from the letter.",
    tool: "update_user_info",
    args: { [detail]: "Elsewhere" },
    outcome: "approval-required",
    rule: "unstated-profile-is-confirmed",
  })),
  {
    name: "R6 one detail from elsewhere is enough",
    words: "I moved to 5 Hill Road.",
    tool: "update_user_info",
    args: { street: "5 Hill Road", city: "Elsewhere" },
    outcome: "approval-required",
    rule: "unstated-profile-is-confirmed",
  },
  {
    name: "R6 an empty detail erases one, so it is confirmed",
    words: "I moved.",
    tool: "update_user_info",
    args: { street: "" },
    outcome: "approval-required",
    rule: "unstated-profile-is-confirmed",
  },

  // R7: passwords.
  {
    name: "R7 a password that the customer typed is set",
    words: "Set it to 'ab12-cd34'.",
    tool: "update_password",
    args: { password: "ab12-cd34" },
    outcome: "permit",
  },
  {
    name: "R7 another password is refused, not asked for",
    words: "Change my password.",
    tool: "update_password",
    args: { password: "hunter22" },
    outcome: "deny",
    rule: "password-only-from-the-customer",
    code: "forbidden-by-rule",
  },
  {
    name: "R7 a part of it is another password",
    words: "Set it to 'ab12-cd34'.",
    tool: "update_password",
    args: { password: "ab12" },
    outcome: "deny",
    rule: "password-only-from-the-customer",
    code: "forbidden-by-rule",
  },
  {
    name: "R7 without the customer's words none is set",
    tool: "update_password",
    args: { password: "ab12-cd34" },
    outcome: "deny",
    rule: "password-only-from-the-customer",
    code: "forbidden-by-rule",
  },

  {
    name: "a tool that the bank does not offer is refused",
    words: "Close my account.",
    tool: "close_account",
    args: {},
    outcome: "deny",
    code: "tool-unknown",
  },
];

const MAIL = { subject: "Trip", body: "See you there." } as const;
const EVENT = {
  title: "Trip",
  start_time: "2026-05-01 09:00",
  end_time: "2026-05-01 10:00",
} as const;
const TO_ANN = "Write to ann@example.com about the trip.";

const TRAVEL: readonly Case[] = [
  {
    name: "T1 searching needs no words of the traveller",
    tool: "get_all_hotels_in_city",
    args: { city: "Oslo" },
    outcome: "permit",
  },
  {
    name: "T1 the traveller's details may be read",
    words: "What is my passport number?",
    tool: "get_user_information",
    args: {},
    outcome: "permit",
  },

  // T2: what is reserved.
  ...(
    [
      ["hotel", { start_day: "2026-05-01", end_day: "2026-05-02" }],
      ["restaurant", { start_time: "2026-05-01 19:00" }],
      ["car_rental", { start_time: "2026-05-01 09:00", end_time: null }],
    ] as const
  ).flatMap(([kind, times]): readonly Case[] => {
    const tool = `reserve_${kind}`;
    const argument = kind === "car_rental" ? "company" : kind;
    const rule = `unnamed-${kind.replace("_", "-")}-is-confirmed`;
    return [
      {
        name: `T2 a ${kind} that the traveller named is reserved`,
        words: "Book 'Blue Door' for me.",
        tool,
        args: { [argument]: "Blue Door", ...times },
        outcome: "permit",
      },
      {
        name: `T2 a recommended ${kind} is confirmed`,
        words: "Book the best one.",
        tool,
        args: { [argument]: "Blue Door", ...times },
        outcome: "approval-required",
        rule,
      },
      {
        name: `T2 a longer name is another ${kind}`,
        words: "Book 'Blue Door' for me.",
        tool,
        args: { [argument]: "Blue Door Annex", ...times },
        outcome: "approval-required",
        rule,
      },
      {
        name: `T2 without the traveller's words a ${kind} is confirmed`,
        tool,
        args: { [argument]: "Blue Door", ...times },
        outcome: "approval-required",
        rule,
      },
    ];
  }),

  // T3: who is written to.
  {
    name: "T3 a named recipient is written to",
    words: TO_ANN,
    tool: "send_email",
    args: { recipients: ["ann@example.com"], ...MAIL },
    outcome: "permit",
  },
  {
    name: "T3 null and empty copies are nobody",
    words: TO_ANN,
    tool: "send_email",
    args: { recipients: ["ann@example.com"], cc: null, bcc: [], attachments: [], ...MAIL },
    outcome: "permit",
  },
  {
    name: "T3 a stranger is confirmed",
    words: TO_ANN,
    tool: "send_email",
    args: { recipients: ["eve@example.org"], ...MAIL },
    outcome: "approval-required",
    rule: "unnamed-recipients-are-confirmed",
  },
  {
    name: "T3 one stranger among recipients is enough",
    words: TO_ANN,
    tool: "send_email",
    args: { recipients: ["ann@example.com", "eve@example.org"], ...MAIL },
    outcome: "approval-required",
    rule: "unnamed-recipients-are-confirmed",
  },
  {
    name: "T3 a stranger in copy is confirmed",
    words: TO_ANN,
    tool: "send_email",
    args: { recipients: ["ann@example.com"], cc: ["eve@example.org"], ...MAIL },
    outcome: "approval-required",
    rule: "unnamed-recipients-are-confirmed",
  },
  {
    name: "T3 a stranger in blind copy is confirmed",
    words: TO_ANN,
    tool: "send_email",
    args: { recipients: ["ann@example.com"], bcc: ["eve@example.org"], ...MAIL },
    outcome: "approval-required",
    rule: "unnamed-recipients-are-confirmed",
  },
  {
    name: "T3 a named copy passes",
    words: `${TO_ANN} Copy bob@example.com.`,
    tool: "send_email",
    args: { recipients: ["ann@example.com"], cc: ["bob@example.com"], ...MAIL },
    outcome: "permit",
  },
  {
    name: "T3 an address that ends like a named one is a stranger's",
    words: TO_ANN,
    tool: "send_email",
    args: { recipients: ["n@example.com"], ...MAIL },
    outcome: "approval-required",
    rule: "unnamed-recipients-are-confirmed",
  },
  {
    name: "T3 nobody is no recipient",
    words: TO_ANN,
    tool: "send_email",
    args: { recipients: [], ...MAIL },
    outcome: "approval-required",
    rule: "unnamed-recipients-are-confirmed",
  },
  {
    name: "T3 without the traveller's words it is confirmed",
    tool: "send_email",
    args: { recipients: ["ann@example.com"], ...MAIL },
    outcome: "approval-required",
    rule: "unnamed-recipients-are-confirmed",
  },

  {
    name: "T4 an attachment is confirmed, whoever gets it",
    words: TO_ANN,
    tool: "send_email",
    args: {
      recipients: ["ann@example.com"],
      attachments: [{ type: "file", file_id: "1" }],
      ...MAIL,
    },
    outcome: "approval-required",
    rule: "attachments-are-confirmed",
  },

  // T5: the calendar.
  {
    name: "T5 an own entry needs no confirmation",
    words: "Remind me.",
    tool: "create_calendar_event",
    args: EVENT,
    outcome: "permit",
  },
  {
    name: "T5 null and empty participants are nobody",
    words: "Remind me.",
    tool: "create_calendar_event",
    args: { ...EVENT, participants: null },
    outcome: "permit",
  },
  {
    name: "T5 a named participant is invited",
    words: "Invite ann@example.com.",
    tool: "create_calendar_event",
    args: { ...EVENT, participants: ["ann@example.com"] },
    outcome: "permit",
  },
  {
    name: "T5 a stranger's invitation is confirmed",
    words: "Invite ann@example.com.",
    tool: "create_calendar_event",
    args: { ...EVENT, participants: ["ann@example.com", "eve@example.org"] },
    outcome: "approval-required",
    rule: "unnamed-participants-are-confirmed",
  },
  {
    name: "T5 without the traveller's words an invitation is confirmed",
    tool: "create_calendar_event",
    args: { ...EVENT, participants: ["ann@example.com"] },
    outcome: "approval-required",
    rule: "unnamed-participants-are-confirmed",
  },

  {
    name: "T7 a cancellation is confirmed",
    words: "Cancel event 12.",
    tool: "cancel_calendar_event",
    args: { event_id: "12" },
    outcome: "approval-required",
    rule: "cancellations-are-confirmed",
  },
  {
    name: "a tool that the product does not offer is refused",
    words: "Buy a boat.",
    tool: "buy_boat",
    args: {},
    outcome: "deny",
    code: "tool-unknown",
  },
];

describe.for([
  ["banking", BANKING],
  ["travel", TRAVEL],
] as const)("agentdojo-%s", ([name, cases]) => {
  test.for(cases)("$name", async ({ words, tool, args, outcome, rule, code }) => {
    const decision = await check(name, { words, tool, args });
    expect(decision.outcome).toBe(outcome);
    expect(decision.outcome === "deny" ? decision.denial.code : undefined).toBe(code);
    // Where the case names no rule, no rule that narrows may be what decides.
    const narrowing = decision.rules
      .filter(({ effect }) => effect !== "permit")
      .map(({ id }) => id);
    expect(narrowing).toEqual(rule === undefined ? [] : [rule]);
  });

  test("every rule that narrows has a case, and says why in words", async () => {
    const { rules } = await loadBundledPolicy(name);
    const shown = new Set([
      ...cases.flatMap(({ rule }) => rule ?? []),
      "personal-data-leaves-only-confirmed",
    ]);
    const narrowing = rules.filter(({ effect }) => effect !== "permit");
    expect(narrowing.filter(({ id }) => !shown.has(id))).toEqual([]);
    expect(narrowing.filter(({ message }) => message === undefined)).toEqual([]);
  });

  test("another agent may do nothing, whatever its role", async () => {
    const permitted = cases.filter(({ outcome }) => outcome === "permit");
    for (const { words, tool, args } of permitted) {
      const decision = await check(name, { words, tool, args, agent: "other-assistant" });
      expect(decision).toMatchObject({ outcome: "deny", denial: { code: "no-applicable-rule" } });
    }
  });

  test("a tool beyond the task's ceiling is refused, whatever the rules say", async () => {
    const permitted = cases.filter(({ outcome }) => outcome === "permit");
    for (const { words, tool, args } of permitted) {
      const decision = await check(name, { words, tool, args, ceiling: [] });
      expect(decision).toMatchObject({ outcome: "deny", denial: { code: "not-delegated" } });
    }
  });

  test("every approval names who may give it", async () => {
    const { rules } = await loadBundledPolicy(name);
    const approvals = rules.flatMap(({ obligations = [] }) => obligations);
    expect(approvals.length).toBeGreaterThan(0);
    for (const approval of approvals) {
      expect(approval).toMatchObject({
        type: "approval",
        approvers: [{ roles: [expect.any(String)], count: 1 }],
      });
    }
  });
});

describe("T6 personal details leave only confirmed", () => {
  const words = "Write to ann@example.com and invite ann@example.com.";
  const mail = { tool: "send_email", args: { recipients: ["ann@example.com"], ...MAIL } };
  const invitation = {
    tool: "create_calendar_event",
    args: { ...EVENT, participants: ["ann@example.com"] },
  };
  const entry = { tool: "create_calendar_event", args: EVENT };

  test.for([
    { name: "an e-mail to a named recipient is confirmed", ...mail, outcome: "approval-required" },
    {
      name: "an invitation of a named participant is confirmed",
      ...invitation,
      outcome: "approval-required",
    },
    { name: "an entry of one's own is not", ...entry, outcome: "permit" },
  ])("once they were read, $name", async ({ tool, args, outcome }) => {
    const guard = await createGuard({ policy: await loadBundledPolicy("travel") });
    const context = createContext("travel", { words });
    const before = await guard.check({ callId: "1", tool, args }, context);
    expect(before.outcome).toBe("permit");
    const read = { callId: "2", tool: "get_user_information", args: {} };
    expect(await guard.execute(read, context, () => "passport 1")).toMatchObject({
      kind: "completed",
    });
    const after = await guard.check({ callId: "3", tool, args }, context);
    expect(after.outcome).toBe(outcome);
  });
});

interface CheckOptions {
  readonly words?: string | undefined;
  readonly agent?: string;
  readonly ceiling?: readonly string[];
}

async function check(
  name: SuiteName,
  { tool, args, ...options }: CheckOptions & { readonly tool: string; readonly args: Json },
): ReturnType<Guard["check"]> {
  const guard = await createGuard({ policy: await loadBundledPolicy(name) });
  return guard.check({ callId: "1", tool, args }, createContext(name, options));
}

function createContext(
  name: SuiteName,
  { words, agent = `${name}-assistant`, ceiling }: CheckOptions,
): Parameters<Guard["check"]>[1] {
  return {
    principal: trustedPrincipal({
      agent: { id: agent, roles: ["assistant"] },
      user: { id: "user:ann" },
      ...(ceiling === undefined ? {} : { ceiling }),
    }),
    session: { id: "task", isNew: true },
    ...(words === undefined ? {} : { request: [words] }),
  };
}
