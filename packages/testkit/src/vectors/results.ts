import type { Node, Rule, Scanner } from "@portcullis/core";
import { createMemorySessionStore, PortcullisError, trustedPrincipal } from "@portcullis/core";
import { demand, demandDenied, demandRefused, demandRuns, demandToldDenial } from "../demand.ts";
import { forbids, permits } from "../policies.ts";
import { readNote, texts, tool, turn } from "../tools.ts";
import { VECTOR_TOKEN } from "../vector-token.ts";
import type { CaseResult, Vector } from "../vector.ts";

const EVERYWHERE = ["A", "L", "M", "C", "S", "P"] as const;
const SECRET = "hunter2-of-the-vectors";

/** Finds the one secret of the vectors. */
const scanner: Scanner = {
  id: "vectors",
  kinds: ["secret"],
  scan(text) {
    const findings = [...text.matchAll(new RegExp(SECRET, "g"))].map(({ index }) => ({
      kind: "secret" as const,
      rule: "vector-secret",
      start: index,
      end: index + SECRET.length,
      confidence: "high" as const,
    }));
    return { status: "complete", findings };
  },
};

const redactResults: Rule = {
  id: "redact-results",
  effect: "require",
  tools: ["read_note"],
  obligations: [{ type: "redact", target: "result", kinds: ["secret"] }],
};

function demandNowhere({ observation }: CaseResult, text: string): void {
  const { modelRequests, outputs, shown = "" } = observation;
  const all = JSON.stringify([modelRequests, outputs]) + shown;
  demand(!all.includes(text), `${JSON.stringify(text)} was given out`);
}

const isLarge: Node = {
  op: "eq",
  t: "bool",
  a: { op: "var", t: "string", name: "args", path: ["text"] },
  b: { op: "lit", t: "string", value: "threshold-4711" },
};

/** What comes back, and what it tells. */
export const RESULT_VECTORS: readonly Vector[] = [
  {
    id: "V61",
    title: "Extra arguments",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "a key outside the schema",
        tools: [readNote],
        policy: { tools: { read_note: {} }, rules: [permits("read_note")] },
        turns: [turn(["read_note", { text: "a", isAdmin: "yes" }])],
        control: {},
        vacuous: "A framework may refuse or strip the key itself.",
        expect(result) {
          for (const { args } of result.probe.runs) {
            demand(!JSON.stringify(args).includes("isAdmin"), "the tool got the extra key");
          }
          if (result.probe.runs.length === 0) demandRefused(result, "call-1");
        },
      },
    ],
  },
  {
    id: "V63",
    title: "Results redacted",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "a secret in the result",
        tools: [
          tool("read_note", { value: { note: `the password is ${SECRET}`, list: [SECRET] } }),
        ],
        policy: { tools: { read_note: {} }, rules: [permits("read_note"), redactResults] },
        turns: [turn(["read_note", { text: "a" }]), { text: "done" }],
        configure: () => ({ scanner }),
        control: { read_note: 1 },
        expect(result) {
          demandRuns(result, "read_note", 1);
          demandNowhere(result, SECRET);
          demand(!JSON.stringify(result.log).includes(SECRET), "the secret is in the log");
        },
      },
    ],
  },
  {
    id: "V64",
    title: "Errors redacted",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "a tool throws with a secret and a stack",
        tools: [
          {
            ...readNote,
            body: {
              kind: "throw",
              message: `no entry for ${SECRET}\n    at run (/srv/app/tool.js:1:1)`,
            },
          },
        ],
        policy: { tools: { read_note: {} }, rules: [permits("read_note"), redactResults] },
        turns: [turn(["read_note", { text: "a" }])],
        configure: () => ({ scanner }),
        control: { read_note: 1 },
        expect(result) {
          demandRuns(result, "read_note", 1);
          demandRefused(result, "call-1");
          demandNowhere(result, SECRET);
          demandNowhere(result, "/srv/app/tool.js");
        },
      },
    ],
  },
  {
    id: "V65",
    title: "Denial leaks nothing",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "a probe at a rule's threshold",
        tools: [readNote],
        policy: {
          tools: { read_note: {} },
          rules: [
            permits("read_note"),
            {
              id: "inner-rule-name",
              effect: "forbid",
              tools: ["read_note"],
              when: { op: "not", t: "bool", a: isLarge },
              text: "args.text == 'threshold-4711'",
              at: "policy.yaml:12:3",
            },
          ],
        },
        turns: [turn(["read_note", { text: "probing-0815" }])],
        control: { read_note: 1 },
        expect(result) {
          demandRuns(result, "read_note", 0);
          const denial = JSON.stringify(demandToldDenial(result, "call-1"));
          for (const text of ["4711", "inner-rule-name", "policy.yaml", "probing-0815", "args."]) {
            demand(!denial.includes(text), `the denial tells ${text}`);
          }
        },
      },
    ],
  },
  {
    id: "V66",
    title: "Denied call retried",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "the same refused call three times",
        tools: [readNote],
        policy: {
          tools: { read_note: {} },
          rules: [permits("read_note"), forbids("read_note")],
        },
        turns: Array.from({ length: 3 }, () => turn(["read_note", { text: "a" }])),
        control: { read_note: 3 },
        expect(result) {
          demandRuns(result, "read_note", 0);
          const refused = result.log.filter(({ phase }) => phase === "outcome");
          demand(refused.length === 3, `the log counts ${refused.length} calls instead of 3`);
          demand(
            refused.every(({ code }) => code === "forbidden-by-rule"),
            "the refusals differ",
          );
          demand(result.prompts === 0, "a person was asked");
        },
      },
    ],
  },
  {
    id: "V72",
    title: "Expired token",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "the token expires between the decision and the run",
        tools: [readNote],
        policy: { identity: "token", tools: { read_note: {} }, rules: [permits("read_note")] },
        turns: [turn(["read_note", { text: "a" }])],
        context: "token",
        configure: () => ({
          credentials: {
            verify: async () => ({
              principal: trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } }),
              session: "vector",
              bindArguments: async () => undefined,
              consume: async () => {
                throw new PortcullisError("ERR_TOKEN_EXPIRED", "The token has expired.");
              },
            }),
          },
        }),
        control: { read_note: 1 },
        expect(result) {
          demandRuns(result, "read_note", 0);
          demandDenied(result, "read_note", "token-expired");
          demandToldDenial(result, "call-1");
        },
      },
      {
        name: "a token that holds is shown to nobody",
        tools: [readNote],
        policy: { identity: "token", tools: { read_note: {} }, rules: [permits("read_note")] },
        turns: [turn(["read_note", { text: "a" }])],
        context: "token",
        configure: () => ({
          credentials: {
            verify: async () => ({
              principal: trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } }),
              session: "vector",
              bindArguments: async () => undefined,
              consume: async () => undefined,
            }),
          },
        }),
        control: { read_note: 1 },
        expect(result) {
          demandRuns(result, "read_note", 1);
          const { modelRequests, outputs, shown = "" } = result.observation;
          // The model, the caller, the trace, the log, the tool itself.
          const seen = [modelRequests, outputs, shown, result.log, result.probe.runs];
          demand(!JSON.stringify(seen).includes(VECTOR_TOKEN), "the token was shown");
        },
      },
    ],
  },
  {
    id: "V74",
    title: "Hot swap",
    adapters: EVERYWHERE,
    cases: [
      {
        name: "the policy changes during a parallel step",
        tools: [tool("read_note", { input: texts("text") }), tool("list_notes")],
        policy: {
          tools: { read_note: {}, list_notes: {} },
          rules: [permits("read_note", "list_notes")],
        },
        turns: [turn(["read_note", { text: "a" }], ["list_notes"])],
        configure({ clock, swap }) {
          const inner = createMemorySessionStore({ clock });
          return {
            sessions: {
              ...inner,
              async open(request) {
                swap({ tools: { read_note: {}, list_notes: {} }, rules: [permits("read_note")] });
                return inner.open(request);
              },
            },
          };
        },
        control: { read_note: 1, list_notes: 1 },
        expect(result) {
          const digests = new Map<string, Set<string>>();
          for (const { decisionId, policy } of result.log) {
            const seen = digests.get(decisionId) ?? new Set();
            digests.set(decisionId, seen.add(policy?.digest ?? "none"));
          }
          demand(digests.size >= 2, "the log misses a call");
          for (const seen of digests.values()) {
            demand(seen.size === 1 && !seen.has("none"), "a call was decided on two policies");
          }
        },
      },
    ],
  },
];
