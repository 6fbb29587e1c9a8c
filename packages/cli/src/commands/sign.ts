import { inspectDocument, keyIdOf, signDocument, writeEnvelope } from "@portcullis/bundle";
import type { InspectedDocument } from "@portcullis/bundle";
import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import { diffPolicies } from "../bundle/diff-policies.ts";
import { chooseSigner, readDocument, writeDocument } from "../bundle/document-files.ts";
import { formatDocument } from "../bundle/format-document.ts";
import { readBundlePolicy } from "../bundle/read-bundle-policy.ts";
import { recompileBundle } from "../bundle/recompile-bundle.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import { toPrintable } from "../printable.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

/** `portcullis sign`: one signature more. */
export const signVerb: Verb = defineVerb({
  name: "sign",
  summary: "Look at a document and sign it",
  args: {
    document: {
      type: "positional",
      description: "Root, head or bundle in one file",
      required: true,
    },
    key: { type: "string", description: "Encrypted key file", valueHint: "path" },
    signer: { type: "string", description: "exec:<command> that signs standard input" },
    public: { type: "string", description: "Public key of --signer", valueHint: "path" },
    against: { type: "string", description: "Published bundle to compare with", valueHint: "path" },
    yes: { type: "boolean", description: "Do not ask" },
    json: { type: "boolean", description: "Digest and signers as JSON" },
    out: {
      type: "string",
      description: "File to write; the document itself unless given",
      valueHint: "path",
    },
  },
  details: `
portcullis sign payments.42.json --key anna.key.jwe --against payments.41.json

Before a bundle is signed the digests of its files are checked, and its source is compiled again: the
rules must be byte for byte what the source says. Then name, serial, digest, expiry and the difference
to the published bundle are shown, and you are asked.

Exit codes: 0 signed, 1 refused, 2 used wrongly.`,
  async run(given, io) {
    const inspected = await inspectDocument(await readDocument(given.document, io));
    refuseExpired(inspected);
    let widens = 0;
    if (inspected.kind === "bundle") {
      await recompileBundle(inspected);
      await io.stderr.write(formatDocument(inspected));
      if (given.against !== undefined) widens = await showDifference(inspected, given.against, io);
    } else {
      await io.stderr.write(formatDocument(inspected));
    }
    if (given.yes !== true && !(await isWanted(io, widens))) {
      await io.stderr.write("Not signed.\n");
      return EXIT.findings;
    }
    const signer = await chooseSigner(
      { key: given.key, signer: given.signer, public: given.public },
      io,
    );
    const signed = await signDocument(inspected.envelope, signer);
    const out = given.out ?? given.document;
    await writeDocument(out, writeEnvelope(signed), { io, isNew: given.out !== undefined });
    const { digest } = inspected;
    const signers = signed.signatures.map((entry) => keyIdOf(entry));
    await io.stdout.write(
      given.json === true ? `${JSON.stringify({ digest, signers })}\n` : `${digest}\n`,
    );
    return EXIT.ok;
  },
});

function refuseExpired({ kind, document }: InspectedDocument): void {
  if (document.expires > Date.now()) return;
  throw new PortcullisError("ERR_BUNDLE_EXPIRED", `The ${kind} has expired; it is not signed.`, {
    fields: { document: kind, reason: `${kind}-expired` },
  });
}

async function showDifference(
  inspected: Extract<InspectedDocument, { readonly kind: "bundle" }>,
  path: string,
  io: CliIo,
): Promise<number> {
  const published = await inspectDocument(await readDocument(path, io));
  if (published.kind !== "bundle") {
    throw new PortcullisConfigError("--against", "--against takes a bundle.");
  }
  const changes = diffPolicies(readBundlePolicy(published), readBundlePolicy(inspected));
  const lines = changes.map(({ effect, text }) => `  ${effect.padEnd(9)} ${toPrintable(text)}\n`);
  await io.stderr.write(
    `Against serial ${published.document.serial}:\n${lines.join("") || "  nothing changes\n"}`,
  );
  return changes.filter(({ effect }) => effect === "wider").length;
}

async function isWanted(io: CliIo, widens: number): Promise<boolean> {
  if (io.readSecret === undefined || !io.stderr.isTerminal) {
    throw new PortcullisConfigError(
      "--yes",
      "There is no terminal to ask on; look at it with inspect, then give --yes.",
    );
  }
  const warning = widens === 0 ? "" : ` It may permit more than before (${widens}).`;
  await io.stderr.write(`${warning}\n`);
  const answer = await io.readLine?.("Sign it? Type yes: ");
  return answer?.trim() === "yes";
}
