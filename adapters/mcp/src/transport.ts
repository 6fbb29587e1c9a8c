/** Id of a JSON-RPC request. */
export type RequestId = string | number;

/** One JSON-RPC message; what it holds is not believed before it was read. */
export interface JsonRpcMessage {
  readonly jsonrpc: "2.0";
}

/** What a transport is told beside a message; members that it does not know pass through. */
export interface SendOptions {
  /** The incoming request that an outgoing message belongs to. */
  readonly relatedRequestId?: RequestId | undefined;
  /** Further headers of this message's own HTTP request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Aborts this message's own HTTP request. */
  readonly requestSignal?: AbortSignal | undefined;
  /** Called when the stream of this message's own HTTP request ended. */
  readonly onRequestStreamEnd?: (() => void) | undefined;
}

/** What comes beside a received message, such as `authInfo`. */
export interface MessageExtra {
  /** What the HTTP server in front verified; undefined elsewhere. */
  readonly authInfo?: unknown;
  /** Headers that repeat arguments, as a proxy received them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The request during which it came, where the transport can tell. */
  readonly relatedRequestId?: RequestId | undefined;
}

/** Takes received messages; a method's type, because the SDKs' own message types are narrower. */
export type MessageHandler = {
  handle(message: JsonRpcMessage, extra?: MessageExtra): void;
}["handle"];

/**
 * The transport of the Model Context Protocol as its TypeScript SDKs declare it: those of
 * `@modelcontextprotocol/sdk`, `/client` and `/server` fit, and none of them is imported.
 */
export interface Transport {
  /** Begins to receive. */
  start(): Promise<void>;
  /** Sends one message; resolves when it was handed on. */
  send(message: JsonRpcMessage, options?: SendOptions): Promise<void>;
  /** Ends the connection. */
  close(): Promise<void>;
  /** Called once when the connection has ended. */
  onclose?: (() => void) | undefined;
  /** Called for errors beside any request. */
  onerror?: ((error: Error) => void) | undefined;
  /** Called for every message received. */
  onmessage?: MessageHandler | undefined;
  /** Session that an HTTP server gave. */
  readonly sessionId?: string | undefined;
  /** Each request has an HTTP request of its own. */
  readonly hasPerRequestStream?: boolean | undefined;
  /** Told by the SDK once the version is negotiated. */
  setProtocolVersion?: ((version: string) => void) | undefined;
  /** Told by the SDK before the start. */
  setSupportedProtocolVersions?: ((versions: string[]) => void) | undefined;
}
