import { createHash } from "node:crypto";
import type { LockOptions } from "../../src/mcp.ts";

/** Node's hashing as core's port. */
export const digest: LockOptions["digest"] = {
  sha256: (text) => createHash("sha256").update(text, "utf8").digest("base64url"),
};
