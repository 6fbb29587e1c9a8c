export { createNodeSignatureBackend } from "./node/signature-backend.ts";
export { generateHolderKey, generateIssuerKey, importHolderKey } from "./node/holder-key.ts";
export { createSqliteReplayStore } from "./node/sqlite-replay-store.ts";

export type { PrivateJwk } from "./node/holder-key.ts";
export type { SqliteReplayStore, SqliteReplayStoreOptions } from "./node/sqlite-replay-store.ts";
