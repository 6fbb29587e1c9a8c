import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createMemoryDecisionSink } from "@portcullis/core";
import { DEMO_POLICY, createLocalFileReader, obedientTurn, performRun } from "portcullis/demo";
import type { DemoAgent, PlannedCall, RunReport } from "portcullis/demo";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createAiSdkAgent } from "../src/ai-sdk-agent.ts";
import { chooseModel } from "../src/choose-model.ts";
import { createLangGraphAgent } from "../src/langgraph-agent.ts";

const demo = join(import.meta.dirname, "../src/demo.ts");
let folder: string;

/** Whole processes, of which a busy machine starts few at a time. */
const PATIENT = { timeout: 120_000 };

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "portcullis-test-")));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const agents: readonly (readonly [string, DemoAgent])[] = [
  ["LangGraph", createLangGraphAgent(undefined)],
  ["AI SDK", createAiSdkAgent(undefined)],
];

/** One run without the MCP server, whose start is the slow part. */
async function runLocally(
  agent: DemoAgent,
  more: { policy?: string | URL; realModel?: boolean; guarded?: boolean } = {},
): Promise<RunReport> {
  return performRun(agent, {
    guarded: more.guarded ?? true,
    policy: more.policy ?? DEMO_POLICY,
    sink: createMemoryDecisionSink({ maxRecords: 1000 }),
    realModel: more.realModel ?? false,
    openFiles: (root) => Promise.resolve(createLocalFileReader(root)),
  });
}

async function policyWithout(id: string): Promise<string> {
  const text = await readFile(DEMO_POLICY, "utf8");
  const start = text.indexOf(`  - id: ${id}\n`);
  expect(start).toBeGreaterThan(0);
  const [rule = ""] = /^ {2}- id: .+\n(?: {4}.+\n)+/.exec(text.slice(start)) ?? [];
  const path = join(folder, `${id}.yaml`);
  await writeFile(path, text.replace(rule, ""));
  return path;
}

function namesOf({ findings }: RunReport): readonly string[] {
  return findings.filter(({ happened }) => happened).map(({ name }) => name);
}

/** The demo as a process of its own, with a folder for temporary files that nobody else uses. */
async function startDemo() {
  const temporary = await mkdtemp(join(folder, "tmp-"));
  const child = spawn(process.execPath, ["--conditions=portcullis-source", demo], {
    cwd: folder,
    env: { PATH: process.env["PATH"], TMPDIR: temporary },
    stdio: ["ignore", "pipe", "inherit"],
  });
  // A demo that hangs fails its test, and must not outlive it.
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, temporary };
}

/** Processes that have this folder among their arguments, such as the file server. */
async function processesOver(temporary: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "args"]);
  return stdout.split("\n").filter((line) => line.includes(temporary));
}

test("four runs over the MCP file server are green and leave nothing behind", PATIENT, async () => {
  const { child, temporary } = await startDemo();
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  const [code] = await once(child, "close");
  expect({ code, red: /^RED.*/m.exec(printed)?.[0] }).toEqual({ code: 0, red: undefined });
  expect(printed).not.toContain("\u001B");
  for (const title of [
    "1/4 LangGraph, unguarded",
    "2/4 AI SDK, unguarded",
    "3/4 LangGraph, guarded",
    "4/4 AI SDK, guarded",
  ]) {
    expect(printed).toContain(title);
  }
  expect(printed).toMatch(/LangGraph +unguarded +yes +yes +yes +yes +yes +0 of 17/);
  expect(printed).toMatch(/AI SDK +unguarded +yes +yes +yes +yes +yes +0 of 17/);
  expect(printed).toMatch(/LangGraph +guarded +no +no +no +no +yes +13 of 17/);
  expect(printed).toMatch(/AI SDK +guarded +no +no +no +no +yes +13 of 17/);
  expect(printed).toContain("GREEN");
  const log = await readFile(join(folder, ".portcullis/demo.jsonl"), "utf8");
  expect(log.trim().split("\n")).toHaveLength(2 * (4 * 2 + 13));
  expect(await readdir(temporary)).toEqual([]);
  expect(await processesOver(temporary)).toEqual([]);
});

test("Ctrl-C in the middle leaves nothing behind either", PATIENT, async () => {
  const { child, temporary } = await startDemo();
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  // The first run is in progress as soon as its file server is there.
  await expect.poll(() => processesOver(temporary), { timeout: 60_000 }).not.toEqual([]);
  child.kill("SIGINT");
  const [code, signal] = await once(child, "close");
  expect([code, signal]).toEqual([null, "SIGINT"]);
  expect(printed).not.toContain("summary");
  expect(await readdir(temporary)).toEqual([]);
  await expect.poll(() => processesOver(temporary)).toEqual([]);
});

test.for([
  ["read-tickets", "not finished", []],
  ["no-query-strings", "leaked", ["leaked", "finished"]],
] as const)("without %s every framework turns red: %s", async ([id, , expected]) => {
  const policy = await policyWithout(id);
  for (const [name, agent] of agents) {
    const report = await runLocally(agent, { policy });
    expect([name, report.asClaimed, report.error]).toEqual([name, false, undefined]);
    expect(namesOf(report)).toEqual(expected);
  }
});

test.for(agents)(
  "%s: what the guard decides is the same as in the plain loop",
  async ([, agent]) => {
    const { steps, asClaimed } = await runLocally(agent);
    expect(asClaimed).toBe(true);
    expect(steps.map(({ verdict, reason }) => `${verdict} ${reason}`)).toEqual([
      "permit read-tickets",
      "deny no permit applies",
      "deny no-way-out-of-tickets",
      "deny no-changes-once-untrusted",
      "deny no-query-strings",
      "deny no-admin-endpoints",
      "deny no-changes-once-untrusted",
      "deny no permit applies",
      "deny no-code-from-elsewhere",
      "deny no permit applies",
      "approval-required large-refunds-need-a-person",
      "permit use-the-orders-api",
      "permit run-shop-scripts",
      "permit refund-to-the-account-named",
      "deny no-refund-of-other-orders",
      "deny limit:refunds-a-day",
      "deny limit:one-script-a-task",
    ]);
  },
);

interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools: readonly { readonly function: { readonly name: string } }[];
}

/** A server that speaks OpenAI's chat completions and answers as the scripted model does. */
async function openChatServer() {
  const requests: { readonly body: ChatRequest; readonly key: string | undefined }[] = [];
  let task: readonly PlannedCall[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body: ChatRequest = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    requests.push({ body, key: request.headers.authorization });
    const replies = body.messages.filter(({ role }) => role === "tool");
    const turn = obedientTurn(
      replies.map(({ content }) => String(content)),
      task,
    );
    const message =
      "text" in turn
        ? { role: "assistant", content: turn.text }
        : {
            role: "assistant",
            content: null,
            tool_calls: [
              {
                id: turn.call.id,
                type: "function",
                function: { name: turn.call.tool, arguments: JSON.stringify(turn.call.args) },
              },
            ],
          };
    response.writeHead(200, { "content-type": "application/json" }).end(
      JSON.stringify({
        id: `chat-${requests.length}`,
        object: "chat.completion",
        created: 0,
        model: body.model,
        choices: [{ index: 0, message, finish_reason: "text" in turn ? "stop" : "tool_calls" }],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    baseURL: `http://127.0.0.1:${address.port}/v1`,
    requests,
    obey: (calls: readonly PlannedCall[]) => {
      task = calls;
    },
    close: () => server.close(),
  };
}

test.for(["LangGraph", "AI SDK"])("%s: a real model is asked through the API", async (name) => {
  const chat = await openChatServer();
  const real = chooseModel({
    OPENAI_API_KEY: "key-of-the-test",
    OPENAI_BASE_URL: chat.baseURL,
    OPENAI_MODEL: "model-of-the-test",
  });
  const agent = name === "LangGraph" ? createLangGraphAgent(real) : createAiSdkAgent(real);
  const reports: RunReport[] = [];
  for (const guarded of [false, true]) {
    const told: DemoAgent = {
      framework: agent.framework,
      run: (stage) => {
        chat.obey(stage.task);
        return agent.run(stage);
      },
    };
    reports.push(await runLocally(told, { guarded, realModel: true }));
  }
  chat.close();
  expect(reports.map(({ error }) => error)).toEqual([undefined, undefined]);
  expect(reports.map(namesOf)).toEqual([
    ["leaked", "ran", "paid", "changed", "finished"],
    ["finished"],
  ]);
  expect(chat.requests).toHaveLength(2 * 18);
  for (const { body, key } of chat.requests) {
    expect([body.model, key]).toEqual(["model-of-the-test", "Bearer key-of-the-test"]);
    expect(body.tools.map((tool) => tool.function.name).toSorted()).toEqual([
      "http_request",
      "read_text_file",
      "refund",
      "run_command",
    ]);
    expect(body.messages.slice(0, 2).map(({ role }) => role)).toEqual(["system", "user"]);
  }
});

test.for(["LangGraph", "AI SDK"])(
  "%s: a model that goes round in circles is stopped",
  async (name) => {
    const chat = await openChatServer();
    const real = chooseModel({ OPENAI_API_KEY: "k", OPENAI_BASE_URL: chat.baseURL });
    const agent = name === "LangGraph" ? createLangGraphAgent(real) : createAiSdkAgent(real);
    chat.obey(Array.from({ length: 200 }, () => ({ tool: "refund", args: {} })));
    const report = await runLocally(agent, { realModel: true });
    chat.close();
    // LangGraph counts nodes: a refused call takes two, one that runs three.
    expect(chat.requests.length).toBeLessThanOrEqual(60);
    expect([report.error, report.asClaimed]).toEqual([undefined, true]);
  },
);

test.for([
  ["a model that does nothing", false, undefined, true],
  ["a model that does nothing, without the guard", true, undefined, true],
  ["a model that cannot be reached", false, "offline", false],
] as const)("of %s no more is demanded than safety", async ([, unguarded, failure, expected]) => {
  const idle: DemoAgent = {
    framework: "idle",
    run: async () => {
      if (failure !== undefined) throw new Error(failure);
    },
  };
  const report = await runLocally(idle, { guarded: !unguarded, realModel: true });
  expect(report.asClaimed).toBe(expected);
  const scripted = await runLocally(idle, { guarded: !unguarded });
  expect(scripted.asClaimed).toBe(false);
});

test.for([
  ["nothing", {}, undefined],
  ["a key alone", { OPENAI_API_KEY: "k" }, undefined],
  ["an address alone", { OPENAI_BASE_URL: "http://x/v1" }, undefined],
  ["an empty key", { OPENAI_API_KEY: "", OPENAI_BASE_URL: "http://x/v1" }, undefined],
  [
    "both",
    { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://x/v1" },
    { apiKey: "k", baseURL: "http://x/v1", model: "gpt-4.1-mini" },
  ],
] as const)("the environment names %s", ([, env, expected]) => {
  expect(chooseModel(env)).toEqual(expected);
});
