import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { tool as langchainTool } from "@langchain/core/tools";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { guardModel, guardTools } from "@portcullis/ai-sdk";
import { guardNode, guardToolNode, hasToolCalls } from "@portcullis/langgraph";
import { generateText, isStepCount, streamText, tool } from "ai";
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPortcullis, trustedPrincipal } from "portcullis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { z } from "zod";

const BASE = "https://llm.test/v1";
const POLICY = `
portcullis: 1
name: provider
identity: host
rules:
  - { id: p, effect: permit, tools: [pay], when: args.amount <= 10 }
tools:
  pay: { class: pay, input: { type: object, properties: { amount: { type: number } }, required: [amount] } }
  wipe: { class: delete, input: { type: object } }
`;

interface Sent {
  readonly stream?: boolean;
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

const sent: Sent[] = [];
const ran: string[] = [];
const server = setupServer(
  http.post(`${BASE}/chat/completions`, async ({ request }) => {
    const body = (await request.json()) as Sent;
    sent.push(body);
    const message = body.messages.some(({ role }) => role === "tool")
      ? { role: "assistant", content: "Done." }
      : { role: "assistant", content: null, tool_calls: ASKED };
    return body.stream === true ? asStream(message) : HttpResponse.json(asCompletion(message));
  }),
);
const ASKED = [
  { index: 0, id: "a", type: "function", function: { name: "pay", arguments: '{"amount":5}' } },
  { index: 1, id: "b", type: "function", function: { name: "pay", arguments: '{"amount":50}' } },
];

function asCompletion(message: object): object {
  const finish_reason = "tool_calls" in message ? "tool_calls" : "stop";
  return {
    id: `c${sent.length}`,
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message, finish_reason }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}

function asStream(message: object): Response {
  const finish_reason = "tool_calls" in message ? "tool_calls" : "stop";
  const head = { id: `c${sent.length}`, object: "chat.completion.chunk", created: 1, model: "m" };
  const chunks = [
    { ...head, choices: [{ index: 0, delta: message, finish_reason: null }] },
    { ...head, choices: [{ index: 0, delta: {}, finish_reason }] },
  ];
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join("");
  return new HttpResponse(`${text}data: [DONE]\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}

let folder: string;
beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
afterAll(() => server.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "portcullis-provider-"));
  await writeFile(join(folder, "policy.yaml"), POLICY);
});
afterEach(async () => {
  sent.length = 0;
  ran.length = 0;
  await rm(folder, { recursive: true });
});

const context = {
  principal: trustedPrincipal({ agent: { id: "bot" } }),
  session: { id: "s", isNew: true },
};
const quiet = { warn: (): void => undefined };
const amountOnly = z.object({ amount: z.number() });

/** What the wire showed: definitions sent, runs, and whether the model read result and denial. */
function summarize(): object {
  const answers = sent[1]?.messages.filter(({ role }) => role === "tool") ?? [];
  const read = JSON.stringify(answers);
  return {
    ran,
    requests: sent.length,
    definitions: sent[0]?.tools?.map((entry) => entry.function.name),
    answers: answers.length,
    denied: read.includes("portcullis.denied"),
    paid: read.includes("paid 5"),
  };
}

const GUARDED = {
  ran: ["pay 5"],
  requests: 2,
  definitions: ["pay"],
  answers: 2,
  denied: true,
  paid: true,
};

test.for(["generateText", "streamText"])(
  "AI SDK %s, over the wire of a provider",
  async (entry) => {
    const policy = join(folder, "policy.yaml");
    const guard = await createPortcullis({ policy, logger: quiet });
    const provider = createOpenAICompatible({ name: "test", baseURL: BASE, apiKey: "k" });
    const options = {
      model: guardModel(provider("m"), { guard, context }),
      tools: guardTools(
        {
          pay: tool({
            inputSchema: amountOnly,
            execute: async ({ amount }) => {
              ran.push(`pay ${amount}`);
              return `paid ${amount}`;
            },
          }),
          wipe: tool({
            inputSchema: z.object({}),
            execute: async () => {
              ran.push("wipe");
              return "wiped";
            },
          }),
        },
        { guard, context },
      ),
      stopWhen: isStepCount(3),
      prompt: "Pay.",
    };
    if (entry === "generateText") await generateText(options);
    else await streamText(options).consumeStream();
    expect(summarize()).toEqual(GUARDED);
  },
);

test("LangGraph, over the wire of a provider", async () => {
  const policy = join(folder, "policy.yaml");
  const guard = await createPortcullis({ policy, logger: quiet });
  const pay = langchainTool(
    async ({ amount }) => {
      ran.push(`pay ${amount}`);
      return `paid ${amount}`;
    },
    { name: "pay", description: "Pays", schema: amountOnly },
  );
  const visible = await guard.visibleTools([pay, { name: "wipe" }], context);
  expect(visible).toEqual([pay]);
  const model = new ChatOpenAI({ model: "m", apiKey: "k", configuration: { baseURL: BASE } });
  const bound = model.bindTools([pay]);
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("agent", async ({ messages }) => ({ messages: [await bound.invoke(messages)] }))
    .addNode("guard", guardNode({ guard, agent: "agent", tools: "tools" }))
    .addNode("tools", guardToolNode([pay], { guard }))
    .addEdge(START, "agent")
    .addConditionalEdges("agent", hasToolCalls("guard", END))
    .addEdge("tools", "agent")
    .compile();
  await graph.invoke(
    { messages: ["Pay."] },
    { configurable: { thread_id: "t", portcullis: context } },
  );
  expect(summarize()).toEqual(GUARDED);
});
