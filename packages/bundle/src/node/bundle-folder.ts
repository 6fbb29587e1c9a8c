import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { refuseBundle } from "../bundle-refusal.ts";
import { FILE_LIMITS, findPathProblem } from "../bundle-path.ts";
import type { Envelope } from "../envelope.ts";
import { ENVELOPE_BYTES, openEnvelope, writeEnvelope } from "../envelope.ts";
import { toUtf8 } from "../internal/sha256.ts";
import { readFileCapped } from "./read-file-capped.ts";
import { writeFileAtomically } from "./write-file-atomically.ts";

/** Name of the envelope in the directory form. */
const MANIFEST_NAME = "manifest.json";
const MODES = { file: 0o644, folder: 0o755 } as const;

/**
 * Reads a bundle in directory form, `manifest.json` and the files, as its single-file form. Both have
 * one digest. Links and everything that is no plain file are refused; nothing is believed.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `malformed`, `path`, `unknown-folder`,
 * `file-size` or `too-large`, `ERR_BUNDLE_UNAVAILABLE` with `not-found`.
 *
 * @example
 * ```ts
 * import { readBundleFolder } from "@portcullis/bundle/node";
 *
 * const bytes = await readBundleFolder("review/payments.42");
 * ```
 */
export async function readBundleFolder(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const manifest = await readFileCapped(join(folder, MANIFEST_NAME), ENVELOPE_BYTES.bundle);
  if (manifest === undefined) throw refuseBundle("not-found", "There is no bundle folder.");
  const { payload, signatures, files: inside } = openEnvelope(manifest, "bundle");
  if (inside !== undefined) {
    throw refuseBundle("malformed", "its manifest must hold no files.", { document: "bundle" });
  }
  const files: Record<string, string> = {};
  let total = 0;
  for (const path of await listFiles(folder, "")) {
    if (path === MANIFEST_NAME) continue;
    const problem = findPathProblem(path);
    if (problem !== undefined) {
      throw refuseBundle(problem, "a path of its files is not allowed.", { document: "bundle" });
    }
    const bytes = await readFileCapped(join(folder, path), FILE_LIMITS.fileBytes);
    if (bytes === undefined) throw refuseBundle("not-found", "A file of the bundle went away.");
    total += bytes.length;
    if (total > FILE_LIMITS.totalBytes) {
      throw refuseBundle("file-size", "its files are too large together.", { document: "bundle" });
    }
    files[path] = toText(bytes);
  }
  return toUtf8(writeEnvelope({ payload, signatures, files }));
}

/**
 * Writes a bundle in directory form, for review and Git.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `path` or `unknown-folder`: nothing is written
 * outside of the folder.
 *
 * @example
 * ```ts
 * import type { Envelope } from "@portcullis/bundle";
 * import { writeBundleFolder } from "@portcullis/bundle/node";
 *
 * declare const bundle: Envelope;
 * await writeBundleFolder("review/payments.42", bundle);
 * ```
 */
export async function writeBundleFolder(folder: string, bundle: Envelope): Promise<void> {
  const { files = {}, payload, signatures } = bundle;
  for (const path of Object.keys(files)) {
    const problem = findPathProblem(path);
    if (problem !== undefined) {
      throw refuseBundle(problem, "a path of its files is not allowed.", { document: "bundle" });
    }
  }
  for (const [path, text] of Object.entries(files)) {
    await writeFileAtomically(join(folder, path), toUtf8(text), MODES);
  }
  const manifest = writeEnvelope({ payload, signatures });
  await writeFileAtomically(join(folder, MANIFEST_NAME), toUtf8(manifest), MODES);
}

async function listFiles(folder: string, below: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (path.length > FILE_LIMITS.pathLength || found.length > FILE_LIMITS.files) {
      throw refuseBundle("path", "it has too many files or too long paths.", {
        document: "bundle",
      });
    }
    if (entry.isDirectory()) found.push(...(await listFiles(folder, path)));
    else found.push(path);
  }
  return found.toSorted();
}

function toText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refuseBundle("malformed", "a file is not UTF-8.", { document: "bundle", cause });
  }
}
