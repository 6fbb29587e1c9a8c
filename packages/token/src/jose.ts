export { createJoseSignatureBackend } from "./jose/signature-backend.ts";
