import type { Node } from "@portcullis/core";
import { demand, demandDenied, demandRuns } from "../demand.ts";
import { forbids, permits } from "../policies.ts";
import type { Probe } from "../probe.ts";
import { tool } from "../tools.ts";
import type { Vector, VectorCase } from "../vector.ts";

const open = tool("save", { input: { type: "object", additionalProperties: true } });

interface Exotic {
  readonly name: string;
  readonly code: "arguments-not-plain" | "arguments-too-large";
  readonly make: (probe: Probe) => unknown;
}

class Note {
  readonly text = "a";
}

const EXOTIC: readonly Exotic[] = [
  {
    name: "a getter",
    code: "arguments-not-plain",
    make: (probe) =>
      Object.defineProperty({}, "text", {
        enumerable: true,
        get() {
          probe.touch("getter");
          return "a";
        },
      }),
  },
  {
    name: "a toJSON",
    code: "arguments-not-plain",
    make: (probe) => ({
      text: "a",
      toJSON() {
        probe.touch("toJSON");
        return { text: "b" };
      },
    }),
  },
  {
    name: "a symbol key",
    code: "arguments-not-plain",
    make: () => ({ text: "a", [Symbol("hidden")]: "b" }),
  },
  {
    name: "an own __proto__",
    code: "arguments-not-plain",
    make: () => JSON.parse('{"text":"a","__proto__":{"isAdmin":true}}'),
  },
  { name: "a class instance", code: "arguments-not-plain", make: () => ({ note: new Note() }) },
  { name: "a Date", code: "arguments-not-plain", make: () => ({ at: new Date(0) }) },
  { name: "a BigInt", code: "arguments-not-plain", make: () => ({ amount: 1n }) },
  { name: "NaN", code: "arguments-not-plain", make: () => ({ amount: Number.NaN }) },
  {
    name: "a cycle",
    code: "arguments-not-plain",
    make() {
      const cycle: Record<string, unknown> = { text: "a" };
      cycle["self"] = cycle;
      return cycle;
    },
  },
  {
    name: "a depth of 200",
    code: "arguments-too-large",
    make() {
      let value: unknown = "a";
      for (let depth = 0; depth < 200; depth += 1) value = { value };
      return value;
    },
  },
  {
    name: "more than 1 MiB",
    code: "arguments-too-large",
    make: () => ({ text: "a".repeat(1_100_000) }),
  },
];

function exoticCase({ name, code, make }: Exotic): VectorCase {
  return {
    name,
    tools: [open],
    policy: { tools: { save: { class: "write" } }, rules: [permits("save")] },
    turns: ({ probe }) => [{ calls: [{ id: "call-1", name: "save", args: make(probe) }] }],
    attack: { kind: "direct-call" },
    control: { save: 1 },
    expect(result) {
      demandRuns(result, "save", 0);
      demand(result.probe.touched.length === 0, `${result.probe.touched.join(", ")} was called`);
      demandDenied(result, "save", code);
    },
  };
}

function textIs(value: string): Node {
  return {
    op: "eq",
    t: "bool",
    a: { op: "var", t: "dyn", name: "args", path: ["text"] },
    b: { op: "lit", t: "string", value },
  };
}

/** What arguments can be made of. */
export const ARGUMENT_VECTORS: readonly Vector[] = [
  {
    id: "V60",
    title: "Exotic arguments",
    adapters: ["A", "L", "M"],
    cases: [
      ...EXOTIC.map(exoticCase),
      {
        name: "a Proxy that answers the second reading differently",
        tools: [open],
        // A second call reads anew and is decided anew; what counts is that nothing else runs.
        policy: {
          tools: { save: { class: "write" } },
          rules: [permits("save"), { ...forbids("save"), when: textIs("later") }],
        },
        turns: () => {
          let reads = 0;
          const target = { text: "first" };
          const args = new Proxy(target, {
            getOwnPropertyDescriptor(_, key) {
              const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
              if (key !== "text" || descriptor === undefined) return descriptor;
              reads += 1;
              return { ...descriptor, value: reads === 1 ? "first" : "later" };
            },
            get(_, key) {
              if (key !== "text") return Reflect.get(target, key);
              reads += 1;
              return reads === 1 ? "first" : "later";
            },
          });
          return [{ calls: [{ id: "call-1", name: "save", args }] }];
        },
        attack: { kind: "direct-call" },
        control: { save: 1 },
        expect({ probe }) {
          for (const { args } of probe.runs) {
            const text = JSON.stringify(args);
            demand(text === '{"text":"first"}', `the tool ran with ${text}`);
          }
        },
      },
    ],
  },
];
