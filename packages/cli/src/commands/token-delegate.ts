import { PortcullisConfigError } from "@portcullis/core";
import { createTaskTokenMint } from "@portcullis/token";
import type { DelegationOptions } from "@portcullis/token";
import { z } from "zod";
import { EXIT } from "../exit-code.ts";
import { readTokenFile, readTokenJson } from "../token/read-token-file.ts";
import { asUsage, jsonObject, parseFile, publicJwk, readHolderKey } from "../token/token-input.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

const name = z.string().min(1).max(256);
const delegationSchema: z.ZodType<DelegationOptions> = z.strictObject({
  agent: name,
  publicJwk,
  tools: jsonObject.exactOptional(),
  delegateOnly: z.array(name).exactOptional(),
  audience: z.array(z.string()).min(1).max(8).exactOptional(),
  ttlSeconds: z.number().min(1).max(900).exactOptional(),
  maxDepth: z.int().min(0).max(8).exactOptional(),
  mayAct: name.exactOptional(),
});

/** `portcullis token delegate`: a part of a chain, for another agent. */
export const tokenDelegateVerb: Verb = defineVerb({
  name: "token delegate",
  summary: "Hand part of a chain on",
  args: {
    key: { type: "string", description: "Private key of the last holder", valueHint: "path" },
    chain: { type: "string", description: "The chain, - for standard input", valueHint: "path" },
    to: {
      type: "string",
      description: "What is handed on, and to whom, as JSON",
      valueHint: "path",
    },
  },
  details: `
portcullis token issue … | portcullis token delegate --key planner.jwk --chain - --to refunder.json

{"agent","publicJwk"} and where wanted "tools","delegateOnly","audience","ttlSeconds","maxDepth",
"mayAct"; what is left out stays as it was. Exit codes: 0 signed, 2 used wrongly.`,
  async run({ key, chain, to }, io) {
    if (chain === undefined || to === undefined) {
      throw new PortcullisConfigError("--chain", "Give --key, --chain and --to.");
    }
    const holder = await readHolderKey("--key", key, io);
    const options = parseFile("--to", delegationSchema, await readTokenJson("--to", to, io));
    const text = (await readTokenFile("--chain", chain, io)).trim();
    const work = createTaskTokenMint().delegateTask(text, holder, options);
    await io.stdout.write(`${await asUsage("--to", work)}\n`);
    return EXIT.ok;
  },
});
