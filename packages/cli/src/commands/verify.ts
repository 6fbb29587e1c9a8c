import {
  createBundlePreparer,
  inspectDocument,
  verifyBundle,
  verifyHead,
  verifyRoot,
} from "@portcullis/bundle";
import type { InspectedDocument, VerifiedRoot } from "@portcullis/bundle";
import { PortcullisConfigError } from "@portcullis/core";
import { readDocument } from "../bundle/document-files.ts";
import { joinLists, splitList } from "../bundle/list-option.ts";
import { readCoreVersion } from "../bundle/package-versions.ts";
import { readyBundleParts } from "../bundle/ready-bundle-facts.ts";
import { recompileBundle } from "../bundle/recompile-bundle.ts";
import { readRootChain } from "../bundle/root-chain.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

const verb = defineVerb({
  name: "verify",
  summary: "Verify documents as a client would",
  args: {
    documents: { type: "positional", description: "Roots, heads and bundles", required: true },
    root: {
      type: "string",
      description: "Root that you trust, and its successors",
      valueHint: "paths",
    },
    "as-initial": { type: "boolean", description: "The document is the first root itself" },
    at: { type: "string", description: "Time to verify at; now unless given", valueHint: "time" },
    recompile: { type: "boolean", description: "Also compile the source of bundles again" },
    json: { type: "boolean", description: "One JSON object for each document" },
  },
  isVariadic: true,
  details: `
portcullis verify root.1.json --as-initial
portcullis verify root.2.json head.json payments.42.json --root root.1.json

Roots among the documents follow the trusted one. A bundle is loaded and its decision tests are run.

Exit codes: 0 all verified, 1 refused, 2 used wrongly.`,
  async run(given, io) {
    const now = readTime(given.at);
    const loaded = await Promise.all(
      given._.map(async (path) => {
        const bytes = await readDocument(path, io);
        return { path, bytes, inspected: await inspectDocument(bytes) };
      }),
    );
    if (loaded.length === 0) throw new PortcullisConfigError("documents", "Name a document.");
    let root: VerifiedRoot;
    if (given["as-initial"] === true) {
      const [first, ...others] = loaded;
      if (first === undefined || others.length > 0 || given.root !== undefined) {
        throw new PortcullisConfigError(
          "--as-initial",
          "--as-initial takes one root and no --root.",
        );
      }
      root = await verifyRoot(first.bytes);
      await report(io, given.json === true, { ...first, signers: root.signers });
      return EXIT.ok;
    }
    root = (await readRootChain(splitList(given.root), io)).newest;
    // Roots first: the others are verified under the newest.
    for (const each of loaded.filter(({ inspected }) => inspected.kind === "root")) {
      root = await verifyRoot(each.bytes, { previous: root });
      await report(io, given.json === true, { ...each, signers: root.signers });
    }
    for (const each of loaded) {
      const { bytes, inspected } = each;
      if (inspected.kind === "head") {
        const { signers } = await verifyHead(bytes, { root, now });
        await report(io, given.json === true, { ...each, signers });
      }
      if (inspected.kind === "bundle") {
        const bundle = await verifyBundle(bytes, { root, now, core: readCoreVersion() });
        const prepare = createBundlePreparer(await readyBundleParts());
        await prepare(bundle);
        if (given.recompile === true) await recompileBundle(inspected);
        await report(io, given.json === true, { ...each, signers: bundle.signers });
      }
    }
    return EXIT.ok;
  },
});

/** `portcullis verify`: what a client would say. */
export const verifyVerb: Verb = {
  ...verb,
  run: (rawArgs, io) => verb.run(joinLists(rawArgs, ["--root"]), io),
};

async function report(
  io: CliIo,
  isJson: boolean,
  {
    path,
    inspected,
    signers,
  }: {
    readonly path: string;
    readonly inspected: InspectedDocument;
    readonly signers: readonly string[];
  },
): Promise<void> {
  const { kind, digest } = inspected;
  if (isJson) {
    await io.stdout.write(`${JSON.stringify({ document: path, kind, digest, signers })}\n`);
    return;
  }
  await io.stdout.write(`VERIFIED ${kind} ${digest} signed by ${signers.join(", ")}\n`);
}

function readTime(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const time = Date.parse(text);
  if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(time)) return time;
  throw new PortcullisConfigError("--at", "--at takes a time, YYYY-MM-DDTHH:MM:SSZ.");
}
