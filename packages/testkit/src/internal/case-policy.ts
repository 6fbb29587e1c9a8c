import type { PolicyDocument, ToolEntry } from "@portcullis/core";
import type { AdapterHarness } from "../adapter-harness.ts";
import { APPROVAL_TERMS } from "../policies.ts";
import type { PolicySpec, VectorCase } from "../vector.ts";

/** Translates plain tool names into the policy's names of a harness, and back. */
export interface ToolNames {
  toPolicy(name: string): string;
  toPlain(name: string): string;
}

/** The names of a harness. */
export function toolNames({ server }: Pick<AdapterHarness, "server">): ToolNames {
  const prefix = server === undefined ? "" : `mcp:${server}/`;
  return {
    toPolicy: (name) => `${prefix}${name}`,
    toPlain: (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name),
  };
}

/** The whole policy document of a case. */
export function casePolicy(
  spec: PolicySpec,
  { vector, harness }: { readonly vector: VectorCase; readonly harness: AdapterHarness },
): PolicyDocument {
  const names = toolNames(harness);
  const entries = Object.entries(spec.tools).map(([name, more]) => {
    const tool = vector.tools.find((candidate) => candidate.name === name);
    const entry: ToolEntry = {
      class: "read",
      sensitivity: "internal",
      reversible: true,
      origin: harness.server === undefined ? "local" : "mcp",
      input: tool?.input ?? { type: "object", additionalProperties: false },
      result: { labels: [] },
      ...more,
    };
    return [names.toPolicy(name), entry] as const;
  });
  return {
    ast: 1,
    name: "vectors",
    serial: 0,
    identity: spec.identity ?? "host",
    mode: "enforce",
    roles: { supervisor: { users: [] } },
    tools: Object.fromEntries(entries),
    rules: spec.rules.map((rule) =>
      rule.tools === undefined
        ? rule
        : { ...rule, tools: rule.tools.map((name) => names.toPolicy(name)) },
    ),
    limits: [],
    risk: {
      base: { read: 0, write: 0, delete: 0, execute: 0, send: 0, pay: 0, delegate: 0 },
      add: [],
      approval: [],
    },
    approval: APPROVAL_TERMS,
    audit: { level: "basic" },
  };
}
