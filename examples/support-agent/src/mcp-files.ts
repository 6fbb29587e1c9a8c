import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { Defer, FileReader } from "portcullis/demo";

const SERVER = "@modelcontextprotocol/server-filesystem/dist/index.js";
const TOOL = "read_text_file";

/** Starts the official MCP file server over a folder, by stdio, and gives its tool for reading. */
export async function openMcpFiles(root: string, defer: Defer): Promise<FileReader> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [fileURLToPath(import.meta.resolve(SERVER)), root],
    cwd: root,
    stderr: "ignore",
  });
  const client = new Client({ name: "portcullis-demo", version: "0.0.0" });
  defer(async () => {
    // The server does not end by itself at once; it is told to, by its id.
    const { pid } = transport;
    if (pid !== null) endProcess(pid);
    await client.close();
  });
  await client.connect(transport);

  const { tools } = await client.listTools();
  const definition = tools.find(({ name }) => name === TOOL);
  if (definition === undefined) throw new Error(`The file server has no tool ${TOOL}.`);
  return {
    description: definition.description ?? "",
    inputSchema: JSON.parse(JSON.stringify(definition.inputSchema)),
    async read(args) {
      const result = await client.callTool({ name: TOOL, arguments: { ...(args as object) } });
      const text = textOf(result.content);
      if (result.isError === true) throw new Error(text);
      return text;
    },
  };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended already.
  }
}

function textOf(content: unknown): string {
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  return parts
    .map((part) =>
      typeof part === "object" && part !== null && "text" in part ? String(part.text) : "",
    )
    .join("");
}
