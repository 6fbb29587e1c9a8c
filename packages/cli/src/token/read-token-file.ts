import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Json } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import type { CliIo } from "../cli-io.ts";
import { parseJsonOption, readStdinText } from "../read-json-option.ts";

/** Whatever a token, key or grant file needs is far below this. */
const MAX_CHARACTERS = 1_048_576;

/**
 * The text of a file that a flag names, or of standard input where it is `-`.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it cannot be read.
 */
export async function readTokenFile(flag: string, path: string, io: CliIo): Promise<string> {
  if (path === "-") return readStdinText(flag, io);
  let text: string;
  try {
    text = await readFile(resolve(io.cwd, path), "utf8");
  } catch (cause) {
    throw new PortcullisConfigError(flag, `The file of ${flag} cannot be read.`, { cause });
  }
  if (text.length > MAX_CHARACTERS) {
    throw new PortcullisConfigError(flag, `The file of ${flag} is too long.`);
  }
  return text;
}

/** The JSON of such a file. */
export async function readTokenJson(flag: string, path: string, io: CliIo): Promise<Json> {
  return parseJsonOption(flag, await readTokenFile(flag, path, io));
}
