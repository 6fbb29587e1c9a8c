import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";
import type { CliIo } from "../cli-io.ts";

const VARIABLE = "PORTCULLIS_KEY_PASSPHRASE_FILE";

/**
 * The passphrase of a key: the first line of the file that `PORTCULLIS_KEY_PASSPHRASE_FILE` names,
 * or asked for on the terminal. Never an argument: every process on the machine sees those.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when there is neither, or others can read the file.
 */
export async function readPassphrase(io: CliIo, purpose: string): Promise<string> {
  const path = io.env[VARIABLE];
  if (path === undefined || path === "") {
    const typed = await io.readSecret?.(`Passphrase of ${purpose}: `);
    if (typed !== undefined) return typed;
    throw refusal(
      `There is no terminal to ask on; put the passphrase in a file and name it in ${VARIABLE}.`,
    );
  }
  const file = resolve(io.cwd, path);
  let text: string;
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0)
      throw refusal(`The file in ${VARIABLE} must be readable by nobody else.`);
    text = await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof PortcullisConfigError) throw cause;
    throw refusal(`The file in ${VARIABLE} cannot be read.`, cause);
  }
  return text.split(/\r?\n/, 1)[0] ?? "";
}

function refusal(message: string, cause?: unknown): PortcullisConfigError {
  return new PortcullisConfigError("passphrase", message, { cause });
}
