import { refuseBundle } from "../bundle-refusal.ts";
import { writeEnvelope } from "../envelope.ts";
import { toUtf8 } from "../internal/sha256.ts";
import type { VerifiedHead, VerifiedRoot } from "../verified.ts";
import { verifyHead } from "../verify-head.ts";
import { verifyRoot } from "../verify-root.ts";
import type { Trust } from "./trust.ts";
import { withRoot } from "./trust.ts";

/** Most roots that one refresh takes. */
const MAX_ROOTS = 1024;

/** What {@link advanceRoots} needs of its client. */
export interface AdvanceRoots {
  readonly name: string;
  /** Milliseconds since the epoch, fixed for the whole refresh. */
  readonly now: number;
  fetchRoot(version: number): Promise<Uint8Array | undefined>;
  /** Told of every accepted root, before the next one is fetched. */
  accept(trust: Trust): Promise<Trust>;
}

/**
 * Follows the chain of roots to its end, one version at a time.
 *
 * @throws {PortcullisError} as `verifyRoot`, and `ERR_BUNDLE_INVALID` with `wrong-name` for a root
 * that does not govern this bundle; roots before it stay accepted.
 */
export async function advanceRoots(trust: Trust, work: AdvanceRoots): Promise<void> {
  let current = trust;
  for (let count = 0; count < MAX_ROOTS; count += 1) {
    const bytes = await work.fetchRoot(current.root.document.version + 1);
    if (bytes === undefined) return;
    const root = await verifyRoot(bytes, { previous: current.root });
    refuseForeignRoot(root, work.name);
    current = await work.accept(withRoot(current, root, work.now));
  }
}

/** Refuses a root that governs other bundles, though common signers made it. */
export function refuseForeignRoot({ document }: VerifiedRoot, name: string): void {
  if (document.names.includes(name)) return;
  throw refuseBundle("wrong-name", "it does not govern this bundle.", { document: "root" });
}

/** Drops heads that the newest root does not stand behind any more: a fast-forward ends with its key. */
export async function dropForeignHeads(
  trust: Trust,
  { name, channel, now }: { readonly name: string; readonly channel: string; readonly now: number },
): Promise<Trust> {
  const stands = async (head: VerifiedHead | undefined): Promise<boolean> => {
    if (head === undefined) return true;
    try {
      const bytes = toUtf8(writeEnvelope(head.envelope));
      await verifyHead(bytes, { root: trust.root, now: undefined, name, channel });
      return true;
    } catch {
      return false;
    }
  };
  const [headStands, confirmingStands] = [await stands(trust.head), await stands(trust.confirming)];
  if (headStands && confirmingStands) return trust;
  return {
    ...trust,
    head: headStands ? trust.head : undefined,
    confirming: confirmingStands ? trust.confirming : undefined,
    confirmedUntil: confirmingStands ? trust.confirmedUntil : Math.min(trust.confirmedUntil, now),
  };
}
