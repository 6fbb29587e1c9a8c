import type { JsonRpcMessage, MessageExtra, MessageHandler, Transport } from "@portcullis/mcp";

/** What every transport of the proxy has in common: the callbacks, and an end that comes once. */
export abstract class BaseTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: MessageHandler | undefined;
  #isEnded = false;

  abstract start(): Promise<void>;
  abstract send(message: JsonRpcMessage, options?: object): Promise<void>;
  abstract close(): Promise<void>;

  /** Whether the connection has ended. */
  protected get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Gives a message on as it came; what reads it believes nothing of it. */
  protected receive(text: string, extra: MessageExtra = {}): void {
    let message: JsonRpcMessage;
    try {
      message = JSON.parse(text);
    } catch {
      this.fail(new Error("A message was no JSON."));
      return;
    }
    this.onmessage?.(message, extra);
  }

  /** Reports an error beside any request. */
  protected fail(error: unknown): void {
    this.onerror?.(error instanceof Error ? error : new Error("The connection failed."));
  }

  /** Notes the end of the connection, once. */
  protected end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.onclose?.();
  }
}
