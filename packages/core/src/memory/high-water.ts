import { PortcullisError } from "../errors.ts";

/**
 * Reads a clock that never goes back: what is over stays over.
 *
 * The returned function throws `ERR_STORE_UNAVAILABLE` when the clock gives no finite number.
 */
export function createHighWater(read: () => number): () => number {
  let highest = -Infinity;
  return () => {
    const time = read();
    if (!Number.isFinite(time)) {
      throw new PortcullisError("ERR_STORE_UNAVAILABLE", "The clock gives no time.", {
        fields: { reason: "clock" },
      });
    }
    highest = Math.max(highest, time);
    return highest;
  };
}
