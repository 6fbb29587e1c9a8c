import { SEPARATOR } from "@portcullis/token";
import { PortcullisConfigError } from "@portcullis/core";
import { EXIT } from "../exit-code.ts";
import { toPrintable } from "../printable.ts";
import { readTokenFile } from "../token/read-token-file.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

/** `portcullis token inspect`: what a chain says, whether it is true or not. */
export const tokenInspectVerb: Verb = defineVerb({
  name: "token inspect",
  summary: "Show what a chain says, without verifying it",
  args: {
    chain: { type: "string", description: "The chain, - for standard input", valueHint: "path" },
    json: { type: "boolean", description: "As JSON" },
  },
  details: `
portcullis token inspect --chain - < chain.txt

Nothing is verified: whoever made the chain may have written anything. Exit codes: 0 shown, 2 used
wrongly.`,
  async run({ chain, json }, io) {
    if (chain === undefined)
      throw new PortcullisConfigError("--chain", "Name a file with --chain.");
    const text = (await readTokenFile("--chain", chain, io)).trim();
    const tokens = text.split(SEPARATOR, 11).map(readToken);
    await io.stderr.write("Not verified.\n");
    await io.stdout.write(
      json === true ? `${JSON.stringify(tokens)}\n` : tokens.map(formatToken).join("\n"),
    );
    return EXIT.ok;
  },
});

interface ShownToken {
  readonly header: unknown;
  readonly claims: unknown;
}

function readToken(token: string): ShownToken {
  const [header = "", claims = ""] = token.split(".", 2);
  return { header: readSegment(header), claims: readSegment(claims) };
}

function readSegment(segment: string): unknown {
  try {
    const json: unknown = JSON.parse(Buffer.from(segment, "base64url").toString("utf8"));
    return json;
  } catch {
    throw new PortcullisConfigError("--chain", "That is no chain of task tokens.");
  }
}

function formatToken({ header, claims }: ShownToken): string {
  const lines = JSON.stringify({ header, claims }, undefined, 2).split("\n");
  return `${lines.map((line) => toPrintable(line)).join("\n")}\n`;
}
