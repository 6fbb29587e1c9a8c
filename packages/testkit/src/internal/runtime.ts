import { createHash, createHmac } from "node:crypto";
import type { Digest } from "@portcullis/core";

/** The digest with which answers to approvals are proven. */
export const digest: Digest = {
  sha256: (text) => createHash("sha256").update(text).digest("base64url"),
  hmacSha256: (key, text) => createHmac("sha256", key).update(text).digest("base64url"),
};

/** People of the vectors: a supervisor, and the requester, who holds a key as well. */
export const PEOPLE = [
  { id: "user:sam", roles: ["supervisor"], key: "supervisor-key-of-the-vectors-0001" },
  { id: "user:ann", roles: ["supervisor"], key: "requester-key-of-the-vectors-00001" },
  { id: "bot", roles: ["supervisor"], key: "agents-key-of-the-vectors-00000001" },
] as const;
