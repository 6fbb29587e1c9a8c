import type { VerifiedHead, VerifiedRoot } from "../verified.ts";

/** Everything a client believes because somebody signed it; replaced as a whole. */
export interface Trust {
  /** Roots above the pinned one, in order. */
  readonly roots: readonly VerifiedRoot[];
  /** The newest root. */
  readonly root: VerifiedRoot;
  /** The head with the highest version that was ever verified. */
  readonly head: VerifiedHead | undefined;
  /** The newest head whose chosen target is the active bundle: it alone keeps that fresh. */
  readonly confirming: VerifiedHead | undefined;
  /** Highest serial that was ever active as `main`. */
  readonly serialFloor: number;
  /** When the newest head was issued, milliseconds since the epoch; not from the local clock. */
  readonly trustedTime: number;
  /** Until when the active bundle is fresh, milliseconds since the epoch. */
  readonly confirmedUntil: number;
  /** Digest of a canary that this instance gave up. */
  readonly abandoned: string | undefined;
}

/** What is believed with nothing but the pinned root. */
export function initialTrust(root: VerifiedRoot): Trust {
  return {
    roots: [],
    root,
    head: undefined,
    confirming: undefined,
    serialFloor: 0,
    trustedTime: 0,
    confirmedUntil: 0,
    abandoned: undefined,
  };
}

/** What is believed under the next root; a higher epoch forgets all floors. */
export function withRoot(trust: Trust, root: VerifiedRoot, now: number): Trust {
  const next = { ...trust, roots: [...trust.roots, root], root };
  if (root.document.epoch === trust.root.document.epoch) return next;
  return {
    ...next,
    head: undefined,
    confirming: undefined,
    serialFloor: 0,
    confirmedUntil: Math.min(trust.confirmedUntil, now),
  };
}
