import { tool as langchainTool } from "@langchain/core/tools";
import { guardTool } from "@portcullis/ai-sdk";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import type { ContextInput, JsonObject } from "@portcullis/core";
import { guardLangChainTool } from "@portcullis/langgraph";
import { z } from "zod";
import type { BenchResult } from "./bench-result.ts";
import { createNested, NESTED_SCHEMA } from "./call-load.ts";
import { createDocument, createRules, REQUESTS } from "./decision-load.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Measured } from "./gated.ts";
import { asyncContender, measure, ratio } from "./measure.ts";

const RULES = 1000;
const CALLS_PER_SESSION = 16;
const BASE = "guard.execute";
// The guard checks the arguments by the schema of the policy.
const ANY_ARGS = z.record(z.string(), z.unknown());

/**
 * Times one guarded tool that does nothing through two adapters and through `guard.execute` alone.
 * Reported only: the frameworks' own work is part of it.
 */
export function benchAdapters(): Promise<BenchResult> {
  return runGated("adapters", measureAdapters);
}

async function measureAdapters(rounds: number): Promise<Measured> {
  const rules = createRules(RULES);
  const { tool: name, agent, role, prefix } = rules[0]!;
  const document = createDocument(rules);
  const entry = { ...document.tools[name]!, input: NESTED_SCHEMA };
  const guard = await createGuard({
    policy: { ...document, tools: { ...document.tools, [name]: entry } },
  });
  const principal = trustedPrincipal({ agent: { id: agent, roles: [role] } });
  const context = createContexts((session) => ({ principal, session }));
  const inputs = createNested(
    Array.from({ length: REQUESTS }, (_, index) => ({
      path: `${prefix}report-${index}.txt`,
      amount: index % 100,
    })),
  );

  const sdk = guardTool(
    {
      description: "Does nothing",
      inputSchema: ANY_ARGS,
      execute: runNothing,
    },
    { guard, name, context },
  );
  const langchain = guardLangChainTool(
    langchainTool(runNothing, {
      name,
      description: "Does nothing",
      schema: ANY_ARGS,
    }),
    { guard, context },
  );
  const execute = async (args: JsonObject): Promise<unknown> => {
    const outcome = await guard.execute({ callId: "c", tool: name, args }, context(), () => "done");
    return outcome.kind === "completed" ? outcome.value : outcome;
  };
  const throughSdk = async (args: JsonObject): Promise<unknown> =>
    sdk.execute?.(args, { toolCallId: "c", messages: [], context: {} });
  const throughLangchain = async (args: JsonObject): Promise<unknown> => langchain.func(args);
  for (const run of [execute, throughSdk, throughLangchain]) await checkRuns(run, inputs);

  const timings = await measure(
    [
      asyncContender(BASE, inputs, execute),
      asyncContender("ai-sdk guardTool().execute", inputs, throughSdk),
      asyncContender("langgraph guardLangChainTool().func", inputs, throughLangchain),
    ],
    { rounds },
  );
  return {
    results: timings.map(({ name: label, ...figures }) => ({
      case: label,
      ...figures,
      ratio: ratio(timings, label, BASE),
    })),
    gates: [],
    lines: timings.map(({ name: label, medianNs }) =>
      line(label, formatNs(medianNs), `x${ratio(timings, label, BASE).toFixed(2)}`),
    ),
  };
}

/** A new session after every {@link CALLS_PER_SESSION} calls, as tasks of agents have them. */
export function createContexts(
  toContext: (session: { readonly id: string; readonly isNew: boolean }) => ContextInput,
): () => ContextInput {
  let calls = 0;
  return () => {
    const id = `session-${Math.floor(calls / CALLS_PER_SESSION)}`;
    const isNew = calls % CALLS_PER_SESSION === 0;
    calls += 1;
    return toContext({ id, isNew });
  };
}

/** The tool: does nothing but tell that its arguments came. */
async function runNothing(
  args: Readonly<Record<string, unknown>>,
  ..._details: readonly unknown[]
): Promise<string> {
  return "path" in args ? "done" : "no arguments";
}

async function checkRuns(
  run: (args: JsonObject) => Promise<unknown>,
  inputs: readonly JsonObject[],
): Promise<void> {
  for (const args of inputs) {
    if ((await run(args)) !== "done") throw new Error("A guarded tool did not run.");
  }
}
