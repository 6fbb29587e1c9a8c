import { PortcullisConfigError } from "@portcullis/core";
import { EXIT } from "../exit-code.ts";
import { verifyJwsBatch } from "../token/jws-verify-batch.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";
import { writeJsonLines } from "../write-json-lines.ts";

/** `portcullis token jws-verify`: signatures of JSON Lines. */
export const tokenJwsVerifyVerb: Verb = defineVerb({
  name: "token jws-verify",
  summary: "Verify compact JWS with their keys",
  args: {
    format: { type: "enum", options: ["jsonl"], description: "JSON Lines from standard input" },
  },
  details: `
portcullis token jws-verify --format jsonl < lines.jsonl

Lines {"id","jws","jwk"}; answers {"id","valid","code"}. A code that contains "unsupported" says that
the algorithm or form is not taken. Exit codes: 0 every line was answered, 2 used wrongly.`,
  async run({ format }, io) {
    if (format !== "jsonl") {
      throw new PortcullisConfigError("--format", "Hand in JSON Lines with --format jsonl.");
    }
    await writeJsonLines(verifyJwsBatch(io.stdin), io.stdout);
    return EXIT.ok;
  },
});
