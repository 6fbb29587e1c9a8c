// An MCP server over standard input and output, for the tests of the proxy.
import { writeFileSync } from "node:fs";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "test", version: "1.0.0" });
const text = (value) => ({ content: [{ type: "text", text: value }] });
server.registerTool("echo", { inputSchema: { text: z.string() } }, (args) => text(args.text));
server.registerTool("remove", { inputSchema: {} }, () => {
  if (process.env.PROBE) writeFileSync(process.env.PROBE, "removed");
  return text("removed");
});
server.registerTool("die", { inputSchema: {} }, () => process.exit(3));
server.registerTool("flood", { inputSchema: { megabytes: z.number() } }, ({ megabytes }) =>
  text("x".repeat(megabytes * 1_000_000)),
);
server.registerTool("hang", { inputSchema: {} }, () => new Promise(() => undefined));
server.registerTool("environment", { inputSchema: {} }, () =>
  text(Object.keys(process.env).join(" ")),
);
await server.connect(new StdioServerTransport());
