import { parseArgs } from "node:util";
import { runDemo } from "portcullis/demo";
import { createAiSdkAgent } from "./ai-sdk-agent.ts";
import { chooseModel } from "./choose-model.ts";
import { createLangGraphAgent } from "./langgraph-agent.ts";
import { openMcpFiles } from "./mcp-files.ts";

try {
  process.exitCode = await demo();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : "unknown failure"}\n`);
  process.exitCode = 2;
}

async function demo(): Promise<number> {
  const { values } = parseArgs({
    options: { policy: { type: "string" }, log: { type: "string" } },
  });
  const { env, stdout } = process;
  const real = chooseModel(env);
  const { isGreen } = await runDemo({
    agents: [createLangGraphAgent(real), createAiSdkAgent(real)],
    openFiles: openMcpFiles,
    output: {
      isColoured: stdout.isTTY && !env["NO_COLOR"] && env["TERM"] !== "dumb",
      write: (text) => {
        stdout.write(text);
      },
    },
    ...(real && { realModel: true, model: `is ${real.model}, a real one` }),
    ...values,
  });
  return isGreen ? 0 : 1;
}
