import type { CliOutput } from "./cli-io.ts";

/**
 * Writes each value as one line of JSON and waits until it was taken before asking for the next, so
 * that a slow reader slows the run and nothing piles up.
 */
export async function writeJsonLines(
  values: AsyncIterable<unknown>,
  output: CliOutput,
): Promise<void> {
  for await (const value of values) await output.write(`${JSON.stringify(value)}\n`);
}
