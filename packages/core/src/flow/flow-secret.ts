import type { Digest } from "../ports/runtime.ts";
import { createShingleHash } from "./keyed-shingles.ts";
import type { ShingleHash } from "./keyed-shingles.ts";

/** The hashes under which one session keeps its values. */
export interface FlowSecret {
  /** Names the secret without giving it away. */
  readonly keyId: string;
  /** HMACs of values. */
  seal(values: readonly string[]): Promise<readonly string[]>;
  readonly shingles: ShingleHash;
}

/** Derives the secret of a session from the deployment's key. */
export async function createFlowSecret(
  digest: Digest,
  deploymentKey: string,
  sessionKey: string,
): Promise<FlowSecret> {
  const key = await digest.hmacSha256(deploymentKey, JSON.stringify(["flow", sessionKey]));
  const [keyId, shingleKey] = await Promise.all([
    digest.hmacSha256(key, "key-id"),
    digest.hmacSha256(key, "shingles"),
  ]);
  return {
    keyId,
    shingles: createShingleHash(shingleKey),
    async seal(values) {
      const sealed: string[] = [];
      for (const value of values) {
        const mac = digest.hmacSha256(key, `value:${value}`);
        // Waiting for what is there already would cost more than the hash.
        sealed.push(typeof mac === "string" ? mac : await mac);
      }
      return sealed;
    },
  };
}
