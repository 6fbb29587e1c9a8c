import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Json, JsonObject } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import type { PresentedTool } from "@portcullis/inspect";
import { LineRefusal } from "./answer-lines.ts";
import type { CliIo } from "./cli-io.ts";
import { parseDefinitionLine, toDefinition } from "./definition-line.ts";
import { isJsonObject } from "./is-json-object.ts";
import { readStrictJson } from "./strict-json.ts";

/** A definition with the line of the file that it stands in. */
export interface ReadDefinition extends PresentedTool {
  /** One-based. */
  readonly line: number;
}

/** Largest file that is read, in characters. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** The text of a file, or of standard input for `-`. */
export async function readInput(path: string, io: CliIo): Promise<string> {
  let text: string;
  try {
    text = path === "-" ? await readAll(io.stdin) : await readFile(resolve(io.cwd, path), "utf8");
  } catch (cause) {
    throw new PortcullisConfigError("file", "The input cannot be read.", { cause });
  }
  if (text.length > MAX_LENGTH) throw new PortcullisConfigError("file", "The input is too large.");
  return text.replace(/^\ufeff/, "");
}

/**
 * Reads tool definitions from a file: JSON Lines `{"id","server","tool"}`, or what a server answered
 * to `tools/list`, whose configured key is then given as `server`.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` with the line that is wrong.
 */
export async function readDefinitions(
  path: string,
  { io, server }: { readonly io: CliIo; readonly server: string | undefined },
): Promise<readonly ReadDefinition[]> {
  const text = await readInput(path, io);
  const whole = readStrictJson(text);
  if (whole.ok && isJsonObject(whole.value)) {
    const tools = listedTools(whole.value);
    if (tools !== undefined) return readList(tools, server);
  }
  if (server !== undefined) {
    throw new PortcullisConfigError("--server", "--server belongs to an answer to tools/list.");
  }
  return text
    .split(/\r?\n/)
    .flatMap((line, index) =>
      line.trim() === "" ? [] : [{ ...readLine(line, index + 1), line: index + 1 }],
    );
}

/** The tools of an answer to `tools/list`, whole or its result alone. */
function listedTools(answer: JsonObject): readonly Json[] | undefined {
  const result = Object.hasOwn(answer, "result") ? answer["result"] : answer;
  if (!isJsonObject(result) || !Object.hasOwn(result, "tools")) return undefined;
  const { tools } = result;
  return Array.isArray(tools) ? tools : undefined;
}

function readList(tools: readonly Json[], server: string | undefined): readonly ReadDefinition[] {
  if (server === undefined) {
    throw new PortcullisConfigError("--server", "Give --server, the configured key of the server.");
  }
  return tools.map((tool) => {
    if (!isJsonObject(tool)) throw new PortcullisConfigError("file", "A tool is not an object.");
    return { server, definition: refusing(1, () => toDefinition(tool)), line: 1 };
  });
}

function readLine(line: string, number: number): PresentedTool {
  const result = readStrictJson(line);
  if (!result.ok) {
    throw new PortcullisConfigError("file", `Line ${number} is not one plain JSON value.`);
  }
  const { value } = result;
  return refusing(number, () => parseDefinitionLine(value));
}

function refusing<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LineRefusal)) throw error;
    throw new PortcullisConfigError("file", `Line ${line}: ${error.message}`);
  }
}

async function readAll(input: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of input) {
    length += chunk.length;
    if (length > MAX_LENGTH) throw new RangeError("too large");
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  return parts.join("") + decoder.decode();
}
