import { PortcullisConfigError } from "@portcullis/core";
import type { PolicyRef } from "@portcullis/core";
import { EXIT } from "../exit-code.ts";
import { toIssuerKeys } from "../token/issuer-keys.ts";
import { readTokenJson } from "../token/read-token-file.ts";
import { verifyTokenBatch } from "../token/token-verify-batch.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";
import { writeJsonLines } from "../write-json-lines.ts";

/** `portcullis token verify`: chains of JSON Lines. */
export const tokenVerifyVerb: Verb = defineVerb({
  name: "token verify",
  summary: "Verify chains with their call tokens; uses nothing up",
  args: {
    jwks: { type: "string", description: "Keys of the issuer, JWKS or JWK", valueHint: "path" },
    audience: { type: "string", description: "Enforcement point that is called", valueHint: "urn" },
    now: { type: "string", description: "Unix time in seconds; default now", valueHint: "seconds" },
    issuer: { type: "string", description: "The only iss that the keys speak for; default any" },
    bundle: {
      type: "string",
      description: "Bundle in force, for grants that want one",
      valueHint: "name:serial[:digest]",
    },
    format: { type: "enum", options: ["jsonl"], description: "JSON Lines from standard input" },
  },
  details: `
portcullis token verify --jwks keys.json --audience urn:svc:payments --format jsonl < lines.jsonl

Lines {"id","token","tool","args"}, and "prompt" where a grant is bound to it; answers
{"id","valid","code","principal"}. Exit codes: 0 every line was answered, 2 used wrongly.`,
  async run({ jwks, audience, now, issuer, bundle, format }, io) {
    if (format !== "jsonl") {
      throw new PortcullisConfigError("--format", "Hand in JSON Lines with --format jsonl.");
    }
    if (jwks === undefined)
      throw new PortcullisConfigError("--jwks", "Name a key file with --jwks.");
    if (audience === undefined) {
      throw new PortcullisConfigError("--audience", "Name the enforcement point with --audience.");
    }
    if (jwks === "-") {
      throw new PortcullisConfigError("--jwks", "Standard input holds the lines already.");
    }
    const time = toTime(now);
    const ref = toBundle(bundle);
    const answers = verifyTokenBatch(io.stdin, {
      keys: await toIssuerKeys(await readTokenJson("--jwks", jwks, io), issuer),
      audience,
      ...(time === undefined ? {} : { now: time }),
      ...(ref === undefined ? {} : { bundle: ref }),
    });
    await writeJsonLines(answers, io.stdout);
    return EXIT.ok;
  },
});

function toTime(now: string | undefined): number | undefined {
  if (now === undefined) return undefined;
  if (!/^\d{1,12}(\.\d{1,3})?$/.test(now)) {
    throw new PortcullisConfigError("--now", "--now is a Unix time in seconds.");
  }
  return Number(now) * 1000;
}

function toBundle(text: string | undefined): PolicyRef | undefined {
  if (text === undefined) return undefined;
  const [, name, serial, digest = ""] = /^([^:]+):(\d{1,15})(?::([\w-]+))?$/.exec(text) ?? [];
  if (name === undefined) {
    throw new PortcullisConfigError("--bundle", "--bundle is name:serial or name:serial:digest.");
  }
  return { name, serial: Number(serial), digest };
}
