import { userInfo } from "node:os";
import { PortcullisConfigError } from "@portcullis/core";
import type { ToolLock } from "@portcullis/inspect";
import { approveTool, EMPTY_LOCK, pinTools } from "@portcullis/inspect";
import type { CliIo } from "../cli-io.ts";
import { isColoured } from "../cli-io.ts";
import type { ExitCode } from "../exit-code.ts";
import { EXIT } from "../exit-code.ts";
import type { ScannedTool } from "../format-definitions.ts";
import { formatDefinitions } from "../format-definitions.ts";
import { nodeDigest } from "../node-digest.ts";
import { formatArg, refuseFlags, toOutputFormat } from "../output-format.ts";
import { nameOf, NOT_PINNED, pinBatch } from "../pin-batch.ts";
import { toPrintable } from "../printable.ts";
import type { ReadDefinition } from "../read-definitions.ts";
import { readDefinitions } from "../read-definitions.ts";
import { scanTool } from "../scan-batch.ts";
import { findToolLock, LOCK_FILE, writeToolLock } from "../tool-lock-file.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

/** `portcullis pin`: approves tool definitions in a lock. */
export const pinVerb: Verb = defineVerb({
  name: "pin",
  summary: "Approve tool definitions in a lock, by name where they changed",
  args: {
    file: {
      type: "positional",
      description: "Tool definitions, - for standard input",
      required: false,
    },
    out: {
      type: "string",
      description: `The lock; default ${LOCK_FILE}`,
      valueHint: "path",
    },
    server: {
      type: "string",
      description: "Configured key of the server whose tools/list answer the file is",
      valueHint: "key",
    },
    diff: { type: "boolean", description: "Show differences to the lock, write nothing" },
    approve: {
      type: "string",
      description: "Approve this tool although it is new, changed or looks poisoned",
      valueHint: "server/tool",
    },
    by: {
      type: "string",
      description: "Who approves; default the name of the account, required with --approve",
      valueHint: "identity",
    },
    reset: { type: "boolean", description: "Start the lock anew" },
    format: formatArg,
    json: { type: "boolean", description: "Same as --format json" },
  },
  details: `
First:    portcullis pin tools.jsonl                    (JSON Lines {"id","server","tool"})
          portcullis pin list.json --server github      (a server's answer to tools/list)
Later:    portcullis pin tools.jsonl --diff             what changed
          portcullis pin tools.jsonl --approve github/create_issue --by alice
Many:     portcullis pin --format jsonl --out mcp-tools.lock.json < tools.jsonl

A server that the lock has is never pinned anew: changed and new tools are refused until they are
approved by name. What looks poisoned is pinned in quarantine and needs the same.

Exit codes: 0 everything is pinned and approved (JSON Lines: every line was answered), 1 something is
not, 2 used wrongly, also a lock that is not whole.`,
  async run(given, io) {
    const format = toOutputFormat(given);
    const out = given.out ?? LOCK_FILE;
    if (format === "jsonl") {
      refuseFlags(given, ["file", "server", "diff", "approve"], "--format jsonl");
      return await pinLines(io, { out, by: given.by, reset: given.reset === true });
    }
    if (given.file === undefined) {
      throw new PortcullisConfigError("file", "Name a file, - for standard input.");
    }
    if (given.diff === true && (given.approve !== undefined || given.reset === true)) {
      throw new PortcullisConfigError("--diff", "--diff writes nothing.");
    }
    const tools = await readDefinitions(given.file, { io, server: given.server });
    const before =
      given.reset === true ? EMPTY_LOCK : ((await findToolLock(out, io)) ?? EMPTY_LOCK);
    const lock =
      given.approve === undefined
        ? await pinAll(before, { tools, by: given.by })
        : await approveOne(before, { tools, name: given.approve, by: given.by });
    if (given.diff !== true) await writeToolLock(out, lock, io);
    const scanned: ScannedTool[] = [];
    for (const tool of tools) {
      const against = given.diff === true ? before : lock;
      scanned.push({ tool, compared: await scanTool(tool, { lock: against }) });
    }
    const isDone = scanned.every(({ compared }) => compared.verdict === "clean");
    if (format === "json") await io.stdout.write(toJson(scanned, isDone));
    else await io.stdout.write(formatDefinitions(scanned, { isColoured: isColoured(io) }));
    return isDone ? EXIT.ok : EXIT.findings;
  },
});

async function pinLines(
  io: CliIo,
  {
    out,
    by,
    reset,
  }: { readonly out: string; readonly by: string | undefined; readonly reset: boolean },
): Promise<ExitCode> {
  const lock = reset ? undefined : await findToolLock(out, io);
  const pinned = await pinBatch(io.stdin, {
    by: identity(by),
    ...(lock === undefined ? {} : { lock }),
  });
  await writeToolLock(out, pinned.lock, io);
  for (const answer of pinned.answers) await io.stdout.write(`${JSON.stringify(answer)}\n`);
  for (const name of pinned.quarantined) await io.stderr.write(quarantineNotice(name));
  return EXIT.ok;
}

function quarantineNotice(name: string): string {
  return `portcullis: ${toPrintable(name)} looks poisoned and is in quarantine; look at it with \`portcullis scan\`, then approve it by name or not at all.\n`;
}

async function pinAll(
  lock: ToolLock,
  { tools, by }: { readonly tools: readonly ReadDefinition[]; readonly by: string | undefined },
): Promise<ToolLock> {
  const pinned = await pinTools(lock, tools, stamp(identity(by)));
  for (const [index, result] of pinned.results.entries()) {
    const tool = tools[index];
    if (result.ok || tool === undefined) continue;
    if (result.reason === "repeated" || result.reason === "server-key") {
      const message = `Line ${tool.line}: ${NOT_PINNED[result.reason]}`;
      throw new PortcullisConfigError("file", message);
    }
  }
  return pinned.lock;
}

async function approveOne(
  lock: ToolLock,
  given: {
    readonly tools: readonly ReadDefinition[];
    readonly name: string;
    readonly by: string | undefined;
  },
): Promise<ToolLock> {
  if (given.by === undefined) {
    throw new PortcullisConfigError("--by", "--approve needs --by, the person who approves.");
  }
  const [tool, second] = given.tools.filter((each) => nameOf(each) === given.name);
  if (tool === undefined || second !== undefined) {
    const why = tool === undefined ? "does not have" : "has more than once";
    throw new PortcullisConfigError("--approve", `The file ${why} the tool of --approve.`);
  }
  return approveTool(lock, tool, stamp(identity(given.by)));
}

function stamp(by: string): Parameters<typeof approveTool>[2] {
  return { by, at: new Date().toISOString(), digest: nodeDigest };
}

function identity(by: string | undefined): string {
  const name = (by ?? userInfo().username).trim();
  if (name === "" || name.length > 256) {
    throw new PortcullisConfigError("--by", "--by is a name of at most 256 characters.");
  }
  return name;
}

function toJson(scanned: readonly ScannedTool[], isDone: boolean): string {
  const tools = scanned.map(({ tool: { server, definition }, compared }) => ({
    server,
    tool: definition.name,
    ...compared,
  }));
  return `${JSON.stringify({ ok: isDone, tools })}\n`;
}
