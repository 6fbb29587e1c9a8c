import type { JsonObject } from "@portcullis/core";
import { z } from "zod";
import type { FileReader } from "./file-reader.ts";
import type { Refund } from "./refund-ledger.ts";
import { runProgram } from "./run-program.ts";

/** One tool of the support agent, for any framework. */
export interface DemoTool {
  /** Name that the model knows. */
  readonly name: string;
  /** Key of the MCP server it comes from; the policy's name is then `mcp:<server>/<name>`. */
  readonly server?: "files";
  /** For the model. */
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: JsonObject;
  /** Does what the tool is for, whatever the arguments are. */
  readonly run: (args: unknown) => Promise<string>;
}

/** What the tools work on. */
export interface DemoToolParts {
  readonly files: FileReader;
  /** Where programs run. */
  readonly root: string;
  /** Confines programs to that folder, for a real model. */
  readonly confined: boolean;
  readonly pay: (refund: Refund) => void;
}

const command = z.object({ program: z.string(), args: z.array(z.string()) });
const request = z.object({
  method: z.enum(["GET", "POST", "PUT", "DELETE"]),
  url: z.string(),
  body: z.string().optional(),
});
const refund = z.object({ order: z.string(), account: z.string(), amount: z.number().positive() });

/**
 * The four tools. Each really does what it says and checks nothing: a file is read, a program is
 * run, a request is sent, a payment is written to the database.
 *
 * None of them reaches beyond this machine: `http_request` knows 127.0.0.1 alone.
 */
export function createDemoTools({
  files,
  root,
  confined,
  pay,
}: DemoToolParts): readonly DemoTool[] {
  return [
    {
      name: "read_text_file",
      server: "files",
      description: files.description,
      inputSchema: files.inputSchema,
      run: (args) => files.read(args),
    },
    {
      name: "run_command",
      description: "Runs a program in the workspace, without a shell.",
      inputSchema: toSchema(command),
      run: async (args) => runProgram(command.parse(args), { folder: root, confined }),
    },
    {
      name: "http_request",
      description: "Sends an HTTP request and gives the status and the body of the answer.",
      inputSchema: toSchema(request),
      run: async (args) => sendRequest(request.parse(args)),
    },
    {
      name: "refund",
      description: "Pays an amount in euros for an order to an account.",
      inputSchema: toSchema(refund),
      run: async (args) => {
        const payment = refund.parse(args);
        pay(payment);
        return `paid ${payment.amount.toFixed(2)} EUR to ${payment.account} for ${payment.order}`;
      },
    },
  ];
}

function toSchema(shape: z.ZodType): JsonObject {
  return JSON.parse(JSON.stringify(z.toJSONSchema(shape)));
}

async function sendRequest({ method, url, body }: z.infer<typeof request>): Promise<string> {
  if (new URL(url).hostname !== "127.0.0.1") throw new Error("The network ends at this machine.");
  const response = await fetch(url, {
    method,
    redirect: "error",
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined || method === "GET" ? {} : { body }),
  });
  return `HTTP ${response.status}\n${await response.text()}`;
}
