import { PortcullisError } from "@portcullis/core";
import type { ErrorFields, PortcullisErrorCode } from "@portcullis/core";

/** Why a document or a client refuses; each belongs to exactly one `ERR_BUNDLE_…` code. */
export type BundleReason =
  | "threshold"
  | "role"
  | "wrong-type"
  | "root-version"
  | "root-behind"
  | "epoch"
  | "head-rollback"
  | "head-equivocation"
  | "bundle-rollback"
  | "below-minimum"
  | "clock-rollback"
  | "clock-behind"
  | "root-expired"
  | "head-expired"
  | "head-lifetime"
  | "head-stale"
  | "bundle-expired"
  | "not-yet-valid"
  | "malformed"
  | "too-large"
  | "wrong-channel"
  | "wrong-name"
  | "no-target"
  | "serial-mismatch"
  | "digest-mismatch"
  | "bundle-revoked"
  | "core-too-old"
  | "unknown-critical"
  | "unknown-folder"
  | "path"
  | "file-set"
  | "file-size"
  | "file-digest"
  | "namespace"
  | "policy"
  | "self-test"
  | "no-bundle"
  | "not-found"
  | "transport"
  | "timeout"
  | "storage"
  | "algorithm";

const CODE_OF: Readonly<Record<BundleReason, PortcullisErrorCode>> = {
  threshold: "ERR_BUNDLE_SIGNATURE",
  role: "ERR_BUNDLE_SIGNATURE",
  "wrong-type": "ERR_BUNDLE_SIGNATURE",
  "root-version": "ERR_BUNDLE_ROLLBACK",
  "root-behind": "ERR_BUNDLE_ROLLBACK",
  epoch: "ERR_BUNDLE_ROLLBACK",
  "head-rollback": "ERR_BUNDLE_ROLLBACK",
  "head-equivocation": "ERR_BUNDLE_ROLLBACK",
  "bundle-rollback": "ERR_BUNDLE_ROLLBACK",
  "below-minimum": "ERR_BUNDLE_ROLLBACK",
  "clock-rollback": "ERR_BUNDLE_ROLLBACK",
  "clock-behind": "ERR_BUNDLE_ROLLBACK",
  "root-expired": "ERR_BUNDLE_EXPIRED",
  "head-expired": "ERR_BUNDLE_EXPIRED",
  "head-lifetime": "ERR_BUNDLE_EXPIRED",
  "head-stale": "ERR_BUNDLE_EXPIRED",
  "bundle-expired": "ERR_BUNDLE_EXPIRED",
  "not-yet-valid": "ERR_BUNDLE_EXPIRED",
  malformed: "ERR_BUNDLE_INVALID",
  "too-large": "ERR_BUNDLE_INVALID",
  "wrong-channel": "ERR_BUNDLE_INVALID",
  "wrong-name": "ERR_BUNDLE_INVALID",
  "no-target": "ERR_BUNDLE_INVALID",
  "serial-mismatch": "ERR_BUNDLE_INVALID",
  "digest-mismatch": "ERR_BUNDLE_INVALID",
  "bundle-revoked": "ERR_BUNDLE_INVALID",
  "core-too-old": "ERR_BUNDLE_INVALID",
  "unknown-critical": "ERR_BUNDLE_INVALID",
  "unknown-folder": "ERR_BUNDLE_INVALID",
  path: "ERR_BUNDLE_INVALID",
  "file-set": "ERR_BUNDLE_INVALID",
  "file-size": "ERR_BUNDLE_INVALID",
  "file-digest": "ERR_BUNDLE_INVALID",
  namespace: "ERR_BUNDLE_INVALID",
  policy: "ERR_BUNDLE_INVALID",
  "self-test": "ERR_BUNDLE_INVALID",
  "no-bundle": "ERR_BUNDLE_UNAVAILABLE",
  "not-found": "ERR_BUNDLE_UNAVAILABLE",
  transport: "ERR_BUNDLE_UNAVAILABLE",
  timeout: "ERR_BUNDLE_UNAVAILABLE",
  storage: "ERR_BUNDLE_UNAVAILABLE",
  algorithm: "ERR_BUNDLE_UNAVAILABLE",
};

/** Which signed document a refusal is about; `state` is what a client has on disk. */
export type DocumentKind = "root" | "head" | "bundle" | "state";

/** What a refusal is about, as far as it is known. */
export interface RefusalAbout {
  readonly document?: DocumentKind;
  readonly role?: string;
  readonly bundle?: string;
  readonly serial?: number;
  /** What caused it; never printed. */
  readonly cause?: unknown;
  /** Problems of a policy, for people who build bundles. */
  readonly issues?: NonNullable<ErrorFields["issues"]>;
}

/** Makes the error of a refusal: code, document, role and reason, and a sentence for people. */
export function refuseBundle(
  reason: BundleReason,
  message: string,
  { cause, document, role, ...about }: RefusalAbout = {},
): PortcullisError {
  const what = document === undefined ? "" : `The ${document} is refused (${reason}): `;
  return new PortcullisError(CODE_OF[reason], `${what}${message}`, {
    ...(cause === undefined ? {} : { cause }),
    fields: {
      reason,
      ...about,
      ...(document === undefined ? {} : { document }),
      ...(role === undefined ? {} : { role }),
    },
  });
}

/** The reason of a refusal; undefined for any other error. */
export function reasonOf(error: unknown): BundleReason | undefined {
  if (!PortcullisError.isInstance(error)) return undefined;
  const { reason } = error.fields;
  return reason !== undefined && isReason(reason) ? reason : undefined;
}

function isReason(reason: string): reason is BundleReason {
  return Object.hasOwn(CODE_OF, reason);
}
