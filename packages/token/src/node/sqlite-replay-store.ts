import { DatabaseSync } from "node:sqlite";
import type { Clock, ReplayStore } from "@portcullis/core";
import { PortcullisConfigError, runtimeDefaults } from "@portcullis/core";

/** Where and how much a {@link createSqliteReplayStore} keeps. */
export interface SqliteReplayStoreOptions {
  /** Database file; every process that serves the same audience names the same one. */
  readonly path: string;
  /** Tolerance between issuer and verifier, 0 to 2. Default 2. */
  readonly skewSeconds?: number;
  /** Most ids held at the same time. Default 1 000 000. */
  readonly maxKeys?: number;
  /** Longest wait for another writer, in milliseconds. Default 200. */
  readonly busyTimeoutMs?: number;
  /** Default the platform's. */
  readonly clock?: Clock;
}

/** A replay store that several threads and processes of one machine share. */
export interface SqliteReplayStore extends ReplayStore {
  /** Closes the database; later uses reject. */
  close(): void;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS used (key TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS used_until ON used (until);
CREATE TABLE IF NOT EXISTS high_water (id INTEGER PRIMARY KEY CHECK (id = 1), seconds REAL NOT NULL);
`;

/**
 * Creates a replay store in an SQLite file: an id is taken once by whoever is first, in whichever
 * thread or process of the machine, and stays taken over a restart.
 *
 * The highest time that any of them saw counts, so that a clock going back revives nothing: an id
 * that is over by that time is `cold`. An error or a locked file rejects, which denies.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an option is out of its range or the file
 * cannot be opened.
 *
 * @example
 * ```ts
 * const replay = createSqliteReplayStore({ path: "./.portcullis/replay.sqlite" });
 * ```
 */
export function createSqliteReplayStore(options: SqliteReplayStoreOptions): SqliteReplayStore {
  const { path, skewSeconds = 2, maxKeys = 1_000_000, busyTimeoutMs = 200 } = options;
  const { clock = runtimeDefaults.clock } = options;
  if (!(skewSeconds >= 0 && skewSeconds <= 2)) {
    throw new PortcullisConfigError("skewSeconds", "`skewSeconds` must be from 0 to 2.");
  }
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1) {
    throw new PortcullisConfigError("maxKeys", "`maxKeys` must be a positive whole number.");
  }
  const database = open(path, busyTimeoutMs);
  const raise = database.prepare(
    "INSERT INTO high_water VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET seconds = max(seconds, ?1) RETURNING seconds",
  );
  const forget = database.prepare("DELETE FROM used WHERE until <= ?");
  const find = database.prepare("SELECT 1 AS found FROM used WHERE key = ?");
  const count = database.prepare("SELECT count(*) AS size FROM used");
  const add = database.prepare("INSERT INTO used (key, until) VALUES (?, ?)");

  const take = (key: string, until: number): "ok" | "replayed" | "full" | "cold" => {
    const seconds = Number(raise.get(clock.now() / 1000)?.["seconds"]);
    if (!Number.isFinite(seconds)) throw new Error("The clock gives no time.");
    forget.run(seconds);
    if (find.get(key) !== undefined) return "replayed";
    if (!(until > seconds)) return "cold";
    if (Number(count.get()?.["size"]) >= maxKeys) return "full";
    add.run(key, until);
    return "ok";
  };

  return Object.freeze({
    async consume(key: string, issuedAtSeconds: number, expiresAtSeconds: number) {
      if (typeof key !== "string" || key.length > 1024) {
        throw new TypeError("A one-time id must be a text of at most 1 024 characters.");
      }
      if (!Number.isFinite(issuedAtSeconds) || !Number.isFinite(expiresAtSeconds)) {
        throw new TypeError("The times of a one-time id must be finite.");
      }
      // Locks the file before anything is read, so that nobody is between look and take.
      database.exec("BEGIN IMMEDIATE");
      try {
        const answer = take(key, expiresAtSeconds + skewSeconds);
        database.exec("COMMIT");
        return answer;
      } catch (cause) {
        database.exec("ROLLBACK");
        throw cause;
      }
    },
    close: () => database.close(),
  } satisfies SqliteReplayStore);
}

function open(path: string, busyTimeoutMs: number): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    // What a loss of power takes away has expired before the machine is up again.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    database.exec(SCHEMA);
    return database;
  } catch (cause) {
    throw new PortcullisConfigError("path", "The replay store's file cannot be opened.", { cause });
  }
}
