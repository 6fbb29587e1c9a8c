import { inspectDocument } from "@portcullis/bundle";
import { PortcullisConfigError } from "@portcullis/core";
import { diffPolicies } from "../bundle/diff-policies.ts";
import { readDocument } from "../bundle/document-files.ts";
import { formatDocument } from "../bundle/format-document.ts";
import { readBundlePolicy } from "../bundle/read-bundle-policy.ts";
import { EXIT } from "../exit-code.ts";
import { toPrintable } from "../printable.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

/** `portcullis inspect`: what a document says, without believing it. */
export const inspectVerb: Verb = defineVerb({
  name: "inspect",
  summary: "Show what a root, head or bundle says, without verifying it",
  args: {
    document: { type: "positional", description: "Root, head or bundle", required: true },
    json: { type: "boolean", description: "The signed payload and its digest as JSON" },
    diff: { type: "string", description: "Bundle to compare with", valueHint: "path" },
    files: { type: "boolean", description: "List the files of a bundle" },
  },
  details: `
Signatures are NOT verified here; see portcullis verify.

Exit codes: 0 shown, 1 refused, 2 used wrongly.`,
  async run(given, io) {
    const inspected = await inspectDocument(await readDocument(given.document, io));
    const { kind, digest, payload, signers } = inspected;
    if (given.json === true) {
      await io.stdout.write(`${JSON.stringify({ kind, digest, signers, payload })}\n`);
      return EXIT.ok;
    }
    await io.stderr.write("Signatures are not verified; see portcullis verify.\n");
    await io.stdout.write(formatDocument(inspected));
    if (given.files === undefined && given.diff === undefined) return EXIT.ok;
    if (inspected.kind !== "bundle") {
      throw new PortcullisConfigError("--files", "--files and --diff are for bundles.");
    }
    if (given.files === true) {
      const lines = inspected.document.files.map(
        ({ path, size, digest: of }) => `  ${of}  ${String(size).padStart(8)}  ${path}\n`,
      );
      await io.stdout.write(lines.join(""));
    }
    if (given.diff !== undefined) {
      const other = await inspectDocument(await readDocument(given.diff, io));
      if (other.kind !== "bundle")
        throw new PortcullisConfigError("--diff", "--diff takes a bundle.");
      const changes = diffPolicies(readBundlePolicy(other), readBundlePolicy(inspected));
      const lines = changes.map(
        ({ effect, text }) => `  ${effect.padEnd(9)} ${toPrintable(text)}\n`,
      );
      await io.stdout.write(lines.join("") || "  nothing changes\n");
    }
    return EXIT.ok;
  },
});
