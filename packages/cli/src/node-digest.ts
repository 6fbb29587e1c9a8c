import { createHash, createHmac } from "node:crypto";
import type { Digest } from "@portcullis/core";

/** Node's hashing as core's port. */
export const nodeDigest: Digest = {
  sha256: (text: string): string => createHash("sha256").update(text, "utf8").digest("base64url"),
  hmacSha256: (key: string, text: string): string =>
    createHmac("sha256", key).update(text, "utf8").digest("base64url"),
};
