import { platform } from "#platform";
import type { Clock, Digest, Random } from "./ports/runtime.ts";

/** What the runtime gives every part that is not handed in: hashing, randomness, time. */
export const runtimeDefaults: {
  readonly digest: Digest;
  readonly random: Random;
  readonly clock: Clock;
} = Object.freeze({ digest: platform.digest, random: platform.random, clock: platform.clock });
