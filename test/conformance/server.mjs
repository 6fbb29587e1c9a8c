// An MCP server with what the public conformance suite asks of one, over Streamable HTTP.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { McpServer, ResourceTemplate } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CompleteRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const WAVE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";
const text = (value) => ({ type: "text", text: value });
const image = { type: "image", data: PIXEL, mimeType: "image/png" };
const resource = (uri) => ({
  type: "resource",
  resource: { uri, mimeType: "text/plain", text: "This is an embedded resource content." },
});
const user = (content) => ({ role: "user", content });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function createPeer() {
  const server = new McpServer(
    { name: "conformance", version: "1.0.0" },
    { capabilities: { logging: {}, completions: {}, resources: { subscribe: true } } },
  );
  const peer = server.server;
  const tool = (name, run, inputSchema = {}) =>
    server.registerTool(name, { description: `Does ${name}.`, inputSchema }, run);
  const saying = (name, ...content) => tool(name, () => ({ content }));
  saying("test_simple_text", text("This is a simple text response for testing."));
  saying("test_image_content", image);
  saying("test_audio_content", { type: "audio", data: WAVE, mimeType: "audio/wav" });
  saying("test_embedded_resource", resource("test://embedded-resource"));
  saying("test_multiple_content_types", text("Multiple content types test:"), image, {
    type: "resource",
    resource: {
      uri: "test://mixed-content-resource",
      mimeType: "application/json",
      text: '{"test":"data","value":123}',
    },
  });
  tool("test_error_handling", () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
  tool("test_tool_with_logging", async (_, { sendNotification }) => {
    for (const data of ["started", "processing", "completed"]) {
      const params = { level: "info", data: `Tool execution ${data}` };
      await sendNotification({ method: "notifications/message", params });
      await pause(50);
    }
    return { content: [text("Logged.")] };
  });
  tool("test_tool_with_progress", async (_, { sendNotification, _meta }) => {
    const progressToken = _meta?.progressToken ?? 0;
    for (const progress of [0, 50, 100]) {
      const params = { progressToken, progress, total: 100 };
      await sendNotification({ method: "notifications/progress", params });
      await pause(50);
    }
    return { content: [text(String(progressToken))] };
  });
  tool(
    "test_sampling",
    async ({ prompt }, { sendRequest }) => {
      const messages = [{ role: "user", content: text(prompt) }];
      const params = { messages, maxTokens: 100 };
      const answer = await sendRequest({ method: "sampling/createMessage", params }, z.any());
      return { content: [text(`LLM response: ${answer.content?.text}`)] };
    },
    { prompt: z.string() },
  );
  const elicit = async (sendRequest, message, properties, required = []) => {
    const requestedSchema = { type: "object", properties, required };
    const params = { message, requestedSchema };
    const answer = await sendRequest({ method: "elicitation/create", params }, z.any());
    const told = `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`;
    return { content: [text(`Elicitation completed: ${told}`)] };
  };
  tool(
    "test_elicitation",
    ({ message }, { sendRequest }) =>
      elicit(sendRequest, message, { username: { type: "string" }, email: { type: "string" } }, [
        "username",
        "email",
      ]),
    { message: z.string() },
  );
  tool("test_elicitation_sep1034_defaults", (_, { sendRequest }) =>
    elicit(sendRequest, "Please review", {
      name: { type: "string", default: "John Doe" },
      age: { type: "integer", default: 30 },
      score: { type: "number", default: 95.5 },
      status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
      verified: { type: "boolean", default: true },
    }),
  );
  server.registerResource("text", "test://static-text", { mimeType: "text/plain" }, ({ href }) => ({
    contents: [
      {
        uri: href,
        mimeType: "text/plain",
        text: "This is the content of the static text resource.",
      },
    ],
  }));
  server.registerResource(
    "bytes",
    "test://static-binary",
    { mimeType: "image/png" },
    ({ href }) => ({
      contents: [{ uri: href, mimeType: "image/png", blob: PIXEL }],
    }),
  );
  server.registerResource(
    "template",
    new ResourceTemplate("test://template/{id}/data", { list: undefined }),
    { mimeType: "application/json" },
    ({ href }, { id }) => ({
      contents: [
        {
          uri: href,
          mimeType: "application/json",
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
        },
      ],
    }),
  );
  server.registerPrompt("test_simple_prompt", { description: "Simple." }, () => ({
    messages: [user(text("This is a simple prompt for testing."))],
  }));
  server.registerPrompt(
    "test_prompt_with_arguments",
    { description: "Arguments.", argsSchema: { arg1: z.string(), arg2: z.string() } },
    ({ arg1, arg2 }) => ({
      messages: [user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))],
    }),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "Resource.", argsSchema: { resourceUri: z.string() } },
    ({ resourceUri }) => ({ messages: [user(resource(resourceUri)), user(text("Process it."))] }),
  );
  server.registerPrompt("test_prompt_with_image", { description: "Image." }, () => ({
    messages: [user(image), user(text("Please analyze the image above."))],
  }));
  peer.setRequestHandler(SetLevelRequestSchema, () => ({}));
  peer.setRequestHandler(SubscribeRequestSchema, () => ({}));
  peer.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
  peer.setRequestHandler(CompleteRequestSchema, () => ({
    completion: { values: ["paris", "park", "party"], total: 150, hasMore: false },
  }));
  return server;
}

const transports = new Map();
const http = createServer(async (request, response) => {
  let transport = transports.get(request.headers["mcp-session-id"]);
  if (transport === undefined) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => transports.set(id, transport),
      enableDnsRebindingProtection: true,
      allowedHosts: [`127.0.0.1:${http.address().port}`, `localhost:${http.address().port}`],
    });
    await createPeer().connect(transport);
  }
  await transport.handleRequest(request, response);
});
http.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  process.send?.(`http://127.0.0.1:${http.address().port}/mcp`);
});
