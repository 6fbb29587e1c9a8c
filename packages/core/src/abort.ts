/** The part of `AbortSignal` that core relies on, for runtimes whose types do not declare it. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The runtime's own `AbortSignal` where its types declare one, else {@link AbortSignalLike}. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer T } }
  ? T
  : AbortSignalLike;

/** Makes signals; the runtime's `AbortController` fits. */
export interface AbortHandle {
  readonly signal: Signal;
  abort(reason: unknown): void;
}
