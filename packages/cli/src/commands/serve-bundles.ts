import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { publishBundle } from "@portcullis/bundle";
import type { DocumentSigner } from "@portcullis/bundle";
import { createDirectoryTarget, startBundleServer } from "@portcullis/bundle/node";
import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import { readDocument, readSigner } from "../bundle/document-files.ts";
import { readCount, readDuration } from "../bundle/duration-option.ts";
import { joinLists, splitList } from "../bundle/list-option.ts";
import { readCoreVersion } from "../bundle/package-versions.ts";
import { createStatusWatch } from "../bundle/status-watch.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import { toPrintable } from "../printable.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

const verb = defineVerb({
  name: "serve-bundles",
  summary: "Hand out published bundles over HTTP on this machine",
  args: {
    folder: { type: "positional", description: "Folder that was published to", required: true },
    port: { type: "string", description: "Port; 0 = any free one", default: "8181" },
    host: { type: "string", description: "Address to listen on", default: "127.0.0.1" },
    "head-key": {
      type: "string",
      description: "Encrypted key of the head role: heads are signed again",
      valueHint: "path",
    },
    root: { type: "string", description: "First root, for --head-key", valueHint: "path" },
    json: { type: "boolean", description: "The address as JSON on standard output" },
    every: { type: "string", description: "How often heads are signed again", default: "10m" },
    lifetime: { type: "string", description: "How long such a head is valid", default: "1h" },
  },
  details: `
portcullis serve-bundles /srv/policy --port 8181
portcullis serve-bundles /srv/policy --head-key head.key.jwe --root root.1.json

Put a server with TLS in front of it before it listens to others. Reports that clients post to
/<name>/status are written to standard output, and two stories about one head are an alarm.

Exit codes: 0 interrupted, 1 refused, 2 used wrongly.`,
  async run(given, io) {
    const folder = resolve(io.cwd, given.folder);
    const seconds = readDuration("--every", given.every);
    const renew = await createRenewal(given, { folder, io });
    await renew?.();
    const watch = createStatusWatch();
    const server = await startBundleServer({
      folder,
      port: readCount("--port", given.port),
      host: given.host,
      onStatus: (name, body) => {
        void writeStatus(watch, { name, body }, io);
      },
    });
    const timer = setInterval(() => void renew?.(), seconds * 1000);
    if (given.json === true) {
      await io.stdout.write(`${JSON.stringify({ base: server.base })}\n`);
    }
    await io.stderr.write(`Bundles are at ${server.base}/<name>; interrupt to end.\n`);
    await new Promise<void>((done) => {
      io.onInterrupt?.(done);
    });
    clearInterval(timer);
    await server.stop();
    return EXIT.ok;
  },
});

/** `portcullis serve-bundles`: a server for development and for behind a proxy. */
export const serveBundlesVerb: Verb = {
  ...verb,
  run: (rawArgs, io) => verb.run(joinLists(rawArgs, ["--root"]), io),
};

async function writeStatus(
  watch: ReturnType<typeof createStatusWatch>,
  { name, body }: { readonly name: string; readonly body: string },
  io: CliIo,
): Promise<void> {
  const seen = watch.take(name, body);
  if (seen === undefined) return;
  await io.stdout.write(`${JSON.stringify(seen.status)}\n`);
  if (seen.isTwoStories) {
    await io.stderr.write(`ALARM two heads of ${toPrintable(name)} have one version.\n`);
  }
}

/** Signs every published head again; undefined where no key is given. */
async function createRenewal(
  given: {
    readonly "head-key"?: string | undefined;
    readonly root?: string | undefined;
    readonly lifetime: string;
  },
  { folder, io }: { readonly folder: string; readonly io: CliIo },
): Promise<(() => Promise<void>) | undefined> {
  const path = given["head-key"];
  if (path === undefined) return undefined;
  const roots = await Promise.all(splitList(given.root).map((each) => readDocument(each, io)));
  if (roots.length === 0) throw new PortcullisConfigError("--root", "--head-key needs --root.");
  const headSigner: DocumentSigner = await readSigner(path, io);
  const lifetimeSeconds = readDuration("--lifetime", given.lifetime);
  return async () => {
    for (const { name, channel } of await listChannels(folder)) {
      try {
        await publishBundle({
          target: createDirectoryTarget(folder, name),
          name,
          channel,
          roots,
          headSigner,
          now: Date.now(),
          lifetimeSeconds,
          core: readCoreVersion(),
        });
      } catch (error) {
        const text = PortcullisError.isInstance(error) ? error.message : "something failed.";
        await io.stderr.write(`The head of ${name} is not signed again: ${toPrintable(text)}\n`);
      }
    }
  };
}

async function listChannels(
  folder: string,
): Promise<readonly { readonly name: string; readonly channel: string }[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const heads = await readdir(resolve(folder, name, "head")).catch(() => []);
      return heads.flatMap((file) =>
        /^[a-z0-9][a-z0-9-]*\.json$/.test(file) ? [{ name, channel: file.slice(0, -5) }] : [],
      );
    }),
  );
  return found.flat();
}
