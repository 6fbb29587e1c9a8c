import type { JsonObject } from "@portcullis/core";
import type { HeadDocument, HeadTarget } from "./head-document.ts";
import { readHeadDocument } from "./head-document.ts";
import { toTimeText } from "./internal/time-text.ts";
import type { UnsignedDocument } from "./unsigned-document.ts";
import { toUnsigned } from "./unsigned-document.ts";

/**
 * Writes a head, unsigned.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` when no client would take it.
 *
 * @example
 * ```ts
 * import type { HeadDocument } from "@portcullis/bundle";
 * import { buildHead } from "@portcullis/bundle";
 *
 * declare const head: HeadDocument;
 * const next = await buildHead({ ...head, version: head.version + 1 });
 * ```
 */
export async function buildHead(head: HeadDocument): Promise<UnsignedDocument> {
  const { main, canary, rollout } = head;
  const document: JsonObject = {
    _type: "policy-head+json",
    spec: "1",
    name: head.name,
    channel: head.channel,
    root_version: head.rootVersion,
    epoch: head.epoch,
    version: head.version,
    issued: toTimeText(head.issued),
    expires: toTimeText(head.expires),
    min_serial: head.minSerial,
    targets: [main, ...(canary === undefined ? [] : [canary])].map(toTarget),
    ...(rollout === undefined
      ? {}
      : {
          rollout: {
            mode: rollout.mode,
            salt: rollout.salt,
            basis_points: rollout.basisPoints,
          },
        }),
  };
  readHeadDocument(document);
  return toUnsigned(document);
}

function toTarget({ id, serial, digest, size }: HeadTarget): JsonObject {
  return { id, serial, digest, size };
}
