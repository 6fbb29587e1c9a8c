import { buildBundle, writeEnvelope } from "@portcullis/bundle";
import { writeBundleFolder } from "@portcullis/bundle/node";
import { PortcullisConfigError } from "@portcullis/core";
import { resolve } from "node:path";
import { compileFolder } from "../bundle/compile-folder.ts";
import { writeDocument } from "../bundle/document-files.ts";
import { readCount, readDuration } from "../bundle/duration-option.ts";
import { joinLists, splitList } from "../bundle/list-option.ts";
import { readCompiler, readCoreVersion } from "../bundle/package-versions.ts";
import { EXIT } from "../exit-code.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

const verb = defineVerb({
  name: "build",
  summary: "Compile a folder of policy into an unsigned bundle",
  args: {
    folder: {
      type: "positional",
      description: "Folder with policy.yaml and its tests",
      required: true,
    },
    name: { type: "string", description: "Name of the bundle" },
    serial: { type: "string", description: "Its number, above all before" },
    expires: { type: "string", description: "How long it is valid", default: "30d" },
    "not-before": {
      type: "string",
      description: "Valid from this time, YYYY-MM-DDTHH:MM:SSZ; now unless given",
    },
    namespace: {
      type: "string",
      description: "Tools that it may name, or what they are below; its own tools unless given",
    },
    core: { type: "string", description: "Oldest version of core; this one unless given" },
    source: { type: "string", description: "Provenance: where the policy comes from" },
    commit: { type: "string", description: "Provenance: commit of the policy" },
    builder: { type: "string", description: "Provenance: what built it" },
    json: { type: "boolean", description: "Digest and tests as JSON" },
    out: {
      type: "string",
      description: "File, or with a slash at its end a folder",
      valueHint: "path",
    },
  },
  details: `
portcullis build policies/payments --name payments --serial 42 --expires 30d --out payments.42.json

The policy is compiled and every policy test beside it is run. The bundle carries the compiled rules,
the source, the catalogue, and the tests of single calls. The same input gives the same bytes.

Exit codes: 0 done, 1 refused, 2 used wrongly, a policy that is not valid or a test that fails.`,
  async run(given, io) {
    const { name, serial, out } = given;
    if (name === undefined || serial === undefined || out === undefined) {
      throw new PortcullisConfigError("--name", "Give --name, --serial and --out.");
    }
    const notBefore = readStart(given["not-before"]);
    const { document, sources, tests, leftOut } = await compileFolder(given.folder, io.cwd);
    const namespaces = splitList(given.namespace);
    const provenance = {
      ...(given.source === undefined ? {} : { source: given.source }),
      ...(given.commit === undefined ? {} : { commit: given.commit }),
      ...(given.builder === undefined ? {} : { builder: given.builder }),
    };
    const unsigned = await buildBundle({
      name,
      serial: readCount("--serial", serial),
      notBefore,
      expires: notBefore + readDuration("--expires", given.expires) * 1000,
      core: given.core ?? readCoreVersion(),
      ...(namespaces.length === 0 ? {} : { namespaces }),
      compiler: readCompiler(),
      provenance,
      policy: document,
      sources,
      tests,
    });
    if (out.endsWith("/")) await writeBundleFolder(resolve(io.cwd, out), unsigned);
    else await writeDocument(out, writeEnvelope(unsigned), { io, isNew: true });
    const report = { digest: unsigned.digest, tests: tests.length, left_out: leftOut };
    await io.stdout.write(
      given.json === true ? `${JSON.stringify(report)}\n` : `${unsigned.digest}\n`,
    );
    await io.stderr.write(
      `${tests.length} decision tests travel with it.${
        leftOut.length === 0 ? "" : ` ${leftOut.length} need earlier calls and stay in the source.`
      }\n`,
    );
    return EXIT.ok;
  },
});

/** `portcullis build`: a folder of policy becomes an unsigned bundle. */
export const buildVerb: Verb = {
  ...verb,
  run: (rawArgs, io) => verb.run(joinLists(rawArgs, ["--namespace"]), io),
};

function readStart(text: string | undefined): number {
  if (text === undefined) return Math.floor(Date.now() / 1000) * 1000;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new PortcullisConfigError("--not-before", "--not-before takes YYYY-MM-DDTHH:MM:SSZ.");
}
