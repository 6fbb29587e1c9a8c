// The plainest proxy for MCP over standard input and output: reads each message and passes it on.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const [command, ...args] = process.argv.slice(2);
const server = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
const pass = (from, to) => {
  createInterface({ input: from }).on("line", (line) => {
    to.write(`${JSON.stringify(JSON.parse(line))}\n`);
  });
};
pass(process.stdin, server.stdin);
pass(server.stdout, process.stdout);
process.stdin.on("end", () => server.stdin.end());
server.on("exit", () => process.exit());
