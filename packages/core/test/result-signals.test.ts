import { describe, expect, test } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import { platform } from "../src/platform/node.ts";
import type { PolicyDocument } from "../src/policy-document.ts";
import type { Scanner } from "../src/ports/scanner.ts";
import type { SessionStore } from "../src/ports/session-store.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { ToolCall } from "../src/tool-call.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const context: ContextInput = {
  principal: trustedPrincipal({ agent: { id: "bot" } }),
  session: { id: "s1", isNew: true },
};
const look: ToolCall = { callId: "1", tool: "look", args: {} };
const act: ToolCall = { callId: "2", tool: "act", args: {} };

/** Finds the word EVIL. */
const signals: Scanner = {
  id: "evil",
  kinds: ["injection"],
  scan(text) {
    const start = text.indexOf("EVIL");
    const finding = { kind: "injection", rule: "evil", start, end: start + 4 } as const;
    return {
      status: "complete",
      findings: start < 0 ? [] : [{ ...finding, confidence: "high" }],
    };
  },
};

/** Forbids `act` once the session is suspicious. */
const policy: PolicyDocument = fixturePolicy({
  tools: { look: tool(), act: tool() },
  rules: [
    permit("p", ["look", "act"]),
    {
      id: "no-suspects",
      effect: "forbid",
      tools: ["act"],
      when: {
        op: "in",
        t: "bool",
        a: { op: "lit", t: "string", value: "suspicious" },
        b: { op: "var", t: { list: "string" }, name: "flow", path: ["session"] },
      },
    },
  ],
});

async function afterResult(
  run: Parameters<Awaited<ReturnType<typeof createGuard>>["execute"]>[2],
  options: Partial<GuardOptions> = {},
): Promise<string> {
  const guard = await createGuard({ policy, signals, ...options });
  await guard.execute(look, context, run);
  const outcome = await guard.execute(act, context, () => 1);
  return outcome.kind === "denied"
    ? (outcome.denial.rule?.id ?? outcome.denial.code)
    : outcome.kind;
}

const inParts: Parameters<typeof afterResult>[0] = async (_args, control) => {
  await control.push("x EV");
  return control.push("IL");
};

describe("a result in which signals are found", () => {
  test.for<readonly [string, Parameters<typeof afterResult>[0]]>([
    ["a text", () => "so EVIL"],
    ["a member", () => ({ deep: [{ note: "EVIL" }] })],
    ["a name", () => ({ EVIL: 1 })],
    ["a key of a map", () => new Map([["EVIL", 1]])],
    ["an error", () => Promise.reject(new Error("EVIL"))],
    ["a chunk", (_args, control) => control.push("EVIL")],
    [
      "two chunks",
      async (_args, control) => {
        await control.push("EVIL");
        return control.push("x");
      },
    ],
  ])("labels the session: %s", async ([, run]) => {
    expect(await afterResult(run)).toBe("no-suspects");
  });

  test("labels nothing without signals, or without a scanner", async () => {
    expect(await afterResult(() => "so good")).toBe("completed");
    const guard = await createGuard({ policy });
    await guard.execute(look, context, () => "EVIL");
    expect(await guard.execute(act, context, () => 1)).toMatchObject({ kind: "completed" });
  });

  test.for<readonly [string, Scanner["scan"]]>([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["did not look to the end", () => ({ status: "truncated", findings: [] })],
  ])("labels the session when the scanner %s", async ([, scan]) => {
    expect(await afterResult(() => "x", { signals: { ...signals, scan } })).toBe("no-suspects");
  });

  test("is withheld when the label cannot be written", async () => {
    const store = createMemorySessionStore({ clock: platform.clock });
    const sessions: SessionStore = {
      ...store,
      addLabels: () => Promise.reject(new Error("full")),
    };
    const guard = await createGuard({ policy, signals, sessions });
    expect(await guard.execute(look, context, () => "EVIL")).toMatchObject({ kind: "failed" });
    expect(await guard.execute(look, context, () => "fine")).toMatchObject({ value: "fine" });
  });

  test("is given out, and the record says what was found and no more", async () => {
    const sink = createMemoryDecisionSink();
    const guard = await createGuard({ policy, signals, sink });
    expect(await guard.execute(look, context, () => "so EVIL")).toMatchObject({ value: "so EVIL" });
    expect(sink.records.at(-1)).toMatchObject({
      result: "completed",
      findings: [{ rule: "evil", severity: "warning", path: "" }],
    });
    expect(JSON.stringify(sink.records)).not.toContain("EVIL");
  });

  test("is found across the leaves of a result and the parts of a stream", async () => {
    const split: Scanner = {
      ...signals,
      scan: (text) => signals.scan(text.replaceAll("\n", ""), { maxLength: text.length }),
    };
    expect(await afterResult(() => ["EV", "IL"], { signals: split })).toBe("no-suspects");
    expect(await afterResult(inParts, { signals: split })).toBe("no-suspects");
  });

  test("an unknown session starts suspicious", async () => {
    const unknown: ContextInput = { ...context, session: { id: "s2" } };
    const guard = await createGuard({ policy, signals });
    expect(await guard.execute(act, unknown, () => 1)).toMatchObject({
      denial: { code: "forbidden-by-rule" },
    });
  });
});
