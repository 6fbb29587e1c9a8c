import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { PortcullisConfigError, runtimeDefaults } from "@portcullis/core";
import { thumbprintOf } from "@portcullis/token";
import { generateIssuerKey } from "@portcullis/token/node";
import { EXIT } from "../exit-code.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

/** `portcullis token key`: a key pair for an issuer or an agent. */
export const tokenKeyVerb: Verb = defineVerb({
  name: "token key",
  summary: "Make a key pair; prints the public key",
  args: {
    out: { type: "string", description: "New file for the private key", valueHint: "path" },
    algorithm: {
      type: "enum",
      options: ["Ed25519", "ES256", "ML-DSA-65"],
      description: "Signature algorithm; default Ed25519",
    },
  },
  details: `
portcullis token key --out issuer.jwk > issuer.public.jwk

The private key is written to a new file that only its owner may read. Exit codes: 0 made, 2 used
wrongly.`,
  async run({ out, algorithm = "Ed25519" }, io) {
    if (out === undefined) {
      throw new PortcullisConfigError("--out", "Name a file for the private key with --out.");
    }
    const { key, privateJwk } = generateIssuerKey(algorithm);
    try {
      const text = `${JSON.stringify(privateJwk)}\n`;
      await writeFile(resolve(io.cwd, out), text, { flag: "wx", mode: 0o600 });
    } catch (cause) {
      throw new PortcullisConfigError("--out", "The file is there already, or cannot be written.", {
        cause,
      });
    }
    const kid = await thumbprintOf(key.publicJwk, runtimeDefaults.digest);
    const jwk = { ...key.publicJwk, alg: key.algorithm, use: "sig", kid };
    await io.stdout.write(`${JSON.stringify(jwk)}\n`);
    return EXIT.ok;
  },
});
