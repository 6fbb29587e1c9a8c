// A client that knows nothing of Portcullis either: only the command that it starts is another.
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const conditions = process.execArgv.filter((flag) => flag.startsWith("--conditions"));
const portcullis = fileURLToPath(new URL("./bin.js", import.meta.resolve("portcullis")));
const isSource = conditions.length > 0;

const client = new Client({ name: "assistant", version: "1.0.0" });
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [
      ...conditions,
      isSource ? portcullis.replace(/\.js$/, ".ts") : portcullis,
      "proxy",
      "--policy",
      here("../policy.yaml"),
      "--agent",
      "assistant",
      "--server",
      "notes",
      "--",
      process.execPath,
      here("./notes-server.ts"),
    ],
    stderr: "ignore",
  }),
);

const { tools } = await client.listTools();
console.log(`offered: ${tools.map(({ name }) => name).join(", ")}`);
for (const [tool, name] of [
  ["read", "today"],
  ["read", "private/diary"],
  ["remove", "today"],
] as const) {
  const { content } = await client.callTool({ name: tool, arguments: { name } });
  const [part] = Array.isArray(content) ? content : [];
  console.log(`${tool} ${name}: ${part?.text}`);
}
await client.close();
