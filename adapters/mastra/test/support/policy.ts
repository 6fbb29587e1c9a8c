import { createGuard, trustedPrincipal } from "@portcullis/core";
import type {
  ContextInput,
  DecisionRecord,
  Guard,
  GuardOptions,
  Node,
  PolicyDocument,
  Rule,
  ToolEntry,
} from "@portcullis/core";

/** A catalogue entry with closed arguments of the given JSON Schema types. */
export function entry(
  properties: Readonly<Record<string, string>>,
  overrides: Partial<ToolEntry> = {},
): ToolEntry {
  return {
    class: "read",
    sensitivity: "internal",
    reversible: true,
    origin: "local",
    input: {
      type: "object",
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, type]) => [name, { type }]),
      ),
      additionalProperties: false,
    },
    result: { labels: [] },
    ...overrides,
  };
}

/** `args.<name>` equals the text. */
export function argIs(name: string, value: string): Node {
  return {
    op: "eq",
    t: "bool",
    a: { op: "var", t: "string", name: "args", path: [name] },
    b: { op: "lit", t: "string", value },
  };
}

export function permit(...tools: readonly string[]): Rule {
  return { id: `permit-${tools.join("-")}`, effect: "permit", tools };
}

export function forbid(tool: string, when: Node): Rule {
  return { id: `forbid-${tool}`, effect: "forbid", tools: [tool], when };
}

const terms = {
  queue: "support",
  priority: "normal",
  expiresSeconds: 600,
  approvers: [{ roles: ["supervisor"], count: 1 }],
  scope: "once",
  editable: [],
} as const;

export function approve(...tools: readonly string[]): Rule {
  const id = `approve-${tools.join("-")}`;
  return { id, effect: "require", tools, obligations: [{ type: "approval", ...terms }] };
}

export function redactResult(tool: string): Rule {
  const obligations = [{ type: "redact", target: "result", kinds: ["secret"] }] as const;
  return { id: `redact-${tool}`, effect: "require", tools: [tool], obligations };
}

function policyOf(
  tools: Readonly<Record<string, ToolEntry>>,
  rules: readonly Rule[],
): PolicyDocument {
  return {
    ast: 1,
    name: "test",
    serial: 0,
    identity: "host",
    mode: "enforce",
    roles: { supervisor: { users: ["user:sam"] } },
    tools,
    rules,
    limits: [],
    risk: {
      base: { read: 0, write: 0, delete: 0, execute: 0, send: 0, pay: 0, delegate: 0 },
      add: [],
      approval: [],
    },
    approval: terms,
    audit: { level: "basic" },
  };
}

export interface TestGuard {
  readonly guard: Guard;
  readonly context: ContextInput;
  /** The decision log, oldest first. */
  readonly records: readonly DecisionRecord[];
  /** `tool:result` of every finished call. */
  readonly outcomes: () => readonly string[];
}

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });

/** The real guard over one policy, with its decision log. */
export async function guardOver(
  tools: Readonly<Record<string, ToolEntry>>,
  rules: readonly Rule[],
  options: Partial<GuardOptions> = {},
): Promise<TestGuard> {
  const records: DecisionRecord[] = [];
  const guard = await createGuard({
    policy: policyOf(tools, rules),
    sink: {
      write: (record) => {
        records.push(record);
        return Promise.resolve();
      },
    },
    ...options,
  });
  return {
    guard,
    context: { principal, session: { id: "task-1", isNew: true } },
    records,
    outcomes: () =>
      records
        .filter(({ phase }) => phase === "outcome")
        .map(({ tool, result, code }) => `${tool}:${code ?? result}`),
  };
}
