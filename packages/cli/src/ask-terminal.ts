import { Writable } from "node:stream";
import { createInterface } from "node:readline/promises";

/** Asks one question on the terminal; undefined where there is none. */
export async function askTerminal(
  prompt: string,
  { isSecret }: { readonly isSecret: boolean },
): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  process.stderr.write(prompt);
  // With a terminal of its own the line editor echoes what is typed to its output.
  const output = isSecret
    ? new Writable({ write: (_chunk, _encoding, done) => done() })
    : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    if (isSecret) process.stderr.write("\n");
  }
}
