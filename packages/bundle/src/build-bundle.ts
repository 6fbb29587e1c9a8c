import { PortcullisConfigError } from "@portcullis/core";
import type { Json, JsonObject, PolicyDocument } from "@portcullis/core";
import { readBundleDocument } from "./bundle-document.ts";
import type { Provenance } from "./bundle-document.ts";
import { toCanonicalText } from "./internal/canonical-document.ts";
import { sha256, toDigest, toUtf8 } from "./internal/sha256.ts";
import { toTimeText } from "./internal/time-text.ts";
import { isInNamespaces } from "./load-bundle.ts";
import type { UnsignedDocument } from "./unsigned-document.ts";
import { toUnsigned } from "./unsigned-document.ts";

/** What {@link buildBundle} packs. */
export interface BuildBundleOptions {
  readonly name: string;
  /** Above that of every bundle of this name before. */
  readonly serial: number;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  /** Oldest version of core that may evaluate it. */
  readonly core: string;
  /** Tools that it may name, or what they are below. Default the tools of its catalogue. */
  readonly namespaces?: readonly string[];
  /** What compiled the policy, `name@version`. */
  readonly compiler: string;
  readonly provenance?: Provenance;
  /** The compiled policy. */
  readonly policy: PolicyDocument;
  /** Texts that it was compiled from, by path below `source/`. */
  readonly sources: Readonly<Record<string, string>>;
  /** Decision tests, at least one. */
  readonly tests: readonly JsonObject[];
  /** Build provenance by file name below `attestations/`, without `.json`. */
  readonly attestations?: Readonly<Record<string, Json>>;
}

/**
 * Packs a compiled policy into a bundle, unsigned. The same input gives the same bytes.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` without a test, `ERR_BUNDLE_INVALID` when no client
 * would take the result: a path, a size, a name outside of the namespaces.
 *
 * @example
 * ```ts
 * import type { PolicyDocument } from "@portcullis/core";
 * import { buildBundle } from "@portcullis/bundle";
 *
 * declare const policy: PolicyDocument;
 * const unsigned = await buildBundle({
 *   name: "payments",
 *   serial: 42,
 *   notBefore: Date.UTC(2026, 10, 20),
 *   expires: Date.UTC(2026, 11, 20),
 *   core: "0.1.0",
 *   compiler: "@portcullis/policy@0.1.0",
 *   policy,
 *   sources: { "policy.yaml": "portcullis: 1 …" },
 *   tests: [
 *     {
 *       name: "nobody may pay",
 *       now: "2026-11-20T10:00:00Z",
 *       request: { tool: "pay", args: {} },
 *       expect: { outcome: "deny" },
 *     },
 *   ],
 * });
 * ```
 */
export async function buildBundle(options: BuildBundleOptions): Promise<UnsignedDocument> {
  const { policy, namespaces = Object.keys(options.policy.tools).toSorted() } = options;
  if (options.tests.length === 0) {
    throw new PortcullisConfigError("tests", "A bundle carries at least one decision test.");
  }
  if (!Object.keys(policy.tools).every((tool) => isInNamespaces(tool, namespaces))) {
    const message = "The catalogue holds a tool outside of the namespaces.";
    throw new PortcullisConfigError("namespaces", message);
  }
  const files = await writeFiles(options);
  const entries = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const document: JsonObject = {
    _type: "policy-bundle+json",
    spec: "1",
    name: options.name,
    serial: options.serial,
    not_before: toTimeText(options.notBefore),
    expires: toTimeText(options.expires),
    requires: { core: options.core, features: [] },
    critical: [],
    namespaces: [...namespaces],
    compiler: options.compiler,
    provenance: { ...options.provenance },
    files: await Promise.all(
      entries.map(async ([path, text]) => ({
        path,
        size: toUtf8(text).length,
        digest: await toDigest(text),
      })),
    ),
  };
  readBundleDocument(document);
  return toUnsigned(document, Object.fromEntries(entries));
}

/** The two files that are compiled from the sources: what a signer compares byte for byte. */
export async function writePolicyFiles({
  tools,
  ...policy
}: PolicyDocument): Promise<ReadonlyMap<string, string>> {
  const files = new Map([["policies/policy.json", toCanonicalText(policy)]]);
  for (const [tool, entry] of Object.entries(tools)) {
    files.set(`tools/${await toFileName(tool)}.json`, toCanonicalText({ ...entry, tool }));
  }
  return files;
}

async function writeFiles(options: BuildBundleOptions): Promise<ReadonlyMap<string, string>> {
  const { policy, sources, tests, attestations = {} } = options;
  return new Map([
    ...(await writePolicyFiles(policy)),
    ...Object.entries(sources).map(([path, text]) => [`source/${path}`, text] as const),
    ["tests/tests.json", toCanonicalText(tests)] as const,
    ...Object.entries(attestations).map(
      ([name, value]) => [`attestations/${name}.json`, toCanonicalText(value)] as const,
    ),
  ]);
}

const PLAIN = /^[a-z0-9][a-z0-9._-]{0,100}$/;

/** A tool's name as a file name; one that no file system may change is kept as it is. */
async function toFileName(tool: string): Promise<string> {
  if (PLAIN.test(tool)) return tool;
  const slug = tool
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 60);
  const hash = [...(await sha256(tool)).subarray(0, 8)];
  return `x${slug}-${hash.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
