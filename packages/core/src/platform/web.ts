import type { AbortHandle, Signal } from "../abort.ts";
import type { Scope, ScopePort } from "../ports/scope-port.ts";
import type { Platform } from "./contract.ts";

declare const crypto: {
  getRandomValues(bytes: Uint8Array): Uint8Array;
  readonly subtle: {
    digest(algorithm: "SHA-256", data: Uint8Array): Promise<ArrayBuffer>;
    importKey(
      format: "raw",
      key: Uint8Array,
      algorithm: { readonly name: "HMAC"; readonly hash: "SHA-256" },
      extractable: false,
      usages: readonly ["sign"],
    ): Promise<object>;
    sign(algorithm: "HMAC", key: object, data: Uint8Array): Promise<ArrayBuffer>;
  };
};
declare const performance: { now(): number };
declare const setTimeout: (callback: () => void, delayMs: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;
declare const btoa: (binary: string) => string;
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const AbortController: new () => AbortHandle;
declare const AbortSignal: { any(signals: readonly Signal[]): Signal };

const encoder = new TextEncoder();

/** Defaults for runtimes with web globals only; without async context a scope is not carried. */
export const platform: Platform = {
  digest: {
    sha256: async (text) =>
      toBase64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)))),
    hmacSha256: async (key, text) => {
      const algorithm = { name: "HMAC", hash: "SHA-256" } as const;
      const imported = await crypto.subtle.importKey("raw", encoder.encode(key), algorithm, false, [
        "sign",
      ]);
      const mac = await crypto.subtle.sign("HMAC", imported, encoder.encode(text));
      return toBase64Url(new Uint8Array(mac));
    },
  },
  random: { id: () => toBase64Url(crypto.getRandomValues(new Uint8Array(16))) },
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    schedule(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  },
  createAbort: () => new AbortController(),
  anySignal: (signals) => AbortSignal.any(signals),
  createScope(): ScopePort {
    return {
      current: (): Scope | undefined => undefined,
      run: (_scope, work) => work(),
    };
  },
};

function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
