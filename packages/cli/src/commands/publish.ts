import { resolve } from "node:path";
import { createBundlePreparer, inspectDocument, publishBundle } from "@portcullis/bundle";
import type { PublishBundleOptions } from "@portcullis/bundle";
import { createDirectoryTarget } from "@portcullis/bundle/node";
import { PortcullisConfigError } from "@portcullis/core";
import { chooseSigner, readDocument } from "../bundle/document-files.ts";
import { readCount, readDuration } from "../bundle/duration-option.ts";
import { joinLists, splitList } from "../bundle/list-option.ts";
import { readCoreVersion } from "../bundle/package-versions.ts";
import { readyBundleParts } from "../bundle/ready-bundle-facts.ts";
import { EXIT } from "../exit-code.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

const verb = defineVerb({
  name: "publish",
  summary: "Publish a signed bundle, or new roots, with the next head",
  args: {
    bundle: {
      type: "positional",
      description: "Signed bundle; the published one stays unless given",
      required: false,
    },
    to: { type: "string", description: "dir:<folder>", valueHint: "place" },
    name: { type: "string", description: "Name of the bundle, where none is given" },
    channel: { type: "string", description: "Channel", default: "production" },
    root: { type: "string", description: "First root, and those after it", valueHint: "paths" },
    "head-key": {
      type: "string",
      description: "Encrypted key of the head role",
      valueHint: "path",
    },
    "head-signer": { type: "string", description: "exec:<command> that signs the head" },
    "head-public": {
      type: "string",
      description: "Public key of --head-signer",
      valueHint: "path",
    },
    main: { type: "boolean", description: "As main, which ends a canary; the default" },
    canary: { type: "string", description: "As canary for a share of the instances, such as 10%" },
    shadow: { type: "boolean", description: "The canary is only tried on the side" },
    salt: { type: "string", description: "Draws other instances with each value" },
    "min-serial": { type: "string", description: "Bundles below it are out of force at once" },
    json: { type: "boolean", description: "What was published as JSON" },
    lifetime: { type: "string", description: "How long the head is valid", default: "1h" },
  },
  details: `
portcullis publish payments.42.json --to dir:/srv/policy --root root.1.json --head-key head.key.jwe
portcullis publish payments.43.json … --canary 10% --salt 2026-11-20a [--shadow]
portcullis publish --name payments … --root root.1.json root.2.json     only new roots and a head

The bundle is verified and tested as clients would, under the newest root. Then the bundle is
written, then the roots, and last, in one step, the head.

Exit codes: 0 published, 1 refused and nothing written, 2 used wrongly.`,
  async run(given, io) {
    const folder = readPlace(given.to);
    const bytes = given.bundle === undefined ? undefined : await readDocument(given.bundle, io);
    const name = await readName(bytes, given.name);
    const rollout = readRollout(given);
    const minSerial = given["min-serial"];
    const published = await publishBundle({
      target: createDirectoryTarget(resolve(io.cwd, folder), name),
      name,
      channel: given.channel,
      roots: await Promise.all(splitList(given.root).map((path) => readDocument(path, io))),
      headSigner: await chooseSigner(
        {
          key: given["head-key"],
          signer: given["head-signer"],
          public: given["head-public"],
        },
        io,
      ),
      now: Date.now(),
      lifetimeSeconds: readDuration("--lifetime", given.lifetime),
      core: readCoreVersion(),
      prepare: createBundlePreparer(await readyBundleParts()),
      ...(bytes === undefined ? {} : { bundle: bytes }),
      ...(rollout === undefined ? {} : { as: rollout }),
      ...(minSerial === undefined ? {} : { minSerial: readCount("--min-serial", minSerial) }),
    });
    const { head, digest } = published;
    const { channel, version, rootVersion } = head;
    const report = { name, channel, head_version: version, root_version: rootVersion, digest };
    await io.stdout.write(
      given.json === true
        ? `${JSON.stringify(report)}\n`
        : `PUBLISHED ${name} ${channel} head ${version} root ${rootVersion} ${digest}\n`,
    );
    return EXIT.ok;
  },
});

/** `portcullis publish`: bundle, roots, head, in this order. */
export const publishVerb: Verb = {
  ...verb,
  run: (rawArgs, io) => verb.run(joinLists(rawArgs, ["--root"]), io),
};

function readPlace(to: string | undefined): string {
  if (to?.startsWith("dir:") === true && to.length > 4) return to.slice(4);
  throw new PortcullisConfigError("--to", "--to takes dir:<folder>.");
}

async function readName(bytes: Uint8Array | undefined, given: string | undefined): Promise<string> {
  if (bytes === undefined) {
    if (given !== undefined) return given;
    throw new PortcullisConfigError("--name", "Give a bundle, or --name.");
  }
  const inspected = await inspectDocument(bytes);
  if (inspected.kind !== "bundle") {
    throw new PortcullisConfigError("bundle", "Only bundles are published; roots go to --root.");
  }
  if (given !== undefined && given !== inspected.document.name) {
    throw new PortcullisConfigError("--name", "--name is not the name of the bundle.");
  }
  return inspected.document.name;
}

function readRollout(given: {
  readonly main?: boolean | undefined;
  readonly canary?: string | undefined;
  readonly shadow?: boolean | undefined;
  readonly salt?: string | undefined;
}): PublishBundleOptions["as"] {
  const { main, canary, shadow, salt } = given;
  if (canary === undefined) {
    if (shadow === true || salt !== undefined) {
      throw new PortcullisConfigError("--canary", "--shadow and --salt belong to --canary.");
    }
    return undefined;
  }
  if (main === true) throw new PortcullisConfigError("--main", "--main contradicts --canary.");
  if (salt === undefined || salt === "") {
    throw new PortcullisConfigError(
      "--salt",
      "A canary needs a --salt that was never used before.",
    );
  }
  const percent = /^\d{1,3}(\.\d{1,2})?%$/.test(canary) ? Number(canary.slice(0, -1)) : Number.NaN;
  if (!(percent >= 0 && percent <= 100)) {
    throw new PortcullisConfigError("--canary", "--canary takes a share, such as 10%.");
  }
  const rollout = {
    mode: shadow === true ? ("shadow" as const) : ("enforce" as const),
    salt,
    basisPoints: Math.round(percent * 100),
  };
  return { kind: "canary", rollout };
}
