import type { JsonObject } from "@portcullis/core";
import type { PortcullisError } from "@portcullis/core";
import { refuseBundle } from "./bundle-refusal.ts";
import { createMemberReader, DIGEST, NAME } from "./internal/read-members.ts";
import type { MemberReader } from "./internal/read-members.ts";
import { refuseCritical } from "./internal/refuse-critical.ts";

/** A bundle that a head points to. */
export interface HeadTarget {
  readonly id: "main" | "canary";
  readonly serial: number;
  /** Digest of the bundle's payload. */
  readonly digest: string;
  /** Most bytes that a client reads for it. */
  readonly size: number;
}

/** How a canary is rolled out. */
export interface Rollout {
  /** `enforce`: the chosen instances enforce the canary; `shadow`: they only try it. */
  readonly mode: "enforce" | "shadow";
  /** Draws other instances with each value. */
  readonly salt: string;
  /** Share of the instances in hundredths of a percent. */
  readonly basisPoints: number;
}

/** The short-lived pointer of a channel. */
export interface HeadDocument {
  readonly name: string;
  readonly channel: string;
  /** Newest root that the publisher knows. */
  readonly rootVersion: number;
  readonly epoch: number;
  readonly version: number;
  /** Milliseconds since the epoch of time. */
  readonly issued: number;
  /** Milliseconds since the epoch of time. */
  readonly expires: number;
  /** Bundles below it are out of force at once. */
  readonly minSerial: number;
  readonly main: HeadTarget;
  readonly canary?: HeadTarget;
  readonly rollout?: Rollout;
}

const MEMBERS: readonly string[] = [
  ..."_type spec name channel root_version epoch version issued expires".split(" "),
  ..."min_serial targets rollout critical".split(" "),
];

/**
 * Reads a head.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `malformed`, `no-target` or `unknown-critical`.
 */
export function readHeadDocument(object: JsonObject): HeadDocument {
  const reader = createMemberReader(object, "", malformed);
  reader.text("spec", /^1$/);
  refuseCritical(reader, "head", MEMBERS);
  const targets = readTargets(reader);
  const main = targets.find(({ id }) => id === "main");
  const canary = targets.find(({ id }) => id === "canary");
  if (main === undefined) {
    throw refuseBundle("no-target", "it points to no `main` bundle.", { document: "head" });
  }
  return Object.freeze({
    name: reader.text("name", NAME),
    channel: reader.text("channel", NAME),
    rootVersion: reader.count("root_version", 1),
    epoch: reader.count("epoch", 1),
    version: reader.count("version", 1),
    issued: reader.time("issued"),
    expires: reader.time("expires"),
    minSerial: reader.count("min_serial"),
    main,
    ...(canary === undefined ? {} : { canary }),
    ...(reader.has("rollout") ? { rollout: readRollout(reader.object("rollout")) } : {}),
  });
}

function malformed(problem: string): PortcullisError {
  return refuseBundle("malformed", problem, { document: "head" });
}

function readTargets(reader: MemberReader): readonly HeadTarget[] {
  const seen = new Set<string>();
  return reader.objects("targets").flatMap((target): HeadTarget[] => {
    const id = target.text("id", NAME);
    if (seen.has(id)) throw malformed("two targets have the same id.");
    seen.add(id);
    const read = {
      serial: target.count("serial", 1),
      digest: target.text("digest", DIGEST),
      size: target.count("size", 1),
    };
    return id === "main" || id === "canary" ? [Object.freeze({ id, ...read })] : [];
  });
}

function readRollout(reader: MemberReader): Rollout {
  const mode = reader.text("mode", /^(enforce|shadow)$/);
  const basisPoints = reader.count("basis_points");
  if (basisPoints > 10_000) throw malformed("`rollout.basis_points` must be at most 10000.");
  return Object.freeze({
    mode: mode === "shadow" ? "shadow" : "enforce",
    salt: reader.text("salt"),
    basisPoints,
  });
}
