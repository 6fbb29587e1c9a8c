import { describe, expect, test } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import { definitionDigest } from "../src/definition-digest.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import { platform } from "../src/platform/node.ts";
import type { DefinitionInspector, DefinitionVerdict } from "../src/ports/definition-inspector.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { ToolCall, ToolDefinition } from "../src/tool-call.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const context: ContextInput = { principal: trustedPrincipal({ agent: { id: "bot" } }) };
const definition: ToolDefinition = { name: "look", description: "Looks." };
const look: ToolCall = { callId: "1", tool: "look", args: {}, definition };

const policy = fixturePolicy({ tools: { look: tool() }, rules: [permit("p", ["look"])] });

const answering = (verdict: unknown): DefinitionInspector => ({
  inspect: () => verdict as DefinitionVerdict,
});
const finding = { rule: "secrecy-order", severity: "error", path: "/description", message: "No." };

async function codeOf(definitions: DefinitionInspector): Promise<string | undefined> {
  const guard = await createGuard({ policy, definitions, timeoutMs: 100 });
  let ran = 0;
  const outcome = await guard.execute(look, context, () => (ran += 1));
  const visible = await guard.visibleTools([definition], context);
  expect(visible).toHaveLength(ran);
  return outcome.kind === "denied" ? outcome.denial.code : undefined;
}

function raise(): never {
  throw new Error("broken");
}

describe("the verdict of an inspector", () => {
  test.for([
    ["clean", undefined],
    ["suspicious", "definition-suspicious"],
    ["poisoned", "definition-poisoned"],
    ["changed", "definition-changed"],
    ["unknown", "definition-unknown"],
    ["stale", "definition-stale"],
    ["harmless", "definition-unavailable"],
    ["toString", "definition-unavailable"],
    [undefined, "definition-unavailable"],
  ] as const)("%s gives %s", async ([verdict, code]) => {
    expect(await codeOf(answering({ verdict, findings: [] }))).toBe(code);
    const later: DefinitionInspector = {
      inspect: async () => ({ verdict, findings: [] }) as unknown as DefinitionVerdict,
    };
    expect(await codeOf(later)).toBe(code);
  });

  test.for<readonly [string, () => unknown]>([
    ["throws", raise],
    ["rejects", () => Promise.reject(new Error("broken"))],
    ["never answers", () => new Promise(() => undefined)],
    ["answers nothing", () => null],
    ["answers without findings", () => ({ verdict: "clean" })],
    // oxlint-disable-next-line unicorn/no-thenable -- what another library might return
    ["is another library's promise", () => ({ then: () => undefined })],
  ])("that %s is definition-unavailable", async ([, inspect]) => {
    const inspector = { inspect } as unknown as DefinitionInspector;
    expect(await codeOf(inspector)).toBe("definition-unavailable");
  });

  test("is not asked about what is not plain JSON", async () => {
    const guard = await createGuard({ policy, definitions: answering(CLEAN) });
    for (const broken of [{ name: 1 }, { name: "look", when: new Date() }, { description: "x" }]) {
      const call = { ...look, definition: broken as unknown as ToolDefinition };
      expect(await guard.execute(call, context, () => 1)).toMatchObject({
        denial: { code: "definition-unavailable" },
      });
    }
  });

  test("is about a frozen copy", async () => {
    const seen: ToolDefinition[] = [];
    const guard = await createGuard({
      policy,
      definitions: {
        inspect(_tool, shown) {
          seen.push(shown);
          return CLEAN;
        },
      },
    });
    const mine = { name: "look", inputSchema: { type: "object" } };
    await guard.execute({ ...look, definition: mine }, context, () => 1);
    expect(seen).toEqual([mine]);
    expect(Object.isFrozen(seen[0])).toBe(true);
    expect(Object.isFrozen(seen[0]?.inputSchema)).toBe(true);
  });
});

const digestOf = (name: string, one: object): Promise<string> =>
  definitionDigest(platform.digest, name, one);

const CLEAN: DefinitionVerdict = { verdict: "clean", findings: [] };

const pinned = async (verdict: string, shown: ToolDefinition = definition): Promise<unknown> => {
  const pin = await definitionDigest(platform.digest, "look", definition);
  const guard = await createGuard({
    policy: fixturePolicy({ tools: { look: tool({ pin }) }, rules: [permit("p", ["look"])] }),
    definitions: answering({ verdict, findings: [] }),
  });
  const outcome = await guard.execute({ ...look, definition: shown }, context, () => 1);
  return outcome.kind === "denied" ? outcome.denial.code : outcome.kind;
};

describe("the pin of the policy", () => {
  test.for([
    ["clean", "completed"],
    ["suspicious", "completed"],
    ["changed", "completed"],
    ["unknown", "completed"],
    ["stale", "definition-stale"],
    ["poisoned", "definition-poisoned"],
    ["other", "definition-unavailable"],
  ] as const)("over an inspector that says %s gives %s", async ([verdict, code]) => {
    expect(await pinned(verdict)).toBe(code);
    expect(await pinned(verdict, { ...definition, title: "New" })).toBe("definition-changed");
  });

  test("covers the server, not the spelling", async () => {
    const own = await digestOf("look", definition);
    expect(own).toMatch(/^sha256:[\w-]{43}$/);
    expect(await digestOf("look", { description: "Looks.", name: "look" })).toBe(own);
    const one = await digestOf("mcp:one/look", definition);
    expect(new Set([own, one, await digestOf("mcp:two/look", definition)]).size).toBe(3);
  });
});

describe("the record of a refused definition", () => {
  test("is written when it is listed, once, and again after it was lifted", async () => {
    const sink = createMemoryDecisionSink();
    let answer: unknown = { verdict: "changed", findings: [finding] };
    const guard = await createGuard({
      policy,
      sink,
      definitions: { inspect: () => answer as DefinitionVerdict },
    });
    const list = async (): Promise<number> => {
      await guard.visibleTools([definition], context);
      return sink.records.length;
    };
    expect([await list(), await list()]).toEqual([1, 1]);
    expect(sink.records[0]).toMatchObject({
      phase: "outcome",
      listed: true,
      callId: "",
      tool: "look",
      action: "deny",
      code: "definition-changed",
      findings: [{ rule: "secrecy-order", severity: "error", path: "/description" }],
    });
    expect(JSON.stringify(sink.records)).not.toContain("Looks.");
    answer = { verdict: "poisoned", findings: [finding] };
    expect(await list()).toBe(2);
    answer = CLEAN;
    expect(await list()).toBe(2);
    answer = { verdict: "poisoned", findings: [finding] };
    expect(await list()).toBe(3);
  });

  test("is also written for a tool that is not in the catalogue or that nobody may use", async () => {
    const sink = createMemoryDecisionSink();
    const definitions = answering({ verdict: "unknown", findings: [] });
    const guard = await createGuard({ policy, sink, definitions });
    await guard.visibleTools([{ name: "new" }, definition], undefined);
    expect(sink.records.map(({ tool: name, code }) => [name, code])).toEqual([
      ["new", "definition-unknown"],
      ["look", "definition-unknown"],
    ]);
  });

  test("is not written for definitions in messages, and a broken sink hides all the same", async () => {
    const sink = createMemoryDecisionSink();
    const definitions = answering({ verdict: "changed", findings: [] });
    const guard = await createGuard({ policy, sink, definitions });
    const message = { tools: [{ ...definition, inputSchema: {} }] };
    expect(await guard.redact(message, context)).toEqual({ tools: [] });
    expect(sink.records).toEqual([]);
    const broken = await createGuard({
      policy,
      definitions,
      sink: { write: () => Promise.reject(new Error("full")) },
    });
    expect(await broken.visibleTools([definition], context)).toEqual([]);
  });
});
