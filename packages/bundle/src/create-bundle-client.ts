import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import type { PolicyObservation, SourcedPolicy } from "@portcullis/core";
import { refuseBundle } from "./bundle-refusal.ts";
import { acceptHead } from "./client/accept-head.ts";
import { advanceRoots, dropForeignHeads, refuseForeignRoot } from "./client/advance-roots.ts";
import type {
  BundleClient,
  BundleClientOptions,
  RefreshResult,
  RefreshStage,
} from "./client/bundle-client.ts";
import type { Slot } from "./client/bundle-slots.ts";
import { toSlot, verifySlotUnder } from "./client/bundle-slots.ts";
import type { CanaryWatch } from "./client/canary-watch.ts";
import { createCanaryWatch } from "./client/canary-watch.ts";
import { chooseTargets } from "./client/choose-targets.ts";
import { createErrorMemory } from "./client/error-memory.ts";
import type { ClockReading } from "./client/judge-freshness.ts";
import { findClockRollback, findStaleness, toStaleLimits } from "./client/judge-freshness.ts";
import type { RefreshLoop } from "./client/refresh-loop.ts";
import { createRefreshLoop } from "./client/refresh-loop.ts";
import type { ShadowTally } from "./client/shadow-tally.ts";
import { createShadowTally } from "./client/shadow-tally.ts";
import { blobName, readState, STATE_NAME, writeState } from "./client/stored-state.ts";
import { toStatus } from "./client/to-status.ts";
import type { Trust } from "./client/trust.ts";
import { initialTrust } from "./client/trust.ts";
import { refuseLate, withSignal } from "./client/with-signal.ts";
import { ENVELOPE_BYTES, writeEnvelope } from "./envelope.ts";
import type { HeadTarget } from "./head-document.ts";
import { toUtf8 } from "./internal/sha256.ts";
import { createLayout } from "./layout.ts";
import { createBundlePreparer } from "./prepare-bundle.ts";
import { systemClock } from "./system-clock.ts";
import type { VerifiedBundle, VerifiedHead, VerifiedRoot } from "./verified.ts";
import { verifyBundle } from "./verify-bundle.ts";
import { verifyHead } from "./verify-head.ts";
import { verifyRoot } from "./verify-root.ts";

const STATUS_EVERY_MS = 60_000;

/**
 * Creates a client: it fetches, verifies, tests and swaps bundles, and never lets an older, foreign
 * or unfinished one be used. Where anything is wrong the bundle in force stays, and runs out by
 * itself; where there is none every call is denied.
 *
 * The client is a `PolicySource`: hand it to `createGuard` as `policy`. Call `start` before that, so
 * that what is on disk is in force at the first call.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID`, or `ERR_BUNDLE_INVALID` for a name or a channel
 * that is not of the grammar.
 *
 * @example
 * ```ts
 * import { createBundleClient, createHttpSource, createMemoryStorage } from "@portcullis/bundle";
 * import { createGuard } from "@portcullis/core";
 *
 * declare const initialRoot: Uint8Array;
 * const client = createBundleClient({
 *   name: "payments",
 *   channel: "production",
 *   initialRoot,
 *   source: createHttpSource({ base: "https://policy.example", name: "payments", channel: "production" }),
 *   storage: createMemoryStorage(),
 *   instance: "pay-7",
 *   core: "0.1.0",
 * });
 * await client.start();
 * const guard = await createGuard({ policy: client });
 * ```
 */
export function createBundleClient(options: BundleClientOptions): BundleClient {
  checkOptions(options);
  const { name, channel, instance, core, source, storage } = options;
  const { clock = systemClock, prepare = createBundlePreparer(), refreshSeconds = 30 } = options;
  const limits = toStaleLimits(options.maxStale);
  const timeoutMs = (options.refreshTimeoutSeconds ?? 30) * 1000;
  const errors = createErrorMemory();
  const activations = new Set<(candidate: SourcedPolicy) => Promise<void>>();

  let pinned: VerifiedRoot | undefined;
  let trust: Trust | undefined;
  let slot: Slot | undefined;
  let shadowSlot: Slot | undefined;
  let shadowTally: ShadowTally | undefined;
  let canaryWatch: CanaryWatch | undefined;
  let pending: HeadTarget | undefined;
  /** Why there is no bundle. */
  let absence: PortcullisError = refuseBundle("no-bundle", "No bundle was activated yet.");
  let previousDigest: string | undefined;
  let headTag: string | undefined;
  let highWater = 0;
  let versions = 0;
  let lastOk: number | undefined;
  let refreshing: Promise<RefreshResult> | undefined;
  let tail: Promise<void> = Promise.resolve();
  let loop: RefreshLoop | undefined;
  let cancelStatus: (() => void) | undefined;
  let isStopped = false;

  const readClock = (): ClockReading => {
    const now = clock.now();
    const reading = { now, highWater };
    highWater = Math.max(highWater, now);
    return reading;
  };

  const status = (): ReturnType<BundleClient["status"]> =>
    toStatus({
      options,
      trust,
      active: slot?.bundle,
      shadow: shadowSlot === undefined ? undefined : { slot: shadowSlot, tally: shadowTally },
      pending,
      lastOk,
      lastError: errors.last(),
    });

  const tell = (): void => {
    try {
      options.onStatus?.(status());
    } catch {
      // Whoever listens must not stop a refresh.
    }
  };

  const note = (stage: RefreshStage, error: PortcullisError): void => {
    if (errors.note(stage, error, clock.now())) tell();
  };

  /** Writes what is believed; a disk that is full is reported and stops nothing. */
  const save = async (signal: AbortSignal): Promise<void> => {
    if (trust === undefined) return;
    const active = slot?.bundle.ref.digest;
    const state = writeState({ trust, active, previous: previousDigest });
    try {
      await withSignal(() => storage.write(STATE_NAME, state), signal, "storage");
      if (errors.last()?.stage === "persist") errors.clear();
    } catch (cause) {
      note("persist", toRefusal(cause));
    }
  };

  const drop = (why: PortcullisError): void => {
    slot = undefined;
    canaryWatch = undefined;
    absence = why;
  };

  /** Verifies and prepares a bundle and lets every guard compile it, without making it current. */
  const ready = async (
    bytes: Uint8Array,
    target: Pick<HeadTarget, "id" | "digest" | "serial">,
    now: number,
  ): Promise<Slot> => {
    const root = demandTrust(trust).root;
    const { serialFloor, head } = demandTrust(trust);
    const about = { document: "bundle", bundle: name, serial: target.serial } as const;
    if (target.serial < serialFloor) {
      throw refuseBundle("bundle-rollback", "its serial is below one that was active.", about);
    }
    if (head !== undefined && target.serial < head.document.minSerial) {
      throw refuseBundle("below-minimum", "its serial is below the head's minimum.", about);
    }
    const verified: VerifiedBundle = await verifyBundle(bytes, { root, now, target, name, core });
    const prepared = await prepare(verified).catch((cause: unknown) => {
      throw toRefusal(cause, "policy");
    });
    versions += 1;
    const made = toSlot(verified, prepared, {
      target: target.id,
      since: clock.now(),
      version: versions,
      root,
    });
    for (const activate of activations) {
      await activate(made.bundle).catch((cause: unknown) => {
        throw refuseBundle("policy", "a guard cannot compile it.", { ...about, cause });
      });
    }
    return made;
  };

  const fetchBundle = async (target: HeadTarget, signal: AbortSignal): Promise<Uint8Array> => {
    const maxBytes = Math.min(target.size, ENVELOPE_BYTES.bundle);
    const bytes = await withSignal(
      () => source.bundle(target.digest, maxBytes, signal),
      signal,
      "transport",
    );
    if (bytes.length <= maxBytes) return bytes;
    throw refuseBundle("too-large", "it is larger than the head says.", { document: "bundle" });
  };

  /** The one place where a bundle becomes current. */
  const swap = async (
    next: Slot,
    bytes: Uint8Array,
    { head, signal }: { readonly head: VerifiedHead; readonly signal: AbortSignal },
  ): Promise<void> => {
    const { digest, serial } = next.bundle.ref;
    const before = slot?.bundle.ref.digest;
    const oldest = previousDigest;
    try {
      await withSignal(() => storage.write(blobName(digest), bytes), signal, "storage");
    } catch (cause) {
      note("persist", toRefusal(cause));
    }
    refuseLate(signal);
    const known = demandTrust(trust);
    const isMain = next.bundle.target === "main";
    trust = {
      ...known,
      confirming: head,
      confirmedUntil: head.document.expires,
      serialFloor: isMain ? Math.max(known.serialFloor, serial) : known.serialFloor,
    };
    slot = next;
    canaryWatch = isMain ? undefined : createCanaryWatch(digest, options.canary);
    if (before !== undefined && before !== digest) previousDigest = before;
    await save(signal);
    if (oldest !== undefined && oldest !== digest && oldest !== previousDigest) {
      // A blob that stays costs space and nothing else.
      await storage.remove(blobName(oldest)).catch(() => undefined);
    }
  };

  const takeTarget = async (
    target: HeadTarget,
    work: { readonly head: VerifiedHead; readonly now: number; readonly signal: AbortSignal },
    enter: (stage: RefreshStage) => void,
  ): Promise<RefreshResult> => {
    const { head, now, signal } = work;
    const { serial, digest } = target;
    const known = demandTrust(trust);
    const isSame = slot?.bundle.ref.digest === digest && slot.bundle.ref.serial === serial;
    if (slot !== undefined && isSame && slot.verifiedUnder === known.root) {
      const isMain = target.id === "main";
      if (now < slot.bundle.expires && serial >= head.document.minSerial) {
        trust = {
          ...known,
          confirming: head,
          confirmedUntil: head.document.expires,
          serialFloor: isMain ? Math.max(known.serialFloor, serial) : known.serialFloor,
        };
        if (slot.bundle.target !== target.id) {
          slot = Object.freeze({
            ...slot,
            bundle: Object.freeze({ ...slot.bundle, target: target.id }),
          });
          canaryWatch = isMain ? undefined : createCanaryWatch(digest, options.canary);
        }
        await save(signal);
        return { kind: "confirmed", serial, digest };
      }
    }
    enter("bundle");
    const bytes = await fetchBundle(target, signal);
    enter("prepare");
    let next: Slot;
    try {
      next = await ready(bytes, target, now);
    } catch (cause) {
      if (isReason(cause, "not-yet-valid")) {
        pending = target;
        return { kind: "pending", serial, digest };
      }
      throw cause;
    }
    refuseLate(signal);
    await swap(next, bytes, { head, signal });
    return { kind: "activated", serial, digest };
  };

  /** The canary on the side: whatever goes wrong with it is reported and nothing more. */
  const takeShadow = async (
    target: HeadTarget | undefined,
    { now, signal }: { readonly now: number; readonly signal: AbortSignal },
  ): Promise<void> => {
    const known = demandTrust(trust);
    if (target === undefined) {
      shadowSlot = undefined;
      return;
    }
    const isSame = shadowSlot?.bundle.ref.digest === target.digest;
    if (isSame && shadowSlot?.verifiedUnder === known.root) return;
    shadowSlot = undefined;
    try {
      shadowSlot = await ready(await fetchBundle(target, signal), target, now);
      shadowTally = createShadowTally();
    } catch (cause) {
      note("shadow", toRefusal(cause));
    }
  };

  /** A head that is forgotten with its key does not bring back what it had put out of force. */
  const dropStopped = (head: VerifiedHead | undefined): void => {
    if (head === undefined || slot === undefined || demandTrust(trust).head !== undefined) return;
    const { serial } = slot.bundle.ref;
    if (serial >= head.document.minSerial) return;
    const about = { document: "bundle", bundle: name, serial } as const;
    drop(refuseBundle("below-minimum", "the head had put it out of force.", about));
  };

  const refreshTrust = async (
    now: number,
    signal: AbortSignal,
    enter: (stage: RefreshStage) => void,
  ): Promise<VerifiedHead> => {
    enter("clock");
    const rollback = findClockRollback(readClock(), demandTrust(trust));
    if (rollback !== undefined) throw rollback;
    enter("root");
    const { root: rootBefore, head: headBefore } = demandTrust(trust);
    try {
      await advanceRoots(demandTrust(trust), {
        name,
        now,
        fetchRoot: (version) => withSignal(() => source.root(version, signal), signal, "transport"),
        async accept(next) {
          // Never on disk with heads that it does not stand behind: such a state is read as empty.
          trust = await dropForeignHeads(next, { name, channel, now });
          await save(signal);
          return trust;
        },
      });
    } finally {
      if (demandTrust(trust).root !== rootBefore) {
        trust = await dropForeignHeads(demandTrust(trust), { name, channel, now });
        headTag = undefined;
        dropStopped(headBefore);
        await save(signal);
      }
    }
    const { root } = demandTrust(trust);
    if (root.document.expires <= now) {
      throw refuseBundle("root-expired", "it has expired.", { document: "root", bundle: name });
    }
    enter("head");
    const stored = demandTrust(trust).head;
    const tag = stored === undefined ? undefined : headTag;
    const found = await withSignal(() => source.head(tag, signal), signal, "transport");
    if (found === "unchanged" && stored === undefined) {
      throw refuseBundle("transport", "The source says that an unknown head is unchanged.");
    }
    const bytes =
      found !== "unchanged"
        ? found.bytes
        : toUtf8(stored === undefined ? "" : writeEnvelope(stored.envelope));
    const head = await verifyHead(bytes, { root, now, name, channel });
    trust = acceptHead(demandTrust(trust), head);
    if (found !== "unchanged") headTag = found.tag;
    // Before the bundle is fetched: what is withheld from now on does not stay in force.
    await save(signal);
    return head;
  };

  const runRefresh = async (): Promise<RefreshResult> => {
    const timeout = new AbortController();
    const cancel = clock.schedule(timeoutMs, () => timeout.abort());
    const { signal } = timeout;
    const now = clock.now();
    const rootBefore = demandTrust(trust).root;
    let stage: RefreshStage = "clock";
    const enter = (next: RefreshStage): void => {
      stage = next;
    };
    const before = slot;
    const wasPending = pending;
    try {
      const head = await refreshTrust(now, signal, enter);
      enter("bundle");
      const { abandoned } = demandTrust(trust);
      const chosen = await chooseTargets(head.document, { instance, abandoned });
      pending = undefined;
      const result = await takeTarget(chosen.target, { head, now, signal }, enter);
      await takeShadow(chosen.shadow, { now, signal });
      lastOk = clock.now();
      const hadError = stageOfLast(errors.last()?.stage) && errors.clear();
      if (hadError || slot !== before || pending !== wasPending) tell();
      return result;
    } catch (cause) {
      const error = toRefusal(cause);
      note(stage, error);
      return { kind: "failed", stage, error };
    } finally {
      cancel();
      await dropForeignBundles(rootBefore, signal);
    }
  };

  /** Only now: until here the old bundle served, so a rotation published in one run leaves no gap. */
  const dropForeignBundles = async (
    rootBefore: VerifiedRoot,
    signal: AbortSignal,
  ): Promise<void> => {
    const { root } = demandTrust(trust);
    if (root === rootBefore) return;
    if (shadowSlot !== undefined && shadowSlot.verifiedUnder !== root) shadowSlot = undefined;
    if (slot === undefined || slot.verifiedUnder === root) return;
    try {
      slot = await verifySlotUnder(slot, root);
    } catch (cause) {
      const error = toRefusal(cause);
      drop(error);
      note("root", error);
      tell();
    }
    await save(signal);
  };

  /** Never two at once. */
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const next = tail.then(work);
    tail = next.then(
      () => undefined,
      () => undefined,
    );
    return next;
  };

  const refresh = (): Promise<RefreshResult> => {
    refreshing ??= exclusively(async () => {
      try {
        await begin();
        return await runRefresh();
      } catch (cause) {
        return { kind: "failed", stage: "root", error: toRefusal(cause) } as const;
      } finally {
        refreshing = undefined;
      }
    });
    return refreshing;
  };

  /** Gives up a canary that errs: `main` at once, from what is known, also without a server. */
  const leaveCanary = async (digest: string): Promise<RefreshResult> => {
    const known = demandTrust(trust);
    if (known.head === undefined || slot?.bundle.ref.digest !== digest) {
      return { kind: "confirmed", serial: 0, digest };
    }
    trust = { ...known, abandoned: digest };
    const error = refuseBundle("self-test", "too many decisions of this canary erred.", {
      document: "bundle",
      bundle: name,
      serial: slot.bundle.ref.serial,
    });
    note("canary", error);
    const { main } = known.head.document;
    const timeout = new AbortController();
    const cancel = clock.schedule(timeoutMs, () => timeout.abort());
    const { signal } = timeout;
    try {
      const kept = await storage.read(blobName(main.digest)).catch(() => undefined);
      const bytes = kept ?? (await fetchBundle(main, signal));
      const next = await ready(bytes, main, clock.now());
      await swap(next, bytes, { head: known.head, signal });
      tell();
      return { kind: "activated", serial: main.serial, digest: main.digest };
    } catch (cause) {
      const failure = toRefusal(cause);
      note("canary", failure);
      return { kind: "failed", stage: "canary", error: failure };
    } finally {
      cancel();
    }
  };

  /** Verifies the pinned root and takes what storage holds; once. */
  let beginning: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    beginning ??= (async () => {
      pinned = await verifyRoot(options.initialRoot);
      refuseForeignRoot(pinned, name);
      trust = initialTrust(pinned);
      await restore(pinned);
    })();
    return beginning;
  };

  const restore = async (root: VerifiedRoot): Promise<void> => {
    const timeout = new AbortController();
    const cancel = clock.schedule(timeoutMs, () => timeout.abort());
    const { signal } = timeout;
    try {
      const bytes = await withSignal(() => storage.read(STATE_NAME), signal, "storage");
      if (bytes === undefined) return;
      const state = await readState(bytes, { pinned: root, name, channel });
      ({ trust } = state);
      previousDigest = state.previous;
      const { active } = state;
      if (active === undefined) return;
      const target = namedBy(trust.confirming, active);
      const blob = await withSignal(() => storage.read(blobName(active)), signal, "storage");
      if (blob === undefined || target === undefined) {
        throw refuseBundle("no-bundle", "the active bundle is not there.", { document: "state" });
      }
      const rollback = findClockRollback(readClock(), trust);
      if (rollback !== undefined) throw rollback;
      slot = await ready(blob, target, clock.now());
      if (target.id === "canary") canaryWatch = createCanaryWatch(active, options.canary);
    } catch (cause) {
      const error = toRefusal(cause, "storage");
      drop(error);
      note("state", error);
    } finally {
      cancel();
    }
  };

  const tellAgain = (): void => {
    cancelStatus = clock.schedule(STATUS_EVERY_MS, () => {
      tell();
      if (!isStopped) tellAgain();
    });
  };

  return {
    async start() {
      await begin();
      if (refreshSeconds === 0 || loop !== undefined || isStopped) return;
      tellAgain();
      loop = createRefreshLoop({
        source,
        clock,
        intervalMs: refreshSeconds * 1000,
        refresh: async () => (await refresh()).kind !== "failed",
        tag: () => headTag,
      });
    },
    refresh,
    current(tool) {
      const reading = readClock();
      const active = slot?.bundle;
      if (active === undefined || trust === undefined) throw absence;
      const stale = findStaleness(active, trust, { clock: reading, tool, limits });
      if (stale !== undefined) throw stale;
      return active;
    },
    shadow: () => shadowSlot?.bundle,
    observe(observation: PolicyObservation) {
      if (observation.shadow?.digest === shadowSlot?.bundle.ref.digest) {
        shadowTally?.add(observation);
      }
      if (canaryWatch?.hasFailed(observation) !== true) return;
      canaryWatch = undefined;
      void exclusively(() => leaveCanary(observation.digest));
    },
    onCandidate(activate) {
      activations.add(activate);
      return () => activations.delete(activate);
    },
    issuers: () => trust?.root.document.issuers ?? [],
    status,
    async stop() {
      isStopped = true;
      cancelStatus?.();
      await loop?.stop();
      await tail;
      await storage.close?.();
    },
  };
}

function checkOptions(options: BundleClientOptions): void {
  createLayout(options.name, options.channel);
  if (options.instance === "" || options.instance.length > 256) {
    throw new PortcullisConfigError("instance", "`instance` must be a name that stays the same.");
  }
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(options.core)) {
    throw new PortcullisConfigError("core", "`core` must be a version, such as 0.1.0.");
  }
  const seconds = {
    refreshSeconds: options.refreshSeconds,
    refreshTimeoutSeconds: options.refreshTimeoutSeconds,
    "maxStale.readOnlySeconds": options.maxStale?.readOnlySeconds,
    "maxStale.sideEffectsSeconds": options.maxStale?.sideEffectsSeconds,
  };
  for (const [option, value] of Object.entries(seconds)) {
    if (value === undefined || (Number.isFinite(value) && value >= 0)) continue;
    throw new PortcullisConfigError(option, `\`${option}\` must be seconds, 0 or more.`);
  }
}

function demandTrust(trust: Trust | undefined): Trust {
  if (trust === undefined) throw refuseBundle("no-bundle", "The client has not begun.");
  return trust;
}

/** The target of a head that names a bundle. */
function namedBy(head: VerifiedHead | undefined, digest: string): HeadTarget | undefined {
  const { main, canary } = head?.document ?? {};
  return [main, canary].find((target) => target?.digest === digest);
}

/** Problems of the disk stay on record until a write succeeds again. */
function stageOfLast(stage: RefreshStage | undefined): boolean {
  return stage !== "persist" && stage !== "shadow" && stage !== "canary";
}

function isReason(cause: unknown, reason: string): boolean {
  return PortcullisError.isInstance(cause) && cause.fields.reason === reason;
}

/** Whatever was thrown, as a refusal of ours; a foreign text is never shown. */
function toRefusal(
  cause: unknown,
  otherwise: "transport" | "storage" | "policy" = "transport",
): PortcullisError {
  if (PortcullisError.isInstance(cause) && cause.code.startsWith("ERR_BUNDLE_")) return cause;
  return refuseBundle(otherwise, "Something else than a bundle's own check failed.", { cause });
}
