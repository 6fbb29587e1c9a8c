import type { ToolEntry } from "@portcullis/core";
import { SENSITIVITIES, TOOL_CLASSES } from "../shape/tool-shape.ts";
import { BOOL, INT, STRING, TIMESTAMP, listOf } from "./type.ts";
import type { Member, Names, Type } from "./type.ts";

/** What the roots' types depend on besides the tool. */
export interface RootContext {
  /** Declared roles. */
  readonly roles: ReadonlySet<string>;
  /** Names of the catalogue. */
  readonly tools: ReadonlySet<string>;
  /** Names of all arguments in the catalogue; absent where some tool takes any. */
  readonly arguments?: ReadonlySet<string>;
  /** Type of the host's facts. */
  readonly context: Type;
}

/** What the roots' types depend on of one tool. */
export interface ToolTypes {
  readonly name: string;
  /** Type of the arguments. */
  readonly args: Type;
  /** Type of `resource.id`, absent where the tool declares no resource. */
  readonly resourceId?: Type;
  /** Declared facts. */
  readonly facts: NonNullable<ToolEntry["facts"]>;
}

/** The type of a root for one tool; `undefined` where the tool has no such root. */
export function typeOfRoot(root: string, tool: ToolTypes, context: RootContext): Type | undefined {
  if (root === "args") return tool.args;
  if (root === "context") return context.context;
  if (root === "now") return TIMESTAMP;
  if (root === "tool") {
    return record("tool", {
      name: text("tool of the catalogue", context.tools),
      class: text("class", TOOL_CLASSES),
      sensitivity: text("sensitivity", SENSITIVITIES),
      reversible: BOOL,
      origin: text("origin", ["local", "mcp", "provider"]),
    });
  }
  if (root === "principal") {
    const party = (what: string): Type =>
      record(what, { id: STRING, roles: listOf(text("declared role", context.roles)) });
    return record(
      "principal",
      {
        agent: party("principal.agent"),
        user: party("principal.user"),
        chain: listOf(party("an actor")),
      },
      ["user"],
    );
  }
  if (root === "resource") {
    return tool.resourceId === undefined
      ? undefined
      : record("resource", { type: STRING, id: tool.resourceId });
  }
  if (root === "session") {
    return record("session", {
      calls: listOf(
        record("a call of the session", {
          tool: text("tool of the catalogue", context.tools),
          outcome: text("outcome", OUTCOMES),
          at: TIMESTAMP,
          args: {
            kind: "sealed",
            isWhole: true,
            ...(context.arguments === undefined ? {} : { names: context.arguments }),
          },
        }),
      ),
      turn: INT,
      startedAt: TIMESTAMP,
    });
  }
  return root === "flow" ? record("flow", { session: listOf(STRING) }) : undefined;
}

const OUTCOMES = ["running", "completed", "failed", "denied", "approval-required"] as const;

function text(what: string, all: Iterable<string>): Type {
  const names: Names = { what, all: new Set(all), always: true };
  return { kind: "string", names };
}

function record(
  what: string,
  members: Readonly<Record<string, Type>>,
  optional: readonly string[] = [],
): Type {
  const byName = new Map<string, Member>(
    Object.entries(members).map(([name, type]) => [
      name,
      { type, optional: optional.includes(name) },
    ]),
  );
  const hasTimes = Object.values(members).some(({ kind }) => kind === "timestamp");
  return {
    kind: "object",
    what,
    names: [...byName.keys()],
    member: (name) => byName.get(name),
    ...(hasTimes ? { holdsTimes: true } : {}),
  };
}
