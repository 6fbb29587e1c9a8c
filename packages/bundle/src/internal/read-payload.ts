import type { JsonObject } from "@portcullis/core";
import type { DocumentKind } from "../bundle-refusal.ts";
import { refuseBundle } from "../bundle-refusal.ts";
import type { OpenedEnvelope } from "../envelope.ts";
import { DOCUMENT_TYPES } from "../verify-signatures.ts";
import { readCanonicalObject } from "./canonical-document.ts";

/**
 * Parses a payload: only after its signatures were counted, but for the one root that is the anchor.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `malformed`, `ERR_BUNDLE_SIGNATURE` with
 * `wrong-type`.
 */
export function readPayload(
  { payloadBytes }: OpenedEnvelope,
  document: Exclude<DocumentKind, "state">,
): JsonObject {
  const object = readCanonicalObject(payloadBytes);
  if (object === undefined) {
    throw refuseBundle("malformed", "its payload is not canonical JSON.", { document });
  }
  if (object["_type"] !== DOCUMENT_TYPES[document]) {
    throw refuseBundle("wrong-type", `its \`_type\` is not that of a ${document}.`, { document });
  }
  return object;
}
