import type { FactProvider, Issue, Node, PolicyDocument } from "@portcullis/core";
import { validatePolicyYaml } from "../../src/index.ts";

/** Arguments of the tool `act`, one of each type. */
export const ACT_INPUT = {
  type: "object",
  required: ["id", "n"],
  properties: {
    id: { type: "string" },
    note: { type: "string" },
    n: { type: "integer" },
    m: { type: "integer" },
    x: { type: "number" },
    y: { type: "number" },
    on: { type: "boolean" },
    when: { type: "string" },
    color: { enum: ["red", "green"] },
    maybe: { type: ["string", "null"] },
    any: {},
    tags: { type: "array", items: { type: "string" } },
    nums: { type: "array", items: { type: "integer" } },
    items: {
      type: "array",
      items: {
        type: "object",
        properties: { price: { type: "number" }, name: { type: "string" } },
      },
    },
    nested: { type: "object", properties: { deep: { type: "string" }, "x-y": { type: "string" } } },
    map: { type: "object", additionalProperties: { type: "integer" } },
    url: { type: "string" },
    urls: { type: "array", items: { type: "string" } },
  },
};

/** A second tool that shares `id` and `n`, the latter as another type. */
const OTHER_INPUT = {
  type: "object",
  properties: { id: { type: "string" }, n: { type: "number" }, only: { type: "string" } },
};

/** A policy around one condition. */
export function policyText(
  when: string,
  { tools = "[act]", extra = "" }: { readonly tools?: string; readonly extra?: string } = {},
): string {
  return `portcullis: 1
name: test
roles: { support: {}, admin: {} }
tools:
  act: { class: write, input: ${JSON.stringify(ACT_INPUT)} }
  other: { class: read, input: ${JSON.stringify(OTHER_INPUT)} }
${extra}rules:
  - id: r
    effect: forbid
    tools: ${tools}
    when: ${JSON.stringify(when)}
`;
}

/** Line and column at which the condition of {@link policyText} begins. */
export const WHEN_COLUMN = 12;

/** Compiles a policy text and expects it to be accepted. */
export async function compileText(
  text: string,
  facts: readonly FactProvider[] = [],
): Promise<PolicyDocument> {
  const result = await validatePolicyYaml({ file: "p.yaml", text }, { facts });
  if (!result.ok)
    throw new Error(
      result.issues.map(({ line, column, message }) => `${line}:${column} ${message}`).join("\n"),
    );
  return result.document;
}

/** Compiles a policy text and gives its problems, none if it is accepted. */
export async function issuesOf(
  text: string,
  facts: readonly FactProvider[] = [],
): Promise<readonly Issue[]> {
  const result = await validatePolicyYaml({ file: "p.yaml", text }, { facts });
  return result.ok ? [] : result.issues;
}

/** The compiled condition. */
export async function compileWhen(
  when: string,
  options: {
    readonly tools?: string;
    readonly facts?: readonly FactProvider[];
    readonly extra?: string;
  } = {},
): Promise<Node> {
  const document = await compileText(policyText(when, options), options.facts);
  const node = document.rules[0]?.when;
  if (node === undefined) throw new Error("The rule has no condition.");
  return node;
}

/** A fact provider for tests that never parses anything. */
export function urlProvider(): FactProvider {
  return {
    type: "url",
    version: 1,
    fields: { host: "string", path: "string", port: "int", parts: { list: "string" } },
    predicates: { hostWithin: { field: "host", test: () => true } },
    prepare(options) {
      const unknown = Object.keys(options).filter((name) => name !== "schemes");
      if (unknown.length > 0) throw new TypeError(`unknown option ${unknown.join()}`);
      return () => ({ ok: false, code: "malformed" });
    },
  };
}

/** A provider of `scan` for tests. */
export function scanProvider(): FactProvider {
  return {
    type: "scan",
    version: 2,
    fields: { count: "int", kinds: { list: "string" } },
    prepare: () => () => ({ ok: false, code: "too-large" }),
  };
}
