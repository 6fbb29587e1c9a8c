import type { VerifiedRoot } from "@portcullis/bundle";
import { verifyRoot } from "@portcullis/bundle";
import { PortcullisConfigError } from "@portcullis/core";
import type { CliIo } from "../cli-io.ts";
import { readDocument } from "./document-files.ts";

/** The roots that flags name: the trust anchor and its successors, in order. */
export interface RootChain {
  readonly newest: VerifiedRoot;
  readonly bytes: readonly Uint8Array[];
}

/**
 * Reads and verifies a chain of roots; the first one is the trust anchor.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` without any, `ERR_BUNDLE_…` when one does not follow
 * from the one before it.
 */
export async function readRootChain(paths: readonly string[], io: CliIo): Promise<RootChain> {
  const bytes = await Promise.all(paths.map((path) => readDocument(path, io)));
  const [first, ...rest] = bytes;
  if (first === undefined) {
    throw new PortcullisConfigError("--root", "Give --root with the root that you trust.");
  }
  let newest = await verifyRoot(first);
  for (const each of rest) newest = await verifyRoot(each, { previous: newest });
  return { newest, bytes };
}
