import { toTimeText } from "../internal/time-text.ts";
import type { HeadTarget } from "../head-document.ts";
import type {
  ActiveBundle,
  BundleClientOptions,
  BundleStatus,
  StatusError,
} from "./bundle-client.ts";
import type { Slot } from "./bundle-slots.ts";
import type { ShadowTally } from "./shadow-tally.ts";
import type { Trust } from "./trust.ts";

/** What a status is made of. */
export interface StatusParts {
  readonly options: BundleClientOptions;
  readonly trust: Trust | undefined;
  readonly active: ActiveBundle | undefined;
  readonly shadow: { readonly slot: Slot; readonly tally: ShadowTally | undefined } | undefined;
  readonly pending: HeadTarget | undefined;
  readonly lastOk: number | undefined;
  readonly lastError: StatusError | null;
}

const NO_COUNTS = { decisions: 0, differences: 0, errors: 0 };

/** Writes what a client knows of itself as plain JSON. */
export function toStatus(parts: StatusParts): BundleStatus {
  const { options, trust, active, shadow, pending, lastOk, lastError } = parts;
  const { name, channel, instance, core } = options;
  return {
    name,
    channel,
    instance,
    core,
    root_version: trust?.root.document.version ?? 0,
    head_version: trust?.head?.document.version ?? null,
    head_digest: trust?.head?.digest ?? null,
    active:
      active === undefined
        ? null
        : {
            digest: active.ref.digest,
            serial: active.ref.serial,
            target: active.target,
            since: toTimeText(active.since),
            confirmed_until: toTimeText(trust?.confirmedUntil ?? 0),
          },
    shadow:
      shadow === undefined
        ? null
        : {
            digest: shadow.slot.bundle.ref.digest,
            serial: shadow.slot.bundle.ref.serial,
            ...(shadow.tally?.counts() ?? NO_COUNTS),
          },
    pending: pending === undefined ? null : { digest: pending.digest, serial: pending.serial },
    last_ok: lastOk === undefined ? null : toTimeText(lastOk),
    last_error: lastError,
  };
}
