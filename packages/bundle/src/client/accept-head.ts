import { refuseBundle } from "../bundle-refusal.ts";
import type { VerifiedHead } from "../verified.ts";
import type { Trust } from "./trust.ts";

/**
 * Holds a verified head against the stored one.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_ROLLBACK` with `head-rollback`, or with `head-equivocation`
 * when somebody signed two heads with one version.
 */
export function acceptHead(trust: Trust, head: VerifiedHead): Trust {
  const about = { document: "head", bundle: head.document.name } as const;
  const stored = trust.head;
  if (stored !== undefined) {
    const { version, minSerial } = stored.document;
    if (head.document.version < version) {
      throw refuseBundle("head-rollback", "its version is lower than the one before.", about);
    }
    if (head.document.version === version && head.digest !== stored.digest) {
      const message =
        "another head with the same version was signed: somebody is told two stories.";
      throw refuseBundle("head-equivocation", message, about);
    }
    if (head.document.minSerial < minSerial) {
      throw refuseBundle("head-rollback", "its `min_serial` is lower than the one before.", about);
    }
  }
  return { ...trust, head, trustedTime: Math.max(trust.trustedTime, head.document.issued) };
}
