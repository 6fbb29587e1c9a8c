import { spawn } from "node:child_process";
import type { DocumentSigner, PublicJwk } from "@portcullis/bundle";
import { algorithmOf } from "@portcullis/bundle";
import { PortcullisConfigError } from "@portcullis/core";

const TIMEOUT_MS = 120_000;
const MAX_OUTPUT = 16_384;

/**
 * Makes a signer of another program, such as one that talks to a key service: it gets the signing
 * input on standard input and writes the base64url signature to standard output. The command is
 * split at blanks; no shell reads it.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it fails, takes over two minutes, or writes
 * anything else than a signature.
 */
export function createExecSigner(
  command: string,
  { publicJwk, cwd }: { readonly publicJwk: PublicJwk; readonly cwd: string },
): DocumentSigner {
  const [program = "", ...args] = command.split(" ").filter((part) => part !== "");
  return {
    algorithm: algorithmOf(publicJwk),
    publicJwk,
    async sign(input) {
      const text = (await run(program, args, { input, cwd })).trim();
      if (!/^[A-Za-z0-9_-]{16,8192}$/.test(text)) {
        throw refusal("The signing program did not write a base64url signature.");
      }
      return new Uint8Array(Buffer.from(text, "base64url"));
    },
  };
}

function run(
  program: string,
  args: readonly string[],
  { input, cwd }: { readonly input: Uint8Array; readonly cwd: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd,
      stdio: ["pipe", "pipe", "inherit"],
      timeout: TIMEOUT_MS,
    });
    let output = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (chunk: string) => {
      output += chunk;
      if (output.length > MAX_OUTPUT) child.kill();
    });
    child.once("error", (cause) => {
      reject(refusal("The signing program cannot be started.", cause));
    });
    child.once("close", (code) => {
      if (code === 0) resolve(output);
      else reject(refusal("The signing program failed."));
    });
    // A program that ends before it has read everything is judged by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

function refusal(message: string, cause?: unknown): PortcullisConfigError {
  return new PortcullisConfigError("--signer", message, { cause });
}
