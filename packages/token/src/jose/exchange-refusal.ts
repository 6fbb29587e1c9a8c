/** Error codes of the endpoint (RFC 6749 §5.2, RFC 8693 §2.2.2, RFC 9396 §5). */
export type ExchangeError =
  | "invalid_request"
  | "invalid_client"
  | "invalid_target"
  | "invalid_scope"
  | "invalid_authorization_details"
  | "unsupported_grant_type"
  | "temporarily_unavailable";

/** How the endpoint says no; `reason` is for logs alone. */
export class ExchangeRefusal extends Error {
  /** What the client is told. */
  readonly error: ExchangeError;
  /** Which check it was. */
  readonly reason: string;

  constructor(error: ExchangeError, reason: string) {
    super(error);
    this.name = "ExchangeRefusal";
    this.error = error;
    this.reason = reason;
  }
}

// One text for each code: which check it was would help whoever tries.
const DESCRIPTIONS: Readonly<Record<ExchangeError, string>> = {
  invalid_request: "The request or one of its tokens is not acceptable.",
  invalid_client: "The client could not be authenticated.",
  invalid_target: "Grants for this audience are not given out to this request.",
  invalid_scope: "The subject token does not have the scope that is needed.",
  invalid_authorization_details: "The tools asked for go beyond what the task may have.",
  unsupported_grant_type: "Only token exchange is supported.",
  temporarily_unavailable: "The request could not be decided now.",
};

const STATUS: Readonly<Partial<Record<ExchangeError, number>>> = {
  invalid_client: 401,
  temporarily_unavailable: 503,
};

/** The answer to a request that is refused. */
export function toErrorResponse(error: ExchangeError): Response {
  const body = { error, error_description: DESCRIPTIONS[error] };
  return toJsonResponse(body, STATUS[error] ?? 400);
}

/** An answer that nobody may keep. */
export function toJsonResponse(body: object, status: number): Response {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", pragma: "no-cache" },
  });
}
