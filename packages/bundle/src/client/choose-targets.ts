import type { HeadDocument, HeadTarget } from "../head-document.ts";
import { sha256 } from "../internal/sha256.ts";

/** What an instance takes from a head. */
export interface ChosenTargets {
  /** What it enforces. */
  readonly target: HeadTarget;
  /** What it tries on the side. */
  readonly shadow: HeadTarget | undefined;
}

const BUCKETS = 10_000;

/** Chooses by the stable hash of the instance; a canary that was given up is `main` again. */
export async function chooseTargets(
  { name, main, canary, rollout }: HeadDocument,
  { instance, abandoned }: { readonly instance: string; readonly abandoned: string | undefined },
): Promise<ChosenTargets> {
  const nothing = { target: main, shadow: undefined };
  if (canary === undefined || rollout === undefined || canary.digest === abandoned) return nothing;
  const bucket = await bucketOf([name, rollout.salt, instance]);
  if (bucket >= rollout.basisPoints) return nothing;
  return rollout.mode === "shadow"
    ? { target: main, shadow: canary }
    : { target: canary, shadow: undefined };
}

/** The first 32 bits of SHA-256 over the parts with NUL between them, in 10 000 buckets. */
async function bucketOf(parts: readonly string[]): Promise<number> {
  const hash = await sha256(parts.join("\0"));
  return new DataView(hash.buffer, hash.byteOffset).getUint32(0) % BUCKETS;
}
