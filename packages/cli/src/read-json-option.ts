import { PortcullisConfigError } from "@portcullis/core";
import type { Json } from "@portcullis/core";
import type { CliIo } from "./cli-io.ts";
import { MAX_LINE_BYTES } from "./read-lines.ts";
import { readStrictJson } from "./strict-json.ts";

/**
 * The JSON value of a flag: its text, or standard input where the text is `-`.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it is not JSON, with the flag and never a
 * part of the text.
 */
export async function readJsonOption(flag: string, text: string, io: CliIo): Promise<Json> {
  return parseJsonOption(flag, text === "-" ? await readStdinText(flag, io) : text);
}

/** The JSON value of a text that a flag stands for. */
export function parseJsonOption(flag: string, text: string): Json {
  const result = readStrictJson(text);
  if (result.ok) return result.value;
  const place = result.column === undefined ? "" : ` at character ${result.column}`;
  throw new PortcullisConfigError(flag, `${flag} is not taken as JSON: ${result.code}${place}.`);
}

/** Standard input as text, for a flag or argument that stands for it; at most 4 MiB of UTF-8. */
export async function readStdinText(flag: string, { stdin }: CliIo): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    length += chunk.length;
    if (length > MAX_LINE_BYTES) {
      throw new PortcullisConfigError(flag, `Standard input for ${flag} is longer than 4 MiB.`);
    }
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new PortcullisConfigError(flag, `Standard input for ${flag} is not UTF-8.`);
  }
}
