export { createJoseSignatureBackend } from "./jose/signature-backend.ts";
export { verifyJws } from "./jose/verify-jws.ts";

export type { JwsRefusal, JwsResult } from "./jose/verify-jws.ts";
