import type { JsonObject } from "@portcullis/core";
import type { PortcullisError } from "@portcullis/core";
import { findPathProblem, FILE_LIMITS, hasCollision } from "./bundle-path.ts";
import type { BundleReason } from "./bundle-refusal.ts";
import { refuseBundle } from "./bundle-refusal.ts";
import { createMemberReader, DIGEST, NAME } from "./internal/read-members.ts";
import type { MemberReader } from "./internal/read-members.ts";
import { refuseCritical } from "./internal/refuse-critical.ts";

/** One file of a bundle as its manifest lists it. */
export interface BundleFile {
  readonly path: string;
  /** Bytes in UTF-8. */
  readonly size: number;
  readonly digest: string;
}

/** Where a bundle comes from; for people and records, decides nothing. */
export interface Provenance {
  readonly source?: string;
  readonly commit?: string;
  readonly builder?: string;
}

/** The manifest of a bundle. */
export interface BundleDocument {
  readonly name: string;
  /** Increases with every bundle of a name. */
  readonly serial: number;
  /** Milliseconds since the epoch of time; valid from here on. */
  readonly notBefore: number;
  /** Milliseconds since the epoch of time; no longer valid from here on. */
  readonly expires: number;
  readonly requires: { readonly core: string; readonly features: readonly string[] };
  /** Tools may be equal to one of these, or below it after `.` or `/`. */
  readonly namespaces: readonly string[];
  /** What compiled the rules, `name@version`. */
  readonly compiler: string;
  readonly provenance: Provenance;
  /** Sorted by path. */
  readonly files: readonly BundleFile[];
}

const MEMBERS: readonly string[] = [
  ..."_type spec name serial not_before expires requires critical namespaces".split(" "),
  ..."compiler provenance files".split(" "),
];
const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}$/;

/**
 * Reads the manifest of a bundle; the texts of its files are not looked at.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `malformed`, `unknown-critical`, `path`,
 * `unknown-folder` or `file-size`.
 */
export function readBundleDocument(object: JsonObject): BundleDocument {
  const reader = createMemberReader(object, "", malformed);
  reader.text("spec", /^1$/);
  refuseCritical(reader, "bundle", MEMBERS);
  const requires = reader.object("requires");
  return Object.freeze({
    name: reader.text("name", NAME),
    serial: reader.count("serial", 1),
    notBefore: reader.time("not_before"),
    expires: reader.time("expires"),
    requires: Object.freeze({
      core: requires.text("core", VERSION),
      features: Object.freeze([...(requires.has("features") ? requires.texts("features") : [])]),
    }),
    namespaces: Object.freeze([...reader.texts("namespaces", /^[^\s]{1,256}$/)]),
    compiler: reader.text("compiler"),
    provenance: reader.has("provenance") ? readProvenance(reader.object("provenance")) : {},
    files: readFiles(reader),
  });
}

function malformed(problem: string): PortcullisError {
  return refuseBundle("malformed", problem, { document: "bundle" });
}

function refuse(reason: BundleReason, message: string): PortcullisError {
  return refuseBundle(reason, message, { document: "bundle" });
}

function readProvenance(reader: MemberReader): Provenance {
  const text = (name: string): object => (reader.has(name) ? { [name]: reader.text(name) } : {});
  return Object.freeze({ ...text("source"), ...text("commit"), ...text("builder") });
}

function readFiles(reader: MemberReader): readonly BundleFile[] {
  const files = reader.objects("files").map((file) => ({
    path: file.text("path"),
    size: file.count("size"),
    digest: file.text("digest", DIGEST),
  }));
  if (files.length > FILE_LIMITS.files) {
    throw refuse("file-size", `it has more than ${FILE_LIMITS.files} files.`);
  }
  for (const { path, size } of files) {
    const problem = findPathProblem(path);
    if (problem !== undefined) throw refuse(problem, "a path of its files is not allowed.");
    if (size > FILE_LIMITS.fileBytes) throw refuse("file-size", "one of its files is too large.");
  }
  if (files.reduce((sum, { size }) => sum + size, 0) > FILE_LIMITS.totalBytes) {
    throw refuse("file-size", "its files are too large together.");
  }
  if (hasCollision(files.map(({ path }) => path))) {
    throw refuse("path", "two of its paths can be one on some file systems.");
  }
  return Object.freeze(files.map((file) => Object.freeze(file)));
}
