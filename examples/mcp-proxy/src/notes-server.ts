// An MCP server that knows nothing of Portcullis.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const notes = new Map([
  ["today", "Buy milk."],
  ["private/diary", "Nobody may read this."],
]);
const name = { name: z.string() };
const server = new McpServer({ name: "notes", version: "1.0.0" });
server.registerTool("read", { description: "Reads a note.", inputSchema: name }, (args) => ({
  content: [{ type: "text", text: notes.get(args.name) ?? "There is no such note." }],
}));
server.registerTool("remove", { description: "Removes a note.", inputSchema: name }, (args) => ({
  content: [{ type: "text", text: notes.delete(args.name) ? "Removed." : "There is none." }],
}));
await server.connect(new StdioServerTransport());
