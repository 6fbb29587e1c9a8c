import type { DocumentSigner } from "./document-signer.ts";
import { refuseBundle } from "./bundle-refusal.ts";
import { buildHead } from "./build-head.ts";
import type { HeadDocument, HeadTarget, Rollout } from "./head-document.ts";
import { writeEnvelope } from "./envelope.ts";
import { toUtf8 } from "./internal/sha256.ts";
import type { BundleLayout } from "./layout.ts";
import { createLayout } from "./layout.ts";
import type { PrepareBundle } from "./prepare-bundle.ts";
import { createBundlePreparer } from "./prepare-bundle.ts";
import { signDocument } from "./sign-document.ts";
import type { VerifiedBundle, VerifiedHead, VerifiedRoot } from "./verified.ts";
import { verifyBundle } from "./verify-bundle.ts";
import { MAX_HEAD_LIFETIME_MS, verifyHead } from "./verify-head.ts";
import { verifyRoot } from "./verify-root.ts";

/** A place that documents are published to, by the paths of the layout. */
export interface PublishTarget {
  read(path: string): Promise<Uint8Array | undefined>;
  /** Atomic: who reads sees the old bytes or the new ones. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Runs work that nobody else may run at the same time. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** What {@link publishBundle} publishes. */
export interface PublishBundleOptions {
  readonly target: PublishTarget;
  readonly name: string;
  readonly channel: string;
  /** The first root, and after it every root that is not published yet, in order. */
  readonly roots: readonly Uint8Array[];
  /** The bundle in single-file form. Default the published one stays, with a new head. */
  readonly bundle?: Uint8Array;
  /** `main`, or a canary beside it. Default `main`. */
  readonly as?: { readonly kind: "main" } | { readonly kind: "canary"; readonly rollout: Rollout };
  readonly headSigner: DocumentSigner;
  /** Never below the published one. Default that. */
  readonly minSerial?: number;
  /** Default 3 600. */
  readonly lifetimeSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Version of core that clients have at least. */
  readonly core: string;
  /** Default as clients prepare. */
  readonly prepare?: PrepareBundle;
}

/** What was published. */
export interface Published {
  readonly root: VerifiedRoot;
  readonly head: HeadDocument;
  readonly digest: string;
}

const DEFAULT_LIFETIME_SECONDS = 3600;

/**
 * Publishes a bundle as one step for clients: verified and tested as they would, then the bundle,
 * the roots, and last the head, whose version is the next one.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_…` when a client would refuse it: an expired root, a serial
 * not above the published one, a lower `min_serial`, a lifetime over 24 hours, a bundle that is not
 * valid yet. Nothing is written then.
 *
 * @example
 * ```ts
 * import type { DocumentSigner, PublishTarget } from "@portcullis/bundle";
 * import { publishBundle } from "@portcullis/bundle";
 *
 * declare const target: PublishTarget;
 * declare const root: Uint8Array;
 * declare const bundle: Uint8Array;
 * declare const headSigner: DocumentSigner;
 * const { head } = await publishBundle({
 *   target,
 *   name: "payments",
 *   channel: "production",
 *   roots: [root],
 *   bundle,
 *   headSigner,
 *   now: Date.now(),
 *   core: "0.1.0",
 * });
 * ```
 */
export async function publishBundle(options: PublishBundleOptions): Promise<Published> {
  const layout = createLayout(options.name, options.channel);
  return options.target.exclusively(() => publish(options, layout));
}

async function publish(options: PublishBundleOptions, layout: BundleLayout): Promise<Published> {
  const { target, name, channel, now, minSerial } = options;
  const { root, added } = await readRoots(options, layout);
  const lifetimeMs = (options.lifetimeSeconds ?? DEFAULT_LIFETIME_SECONDS) * 1000;
  const about = { bundle: name } as const;
  if (root.document.expires <= now) {
    throw refuseBundle("root-expired", "it has expired.", { document: "root", ...about });
  }
  if (!(lifetimeMs > 0 && lifetimeMs <= MAX_HEAD_LIFETIME_MS)) {
    const message = "its lifetime must be above 0 and at most 24 hours.";
    throw refuseBundle("head-lifetime", message, { document: "head", ...about });
  }
  const before = await readHead(options, layout, root);
  const epochChanged = before !== undefined && before.document.epoch !== root.document.epoch;
  const known = before?.document;
  const floor = epochChanged ? 0 : (known?.minSerial ?? 0);
  const minimum = minSerial ?? floor;
  if (minimum < floor) {
    const message = "`min_serial` must not be below the published one.";
    throw refuseBundle("head-rollback", message, { document: "head", ...about });
  }
  const verified = await verifyNew(options, root, known);
  const targets = toTargets(options, verified, known);
  const head: HeadDocument = {
    name,
    channel,
    rootVersion: root.document.version,
    epoch: root.document.epoch,
    version: (known?.version ?? 0) + 1,
    issued: now,
    expires: now + lifetimeMs,
    minSerial: minimum,
    ...targets,
  };
  if (targets.main.serial < minimum) {
    const message = "the main bundle is below the new `min_serial`.";
    throw refuseBundle("below-minimum", message, { document: "head", ...about });
  }
  const signed = await signDocument(await buildHead(head), options.headSigner);
  const bytes = toUtf8(writeEnvelope(signed));
  await verifyHead(bytes, { root, now, name, channel });
  await refuseBrokenTargets(options, { root, head, verified, layout });
  if (verified !== undefined && options.bundle !== undefined) {
    await target.write(layout.bundle(verified.digest), options.bundle);
  }
  for (const [version, rootBytes] of added) await target.write(layout.root(version), rootBytes);
  await target.write(layout.head(), bytes);
  return { root, head, digest: verified?.digest ?? targets.main.digest };
}

/** Follows the given roots, which continue the published ones, to the newest. */
async function readRoots(
  { target, roots, name }: PublishBundleOptions,
  layout: BundleLayout,
): Promise<{
  readonly root: VerifiedRoot;
  readonly added: readonly (readonly [number, Uint8Array])[];
}> {
  const [first, ...rest] = roots;
  if (first === undefined) throw refuseBundle("not-found", "Give the root that clients have.");
  let root = await verifyRoot(first);
  for (;;) {
    const bytes = await target.read(layout.root(root.document.version + 1));
    if (bytes === undefined) break;
    root = await verifyRoot(bytes, { previous: root });
  }
  const added: [number, Uint8Array][] = [];
  if ((await target.read(layout.root(1))) === undefined) added.push([1, first]);
  for (const bytes of rest) {
    const next = await verifyIfNewer(bytes, root);
    if (next === undefined) continue;
    root = next;
    added.push([root.document.version, bytes]);
  }
  if (!root.document.names.includes(name)) {
    throw refuseBundle("wrong-name", "it does not govern this bundle.", { document: "root" });
  }
  return { root, added };
}

/** A root that is published already is no problem; any other must be the next one. */
async function verifyIfNewer(
  bytes: Uint8Array,
  previous: VerifiedRoot,
): Promise<VerifiedRoot | undefined> {
  try {
    return await verifyRoot(bytes, { previous });
  } catch (cause) {
    const alone = await verifyRoot(bytes);
    if (alone.document.version <= previous.document.version) return undefined;
    throw cause;
  }
}

/** The published head, under any root of the past: only its numbers are taken from it. */
async function readHead(
  { target, name, channel, roots }: PublishBundleOptions,
  layout: BundleLayout,
  newest: VerifiedRoot,
): Promise<VerifiedHead | undefined> {
  const bytes = await target.read(layout.head());
  if (bytes === undefined) return undefined;
  const [first] = roots;
  const chain: VerifiedRoot[] = first === undefined ? [] : [await verifyRoot(first)];
  for (let at = 0; at < chain.length; at += 1) {
    const previous = chain[at];
    const next =
      previous === undefined
        ? undefined
        : await target.read(layout.root(previous.document.version + 1));
    if (previous !== undefined && next !== undefined) {
      chain.push(await verifyRoot(next, { previous }));
    }
  }
  let failure: unknown;
  for (const root of [newest, ...chain.toReversed()]) {
    try {
      return await verifyHead(bytes, { root, now: undefined, name, channel });
    } catch (cause) {
      failure ??= cause;
    }
  }
  throw failure;
}

async function verifyNew(
  options: PublishBundleOptions,
  root: VerifiedRoot,
  known: HeadDocument | undefined,
): Promise<VerifiedBundle | undefined> {
  const { bundle, name, now, core, prepare = createBundlePreparer() } = options;
  if (bundle === undefined) return undefined;
  const verified = await verifyBundle(bundle, { root, now, name, core });
  await prepare(verified);
  const { serial } = verified.document;
  const isEpoch = known !== undefined && known.epoch !== root.document.epoch;
  const highest = isEpoch ? 0 : Math.max(known?.main.serial ?? 0, known?.canary?.serial ?? 0);
  const isPromotion =
    known?.canary?.digest === verified.digest || known?.main.digest === verified.digest;
  if (serial <= highest && !isPromotion) {
    const message = `its serial must be above ${highest}, the published one.`;
    throw refuseBundle("bundle-rollback", message, { document: "bundle", bundle: name, serial });
  }
  return verified;
}

function toTargets(
  { bundle, as = { kind: "main" } }: PublishBundleOptions,
  verified: VerifiedBundle | undefined,
  known: HeadDocument | undefined,
): Pick<HeadDocument, "main" | "canary" | "rollout"> {
  if (verified === undefined || bundle === undefined) {
    if (known === undefined) {
      throw refuseBundle("no-target", "There is no published bundle to point to.", {
        document: "head",
      });
    }
    const { main, canary, rollout } = known;
    return {
      main,
      ...(canary === undefined ? {} : { canary }),
      ...(rollout === undefined ? {} : { rollout }),
    };
  }
  const { digest, document } = verified;
  const of = (id: HeadTarget["id"]): HeadTarget => ({
    id,
    serial: document.serial,
    digest,
    size: bundle.length,
  });
  if (as.kind === "main") return { main: of("main") };
  if (known === undefined) {
    throw refuseBundle("no-target", "A canary needs a main bundle beside it.", {
      document: "head",
    });
  }
  return { main: known.main, canary: of("canary"), rollout: as.rollout };
}

/** Whatever the head points to must verify under the newest root: else clients would be left with nothing. */
async function refuseBrokenTargets(
  { target, now, name, core }: PublishBundleOptions,
  at: {
    readonly root: VerifiedRoot;
    readonly head: HeadDocument;
    readonly verified: VerifiedBundle | undefined;
    readonly layout: BundleLayout;
  },
): Promise<void> {
  for (const each of [at.head.main, at.head.canary]) {
    if (each === undefined || each.digest === at.verified?.digest) continue;
    const bytes = await target.read(at.layout.bundle(each.digest));
    if (bytes === undefined) throw refuseBundle("not-found", "A published bundle is not there.");
    await verifyBundle(bytes, { root: at.root, now, target: each, name, core });
  }
}
