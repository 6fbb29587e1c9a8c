import type { BundleDocument } from "../bundle-document.ts";
import type { BundleReason } from "../bundle-refusal.ts";
import { refuseBundle } from "../bundle-refusal.ts";
import { toDigest, toUtf8 } from "./sha256.ts";

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The texts of exactly the listed files, each of its size and digest.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `file-set`, `file-size` or `file-digest`.
 */
export async function readBundleFiles(
  { name, serial, files }: BundleDocument,
  texts: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  const about = { bundle: name, serial };
  if (Object.keys(texts).length !== files.length) {
    throw refuse("file-set", "its files are not exactly the listed ones.", about);
  }
  const digests = files.map(async ({ path, size, digest }) => {
    const text = Object.hasOwn(texts, path) ? texts[path] : undefined;
    if (text === undefined) {
      throw refuse("file-set", "its files are not exactly the listed ones.", about);
    }
    // It would be hashed as the replacement character, and so be two texts of one digest.
    if (LONE_SURROGATE.test(text)) throw refuse("file-digest", "a file is not UTF-8.", about);
    const bytes = toUtf8(text);
    if (bytes.length !== size) throw refuse("file-size", "a file is not of its size.", about);
    if ((await toDigest(bytes)) !== digest) {
      throw refuse("file-digest", "a file is not of its digest.", about);
    }
    return [path, text] as const;
  });
  return new Map(await Promise.all(digests));
}

function refuse(
  reason: BundleReason,
  message: string,
  about: { readonly bundle: string; readonly serial: number },
): Error {
  return refuseBundle(reason, message, { document: "bundle", ...about });
}
