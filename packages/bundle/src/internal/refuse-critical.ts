import type { DocumentKind } from "../bundle-refusal.ts";
import { refuseBundle } from "../bundle-refusal.ts";
import type { MemberReader } from "./read-members.ts";

/**
 * Refuses a document that says that one must understand a member which is not understood here;
 * other unknown members are ignored, so that older clients live on.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `unknown-critical`.
 */
export function refuseCritical(
  reader: MemberReader,
  document: DocumentKind,
  known: readonly string[],
): void {
  if (!reader.has("critical")) return;
  const critical = reader.texts("critical");
  if (critical.every((name) => known.includes(name))) return;
  throw refuseBundle("unknown-critical", "it needs a feature that this version does not know.", {
    document,
  });
}
