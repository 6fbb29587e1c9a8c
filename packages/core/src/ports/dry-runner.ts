import type { Signal } from "../abort.ts";
import type { JsonObject } from "../json.ts";
import type { CanonicalArgs } from "../tool-call.ts";

/** What a dry run showed. */
export interface DryRunReport {
  readonly ok: boolean;
  readonly assurance: "captured" | "rehearsed" | "declared" | "none";
  /** Effects as the executor reports them. */
  readonly effects: JsonObject;
  /** Commits exactly the captured effects; present only when `assurance` is `captured`. */
  commit?(): Promise<unknown>;
}

/** Carries out a call where it can do no harm. A throw or time-out denies. */
export interface DryRunner {
  dryRun(request: {
    readonly tool: string;
    readonly args: CanonicalArgs;
    readonly demand: JsonObject;
    readonly signal: Signal;
  }): Promise<DryRunReport>;
}

/** Signs dry-run receipts that leave the process. */
export interface ReceiptSigner {
  sign(receipt: JsonObject): Promise<string>;
}
