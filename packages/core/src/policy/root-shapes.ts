import type { StaticType } from "../rule-ast.ts";

/** What is known of an expression's value at load. */
export interface ValueShape {
  readonly type: StaticType;
  /** Members, where they are a closed list. */
  readonly members?: Readonly<Record<string, ValueShape>>;
  /** Elements of a list. */
  readonly items?: ValueShape;
  /** True for the name of a role, which must be declared. */
  readonly isRole?: boolean;
}

const TEXT: ValueShape = { type: "string" };
const ANY: ValueShape = { type: "dyn" };
const OBJECT: StaticType = { map: "dyn" };

const PARTY: ValueShape = {
  type: OBJECT,
  members: {
    id: TEXT,
    roles: { type: { list: "string" }, items: { type: "string", isRole: true } },
  },
};

const CALL: ValueShape = {
  type: OBJECT,
  members: {
    tool: TEXT,
    outcome: TEXT,
    at: { type: "timestamp" },
    args: { type: "sealed" },
  },
};

/** The roots of conditions. */
export const ROOT_SHAPES: Readonly<Record<string, ValueShape>> = {
  args: ANY,
  context: ANY,
  now: { type: "timestamp" },
  tool: {
    type: OBJECT,
    members: {
      name: TEXT,
      class: TEXT,
      sensitivity: TEXT,
      reversible: { type: "bool" },
      origin: TEXT,
    },
  },
  principal: {
    type: OBJECT,
    members: {
      agent: PARTY,
      user: PARTY,
      chain: { type: { list: OBJECT }, items: PARTY },
    },
  },
  resource: { type: OBJECT, members: { type: TEXT, id: ANY } },
  session: {
    type: OBJECT,
    members: {
      calls: { type: { list: OBJECT }, items: CALL },
      turn: { type: "int" },
      startedAt: { type: "timestamp" },
    },
  },
  flow: { type: OBJECT, members: { session: { type: { list: "string" }, items: TEXT } } },
};

/** The shape one step down; undefined where there is no such member or element. */
export function stepInto(shape: ValueShape, step: string | number): ValueShape | undefined {
  if (shape.type === "dyn") return ANY;
  if (shape.type === "sealed") return typeof step === "string" ? shape : undefined;
  if (typeof step === "number") return elementOf(shape, "list");
  if (shape.members !== undefined) {
    return Object.hasOwn(shape.members, step) ? shape.members[step] : undefined;
  }
  return elementOf(shape, "map");
}

/** What a quantifier's variable holds; undefined where there is nothing to visit. */
export function visitedOf(shape: ValueShape): ValueShape | undefined {
  if (shape.type === "dyn") return ANY;
  if (typeof shape.type === "string") return undefined;
  return "map" in shape.type ? TEXT : elementOf(shape, "list");
}

function elementOf({ type, items }: ValueShape, kind: "list" | "map"): ValueShape | undefined {
  if (typeof type === "string") return undefined;
  if ("list" in type) return kind === "list" ? (items ?? { type: type.list }) : undefined;
  return kind === "map" ? { type: type.map } : undefined;
}
