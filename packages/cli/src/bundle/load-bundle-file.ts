import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { createBundlePreparer, verifyBundle, verifyRoot } from "@portcullis/bundle";
import { readBundleFolder } from "@portcullis/bundle/node";
import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import type { FactProvider } from "@portcullis/core";
import type { LoadedPolicy } from "../load-policy-file.ts";
import { readCoreVersion } from "./package-versions.ts";
import { readyBundleParts } from "./ready-bundle-facts.ts";

/**
 * Reads a signed bundle from a file or a folder, verifies it, and runs its decision tests.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` without a root or when it cannot be read,
 * `ERR_BUNDLE_…` when it is refused.
 */
export async function loadBundleFile(
  path: string,
  {
    roots = [],
    facts,
    isFolder,
  }: {
    readonly roots?: readonly Uint8Array[] | undefined;
    readonly facts?: readonly FactProvider[] | undefined;
    readonly isFolder: boolean;
  },
): Promise<LoadedPolicy> {
  const [first, ...rest] = roots;
  if (first === undefined) {
    throw new PortcullisConfigError(
      "root",
      "The policy is a signed bundle; give the root that you trust as well (--root).",
    );
  }
  let root = await verifyRoot(first);
  for (const bytes of rest) root = await verifyRoot(bytes, { previous: root });
  if (root.document.expires <= Date.now()) {
    throw new PortcullisError("ERR_BUNDLE_EXPIRED", "The root has expired.", {
      fields: { reason: "root-expired", document: "root" },
    });
  }
  const bytes = isFolder ? await readBundleFolder(path) : new Uint8Array(await readFile(path));
  const bundle = await verifyBundle(bytes, { root, now: Date.now(), core: readCoreVersion() });
  const prepare = createBundlePreparer(await readyBundleParts(facts));
  const { document } = await prepare(bundle);
  return {
    document,
    file: basename(path),
    isSigned: true,
    textOf: (name) => bundle.files.get(`source/${name}`),
  };
}
