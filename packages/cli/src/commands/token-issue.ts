import { PortcullisConfigError } from "@portcullis/core";
import { createTaskTokenMint } from "@portcullis/token";
import type { GrantClaims } from "@portcullis/token";
import { z } from "zod";
import { EXIT } from "../exit-code.ts";
import { readTokenJson } from "../token/read-token-file.ts";
import { asUsage, jsonObject, parseFile, publicJwk, readHolderKey } from "../token/token-input.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

const name = z.string().min(1).max(256);
const grantSchema: z.ZodType<GrantClaims> = z.strictObject({
  subject: name,
  subjectVersion: z.int().min(0).exactOptional(),
  agent: name,
  publicJwk,
  audience: z.array(z.string()).min(1).max(8),
  tools: jsonObject,
  delegateOnly: z.array(name).exactOptional(),
  txn: name.exactOptional(),
  ttlSeconds: z.number().min(1).max(900).exactOptional(),
  maxDepth: z.int().min(0).max(8).exactOptional(),
  mayAct: name.exactOptional(),
  policy: z
    .strictObject({ name, minSerial: z.int().min(0), digest: name.exactOptional() })
    .exactOptional(),
  purpose: name.exactOptional(),
  request: z.array(z.string()).exactOptional(),
});

/** `portcullis token issue`: a grant. */
export const tokenIssueVerb: Verb = defineVerb({
  name: "token issue",
  summary: "Sign a grant",
  args: {
    key: { type: "string", description: "Private key of the issuer", valueHint: "path" },
    issuer: { type: "string", description: "URL of the issuer (iss)", valueHint: "url" },
    grant: {
      type: "string",
      description: "The grant as JSON, - for standard input",
      valueHint: "path",
    },
  },
  details: `
portcullis token issue --key issuer.jwk --issuer https://tokens.example --grant grant.json

The grant: {"subject","agent","publicJwk","audience":[],"tools":{}} and where wanted "delegateOnly",
"txn","ttlSeconds","maxDepth","mayAct","policy","purpose","request","subjectVersion".
Exit codes: 0 signed, 2 used wrongly.`,
  async run({ key, issuer, grant }, io) {
    if (issuer === undefined || grant === undefined) {
      throw new PortcullisConfigError("--grant", "Give --key, --issuer and --grant.");
    }
    const url = { url: issuer, key: await readHolderKey("--key", key, io) };
    const claims = parseFile("--grant", grantSchema, await readTokenJson("--grant", grant, io));
    const token = await asUsage("--grant", createTaskTokenMint().issueGrant(url, claims));
    await io.stdout.write(`${token}\n`);
    return EXIT.ok;
  },
});
