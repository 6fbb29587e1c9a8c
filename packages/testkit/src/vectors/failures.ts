import type { Node, SessionStore } from "@portcullis/core";
import { createMemorySessionStore } from "@portcullis/core";
import { demand, demandDenied, demandRuns, demandToldDenial } from "../demand.ts";
import { permits } from "../policies.ts";
import { readNote, tool, turn } from "../tools.ts";
import type { CaseParts, Vector, VectorCase } from "../vector.ts";

const EVERYWHERE = ["A", "L", "M", "C", "S", "P"] as const;
const SECRET = "AKIA-secret-of-the-vectors";

const permitted = {
  tools: [readNote],
  policy: { tools: { read_note: {} }, rules: [permits("read_note")] },
  turns: [turn(["read_note", { text: "a" }])],
  control: { read_note: 1 },
} as const;

/** A session store whose `open` does something first. */
function storeThat(
  { clock }: CaseParts,
  first: () => Promise<void> | void,
): { readonly sessions: SessionStore } {
  const inner = createMemorySessionStore({ clock });
  return {
    sessions: {
      ...inner,
      async open(request) {
        await first();
        return inner.open(request);
      },
    },
  };
}

function broken(): never {
  throw new Error(`broken: ${SECRET}`);
}

const FAULTS: readonly Pick<VectorCase, "name" | "configure">[] = [
  { name: "the session store throws", configure: (parts) => storeThat(parts, broken) },
  { name: "the recorder throws", configure: () => ({ sink: { write: async () => broken() } }) },
  { name: "the policy source throws", configure: () => ({ policy: { current: broken } }) },
  { name: "the role resolver throws", configure: () => ({ roles: { resolve: broken } }) },
  {
    name: "the definition inspector throws",
    configure: () => ({ definitions: { inspect: broken } }),
  },
];

/** Parts of the guard that break, hang, or are stopped. */
export const FAILURE_VECTORS: readonly Vector[] = [
  {
    id: "V69",
    title: "Guard throws",
    adapters: EVERYWHERE,
    cases: [
      ...FAULTS.map((fault): VectorCase => ({
        ...permitted,
        ...fault,
        expect(result) {
          demandRuns(result, "read_note", 0);
          const { code, message } = demandToldDenial(result, "call-1");
          demand(!message.includes(SECRET), `the denial ${code} tells of the error`);
          const text = JSON.stringify(result.observation.outputs);
          demand(!text.includes(SECRET), "what the model gets tells of the error");
        },
      })),
      {
        ...permitted,
        name: "the redactor throws after the run",
        tools: [tool("read_note", { value: `the key is ${SECRET}` })],
        policy: {
          tools: { read_note: {} },
          rules: [
            permits("read_note"),
            {
              id: "redact-results",
              effect: "require",
              tools: ["read_note"],
              obligations: [{ type: "redact", target: "result", kinds: ["secret"] }],
            },
          ],
        },
        configure: () => ({ scanner: { id: "broken", kinds: ["secret"], scan: broken } }),
        expect({ observation }) {
          const text = JSON.stringify([observation.outputs, observation.modelRequests]);
          demand(!text.includes(SECRET), "what could not be redacted was given out");
        },
      },
    ],
  },
  {
    id: "V70",
    title: "Guard slow",
    adapters: EVERYWHERE,
    cases: [
      {
        ...permitted,
        name: "the session store hangs longer than the time-out, and answers later",
        configure: (parts) =>
          storeThat(parts, async () => {
            // Whoever waits for the store is told in time; the store itself comes back late.
            setTimeout(() => parts.clock.advance(6000), 0);
            await new Promise((resolve) => {
              setTimeout(resolve, 20);
            });
          }),
        expect(result) {
          demandRuns(result, "read_note", 0);
          demandDenied(result, "read_note", "timed-out");
          demand(demandToldDenial(result, "call-1").code === "timed-out", "another code was told");
        },
      },
      {
        name: "a condition exhausts the work counter",
        tools: [tool("search", { input: longLists() })],
        policy: {
          tools: { search: {} },
          rules: [{ ...permits("search"), when: everyPair() }],
        },
        turns: [turn(["search", { list: Array.from({ length: 1100 }, (_, index) => index) }])],
        control: { search: 1 },
        expect(result) {
          demandRuns(result, "search", 0);
          demandDenied(result, "search", "work-exceeded");
        },
      },
    ],
  },
  {
    id: "V71",
    title: "Abort",
    adapters: EVERYWHERE,
    cases: [
      {
        ...permitted,
        name: "before the call",
        control: {},
        vacuous: "A framework that is told to stop before it begins runs nothing either.",
        prepare: ({ abort }) => abort(),
        expect(result) {
          demandRuns(result, "read_note", 0);
        },
      },
      {
        ...permitted,
        name: "during the decision",
        configure: (parts) => storeThat(parts, () => parts.abort()),
        expect(result) {
          demandRuns(result, "read_note", 0);
        },
      },
      {
        name: "during the run",
        tools: [{ ...tool("wait"), body: { kind: "wait" } }],
        policy: { tools: { wait: {} }, rules: [permits("wait")] },
        turns: [turn(["wait"])],
        // The guard's intent record is the last step before the run; in the control nobody aborts.
        configure: ({ abort }) => ({
          sink: {
            write: async ({ phase }) => {
              if (phase === "intent") setTimeout(abort, 10);
            },
          },
        }),
        control: { wait: 1 },
        expect({ probe, observation }) {
          demand(probe.count("wait") === 1, "the tool did not begin");
          demand(probe.aborted.includes("wait"), "the signal did not reach the tool");
          const late = observation.outputs.some(({ text }) => text.includes("late result"));
          demand(!late, "a result was given out after the abort");
        },
      },
    ],
  },
];

function longLists(): VectorCase["tools"][number]["input"] {
  return {
    type: "object",
    properties: { list: { type: "array", items: { type: "number" }, maxItems: 2000 } },
    additionalProperties: false,
  };
}

/** Never true, found out after 1100 * 1100 visits. */
function everyPair(): Node {
  const list: Node = { op: "var", t: "dyn", name: "args", path: ["list"] };
  const never: Node = {
    op: "eq",
    t: "bool",
    a: { op: "var", t: "dyn", name: "z", path: [] },
    b: { op: "lit", t: "int", value: -1 },
  };
  return ["z", "y"].reduce<Node>(
    (body, as) => ({ op: "exists", t: "bool", over: list, as, body }),
    never,
  );
}
