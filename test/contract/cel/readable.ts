import type { ObjectShape, Shape } from "./argument-shape.ts";
import { LEVEL, atom, join, textLiteral } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";

/** What is known of a value that a condition can read. */
export type ReadShape =
  | Shape
  | { readonly kind: "timestamp" }
  /** One of a few texts that the compiler knows. */
  | { readonly kind: "names"; readonly values: readonly string[] }
  /** A list of such texts. */
  | { readonly kind: "name-list"; readonly values: readonly string[] }
  /** An entry of `session.calls`. */
  | { readonly kind: "call" }
  | { readonly kind: "calls" };

/** Something that a condition can read. */
export interface Readable {
  readonly fragment: Fragment;
  readonly shape: ReadShape;
  /** Where the last step is a member with a dot: what holds it, and its name. */
  readonly last?: { readonly holder: Fragment; readonly name: string };
}

/** Roles that generated policies declare. */
export const ROLES = ["support", "admin"] as const;
/** Outcomes of earlier calls. */
export const OUTCOMES = ["running", "completed", "failed", "denied", "approval-required"] as const;

/** Everything that a condition about a tool can read, down to a few steps. */
export function readableRoots(args: ObjectShape): readonly Readable[] {
  return [
    ...args.members.flatMap((member) =>
      below(step(atom("args"), member.name, member.shape), MAX_STEPS),
    ),
    ...FIXED.map(([text, shape]) => {
      const dot = text.lastIndexOf(".");
      const holder = dot < 0 ? undefined : atom(text.slice(0, dot));
      return {
        fragment: atom(text),
        shape,
        ...(holder === undefined ? {} : { last: { holder, name: text.slice(dot + 1) } }),
      };
    }),
  ];
}

/** What the variable of a quantifier over a value leads to. */
export function readableVariable(name: string, over: ReadShape): readonly Readable[] {
  return below({ fragment: atom(name), shape: elementOf(over) }, 2);
}

const MAX_STEPS = 3;

const FIXED: readonly (readonly [string, ReadShape])[] = [
  ["now", { kind: "timestamp" }],
  ["session.startedAt", { kind: "timestamp" }],
  ["session.turn", { kind: "int" }],
  ["session.calls", { kind: "calls" }],
  ["flow.session", { kind: "list", of: { kind: "string" } }],
  ["principal.agent.id", { kind: "string" }],
  ["principal.user.id", { kind: "string" }],
  ["principal.agent.roles", { kind: "name-list", values: ROLES }],
  ["principal.user.roles", { kind: "name-list", values: ROLES }],
  ["tool.name", { kind: "names", values: ["act"] }],
  ["tool.reversible", { kind: "bool" }],
  ["context.a", { kind: "dyn" }],
  ["context.b", { kind: "dyn" }],
];

function elementOf(over: ReadShape): ReadShape {
  if (over.kind === "list") return over.of;
  if (over.kind === "calls") return { kind: "call" };
  if (over.kind === "name-list") return { kind: "names", values: over.values };
  return over.kind === "map" || over.kind === "object" ? { kind: "string" } : { kind: "dyn" };
}

/** A value and what can be read from it. */
function below(readable: Readable, steps: number): readonly Readable[] {
  if (steps === 0) return [readable];
  return [readable, ...membersOf(readable).flatMap((next) => below(next, steps - 1))];
}

function membersOf({ fragment, shape }: Readable): readonly Readable[] {
  switch (shape.kind) {
    case "object":
      return shape.members.map((member) => step(fragment, member.name, member.shape));
    case "list":
      return [0, 2].map((index) => ({
        fragment: join(LEVEL.member, LEVEL.member, [fragment, `[${index}]`]),
        shape: shape.of,
      }));
    case "map":
      return ["a", "x-y"].map((name) => step(fragment, name, shape.of));
    case "dyn":
      return [
        step(fragment, "a", shape),
        { fragment: join(LEVEL.member, LEVEL.member, [fragment, "[0]"]), shape },
      ];
    case "call":
      return [
        step(fragment, "tool", { kind: "names", values: ["act"] }),
        step(fragment, "outcome", { kind: "names", values: OUTCOMES }),
        step(fragment, "at", { kind: "timestamp" }),
      ];
    case "bool":
    case "int":
    case "double":
    case "string":
    case "enum":
    case "nullable":
    case "either":
    case "timestamp":
    case "names":
    case "name-list":
    case "calls":
      break;
  }
  return [];
}

function step(holder: Fragment, name: string, shape: ReadShape): Readable {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name === "in") {
    const key = textLiteral(name, 0);
    return { fragment: join(LEVEL.member, LEVEL.member, [holder, "[", key, "]"]), shape };
  }
  const fragment = join(LEVEL.member, LEVEL.member, [holder, `.${name}`]);
  return { fragment, shape, last: { holder, name } };
}
