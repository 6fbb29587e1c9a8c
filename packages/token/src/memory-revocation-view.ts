import type { Clock } from "@portcullis/core";
import { PortcullisConfigError, runtimeDefaults } from "@portcullis/core";
import { LIMITS } from "./claims.ts";
import type { RevocationQuery, RevocationView } from "./ports.ts";
import type { RevocationReason } from "./token-error.ts";

/** Something that ends or changes rights; each is one member and what goes with it. */
export type RevocationEvent =
  /** A token and all that was delegated under it. */
  | { readonly jti: string }
  /** A holder's key, by its RFC 7638 thumbprint. */
  | { readonly jkt: string; readonly revoked?: boolean }
  /** An agent, wherever it stands in a chain; `disabled: false` lifts that. */
  | { readonly actor: string; readonly disabled?: boolean }
  /** A person who left; `disabled: false` lifts that alone. */
  | { readonly sub: string; readonly disabled: boolean }
  /** A person whose sign-in ended: grants issued until then are over. Seconds. */
  | { readonly sub: string; readonly notBefore: number }
  /** A person whose rights changed: grants of an older version, or of none, are over. */
  | { readonly sub: string; readonly version: number };

/** All that a view holds, as plain data, to be kept over a restart. */
export interface RevocationSnapshot {
  readonly tokens: readonly (readonly [jti: string, untilSeconds: number])[];
  readonly keys: readonly string[];
  readonly actors: readonly string[];
  readonly disabled: readonly string[];
  readonly notBefore: readonly (readonly [sub: string, seconds: number])[];
  readonly versions: readonly (readonly [sub: string, version: number])[];
}

/** Parts and bounds of {@link createMemoryRevocationView}. */
export interface MemoryRevocationViewOptions {
  /** Default the platform's. */
  readonly clock?: Clock;
  /**
   * State of a view that ran before, or an empty one where nothing was revoked ever. Without it
   * every grant that was issued before the view began is refused.
   */
  readonly snapshot?: RevocationSnapshot;
  /**
   * Longest silence of the source, in seconds; after it every tool that does not only read is
   * refused. Default none: then nobody notices that the source was cut off.
   */
  readonly maxSilenceSeconds?: number;
}

/** A revocation view with its push API. */
export interface MemoryRevocationView extends RevocationView {
  /** Takes effect at the next call; counts as a sign of life. */
  revoke(event: RevocationEvent): void;
  /** Notes that the source of events is alive and had nothing to say. */
  noteAlive(): void;
  /** All that is known, to be handed to the next view. */
  snapshot(): RevocationSnapshot;
}

/** A snapshot of a view in which nothing was revoked. */
export const NOTHING_REVOKED: RevocationSnapshot = Object.freeze({
  tokens: [],
  keys: [],
  actors: [],
  disabled: [],
  notBefore: [],
  versions: [],
});

/** Longest effect of one token, with the largest skew. */
const KEEP_SECONDS = LIMITS.linkSeconds + 4;

/**
 * Creates a revocation view in memory that the host tells what happened: a role change, a person who
 * left, an agent or chain that was stopped. Every verifier that asks it refuses at the next call.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when `maxSilenceSeconds` is not above 0.
 *
 * @example
 * ```ts
 * const revocation = createMemoryRevocationView({ snapshot: NOTHING_REVOKED });
 * revocation.revoke({ sub: "user:alice", disabled: true });
 * ```
 */
export function createMemoryRevocationView(
  options: MemoryRevocationViewOptions = {},
): MemoryRevocationView {
  const { clock = runtimeDefaults.clock, snapshot, maxSilenceSeconds } = options;
  if (maxSilenceSeconds !== undefined && !(maxSilenceSeconds > 0)) {
    throw new PortcullisConfigError("maxSilenceSeconds", "`maxSilenceSeconds` must be above 0.");
  }
  const from = snapshot ?? NOTHING_REVOKED;
  const tokens = new Map(from.tokens);
  const keys = new Set(from.keys);
  const actors = new Set(from.actors);
  const disabled = new Set(from.disabled);
  const notBefore = new Map(from.notBefore);
  const versions = new Map(from.versions);
  const begun = Math.floor(clock.now() / 1000);
  let lastSign = clock.monotonic();

  const isSilent = (): boolean =>
    maxSilenceSeconds !== undefined && !(clock.monotonic() - lastSign <= maxSilenceSeconds * 1000);
  const forgetTokens = (now: number): void => {
    // In the order they were added, so the first that is still needed ends the search.
    for (const [jti, until] of tokens) {
      if (until > now) return;
      tokens.delete(jti);
    }
  };

  return Object.freeze({
    check(query: RevocationQuery): RevocationReason | undefined {
      const { subject, subjectVersion, issuedAt } = query;
      if (query.tokenIds.some((id) => tokens.has(id))) return "token";
      if (query.keyThumbprints.some((thumbprint) => keys.has(thumbprint))) return "key";
      if (query.actors.some((actor) => actors.has(actor))) return "actor";
      if (disabled.has(subject)) return "subject-disabled";
      const after = Math.max(notBefore.get(subject) ?? -1, snapshot === undefined ? begun : -1);
      if (!(issuedAt > after)) return "subject-changed";
      const version = versions.get(subject);
      if (version !== undefined && !(subjectVersion !== undefined && subjectVersion >= version)) {
        return "entitlements-changed";
      }
      return query.risk !== "normal" && isSilent() ? "signals-silent" : undefined;
    },
    revoke(event: RevocationEvent) {
      const now = clock.now() / 1000;
      lastSign = clock.monotonic();
      if ("jti" in event) {
        forgetTokens(now);
        tokens.delete(event.jti);
        tokens.set(event.jti, now + KEEP_SECONDS);
      } else if ("jkt" in event) {
        setMember(keys, event.jkt, event.revoked !== false);
      } else if ("actor" in event) {
        setMember(actors, event.actor, event.disabled !== false);
      } else if ("disabled" in event) {
        setMember(disabled, event.sub, event.disabled);
      } else if ("notBefore" in event) {
        // A time that is no number ends all there is.
        const until = Number.isFinite(event.notBefore) ? event.notBefore : Math.floor(now);
        notBefore.set(event.sub, Math.max(notBefore.get(event.sub) ?? -1, until));
      } else {
        versions.set(event.sub, Math.max(versions.get(event.sub) ?? -1, event.version));
      }
    },
    noteAlive() {
      lastSign = clock.monotonic();
    },
    snapshot: () =>
      Object.freeze({
        tokens: [...tokens],
        keys: [...keys],
        actors: [...actors],
        disabled: [...disabled],
        notBefore: [...notBefore],
        versions: [...versions],
      }),
  } satisfies MemoryRevocationView);
}

function setMember(set: Set<string>, member: string, isIn: boolean): void {
  if (isIn) set.add(member);
  else set.delete(member);
}
