import type { BundleDocument } from "./bundle-document.ts";
import type { OpenedEnvelope } from "./envelope.ts";
import type { HeadDocument } from "./head-document.ts";
import type { RootDocument } from "./root-document.ts";

/** What every verified document carries. */
interface Verified<T> {
  readonly document: T;
  /** Digest of the payload: covers all content and no signature. */
  readonly digest: string;
  /** The envelope as it came, without a bundle's files. */
  readonly envelope: OpenedEnvelope;
  /** Thumbprints whose signatures counted. */
  readonly signers: readonly string[];
}

/** A root that `verifyRoot` accepted. */
export type VerifiedRoot = Verified<RootDocument>;

/** A head that `verifyHead` accepted. */
export type VerifiedHead = Verified<HeadDocument>;

/** A bundle that `verifyBundle` accepted. */
export interface VerifiedBundle extends Verified<BundleDocument> {
  /** Texts by path: exactly the listed ones. */
  readonly files: ReadonlyMap<string, string>;
}

const verified: WeakSet<object> = new WeakSet();

/** Freezes a document and remembers that it was verified in this process. */
export function markVerified<T extends object>(document: T): T {
  const frozen = Object.freeze(document);
  verified.add(frozen);
  return frozen;
}

/** Refuses what did not come out of a verification: an equal object proves nothing. */
export function demandVerified(document: object, what: string): void {
  if (!verified.has(document)) throw new TypeError(`${what} must be what its verification gave.`);
}
