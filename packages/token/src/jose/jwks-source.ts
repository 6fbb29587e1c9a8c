import type { Clock, Json, JsonObject } from "@portcullis/core";
import { PortcullisConfigError, readStrictJson, runtimeDefaults } from "@portcullis/core";
import { isList, isObject } from "../internal/read-jws.ts";
import { readCapped } from "./read-capped.ts";

/** Where keys are fetched from, and how often. */
export interface JwksSourceOptions {
  /** `https:`; `http:` only to this machine, and only with `allowLoopback`. */
  readonly url: string | URL;
  /** Takes `http:` to a loopback address, for tests and development. Default false. */
  readonly allowLoopback?: boolean;
  /** How long keys are believed, in milliseconds. Default 60 000: a withdrawn key lives as long. */
  readonly maxAgeMs?: number;
  /** Least time between two fetches for a key that was not there. Default 10 000. */
  readonly cooldownMs?: number;
  /** Longest fetch. Default 2 000. */
  readonly timeoutMs?: number;
  /** Default the platform's. */
  readonly fetch?: typeof fetch;
  /** Default the platform's. */
  readonly clock?: Clock;
}

/** The keys of one issuer, fetched when they are needed. */
export interface JwksSource {
  /**
   * The key with this id, or the only one where no id is given; undefined where there is none.
   *
   * Rejects when the keys cannot be fetched, at once while the source backs off.
   */
  find(kid: string | undefined): Promise<JsonObject | undefined>;
  /** Forgets all keys: a revoked one is gone at the next call. */
  reload(): void;
}

interface Fetched {
  readonly keys: readonly JsonObject[];
  /** Monotonic milliseconds. */
  readonly at: number;
}

const MAX_BYTES = 262_144;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Creates a source of the keys at a JWKS address (RFC 7517 §5). Many calls that want keys at the same
 * time make one fetch; after a failure it waits, twice as long each time, and refuses meanwhile. A set
 * in which a `kid` occurs twice is refused whole.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the address is not one that is taken.
 *
 * @example
 * ```ts
 * const keys = createJwksSource({ url: "https://login.example/jwks.json" });
 * ```
 */
export function createJwksSource(options: JwksSourceOptions): JwksSource {
  const { maxAgeMs = 60_000, cooldownMs = 10_000, timeoutMs = 2000 } = options;
  const { clock = runtimeDefaults.clock, fetch: load = fetch } = options;
  const url = readUrl(options);
  let fetched: Fetched | undefined;
  let loading: Promise<Fetched> | undefined;
  let failures = 0;
  let generation = 0;
  let pausedUntil = Number.NEGATIVE_INFINITY;

  const refresh = async (): Promise<Fetched> => {
    if (clock.monotonic() < pausedUntil) throw new Error("The keys could not be fetched lately.");
    loading ??= fetchOnce().finally(() => {
      loading = undefined;
    });
    return loading;
  };
  const fetchOnce = async (): Promise<Fetched> => {
    const began = generation;
    try {
      const keys = await fetchKeys(url, { load, timeoutMs });
      failures = 0;
      const found = { keys, at: clock.monotonic() };
      // What was asked for before a key was withdrawn is not believed after.
      if (began !== generation) return await fetchOnce();
      fetched = found;
      return found;
    } catch (cause) {
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      failures += 1;
      pausedUntil = clock.monotonic() + pause;
      throw cause;
    }
  };

  return Object.freeze({
    async find(kid: string | undefined) {
      const known = fetched;
      const age = known === undefined ? Infinity : clock.monotonic() - known.at;
      const { keys } = known !== undefined && age < maxAgeMs ? known : await refresh();
      const found = pick(keys, kid);
      if (found !== undefined || age < cooldownMs || age >= maxAgeMs) return found;
      // A key that was added since; what is known stays good if that fails.
      return pick((await refresh()).keys, kid);
    },
    reload() {
      fetched = undefined;
      loading = undefined;
      generation += 1;
    },
  } satisfies JwksSource);
}

function pick(keys: readonly JsonObject[], kid: string | undefined): JsonObject | undefined {
  if (kid !== undefined) return keys.find((key) => key["kid"] === kid);
  // Which of several is meant would be a guess.
  return keys.length === 1 ? keys[0] : undefined;
}

function readUrl({ url, allowLoopback = false }: JwksSourceOptions): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new PortcullisConfigError("url", "`url` is not an address.");
  }
  const isHere = allowLoopback && parsed.protocol === "http:" && LOOPBACK.has(parsed.hostname);
  if (parsed.protocol !== "https:" && !isHere) {
    throw new PortcullisConfigError("url", "`url` must be `https:`.");
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new PortcullisConfigError("url", "`url` must hold no credentials.");
  }
  return parsed;
}

async function fetchKeys(
  url: URL,
  { load, timeoutMs }: { readonly load: typeof fetch; readonly timeoutMs: number },
): Promise<readonly JsonObject[]> {
  const response = await load(url, {
    redirect: "error",
    headers: { accept: "application/jwk-set+json, application/json" },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) throw new Error("The key set was not given out.");
  const text = await readCapped(response.body, MAX_BYTES);
  const result = text === undefined ? undefined : readStrictJson(text);
  if (result?.ok !== true) throw new Error("The key set is no JSON.");
  return readKeySet(result.value);
}

function readKeySet(json: Json): readonly JsonObject[] {
  const keys = isObject(json) ? json["keys"] : undefined;
  if (!isList(keys) || !keys.every(isObject)) throw new Error("The key set is none.");
  const ids = keys.map((key) => key["kid"]).filter((kid) => kid !== undefined);
  if (new Set(ids).size !== ids.length) throw new Error("A key id occurs twice.");
  return keys;
}
