import type { Json, JsonObject } from "@portcullis/core";
import { readStrictJson } from "@portcullis/core";
import { CAPABILITY } from "../claims.ts";
import { isBase64Url } from "../internal/base64url.ts";
import { isList, isObject } from "../internal/read-jws.ts";
import type { PublicJwk } from "../public-jwk.ts";
import { parsePublicJwk } from "../public-jwk.ts";
import { ExchangeRefusal } from "./exchange-refusal.ts";
import { readCapped } from "./read-capped.ts";

/** `issued_token_type` and `requested_token_type` of a grant. */
export const GRANT_TYPE_URN = "urn:portcullis:params:oauth:token-type:task-grant";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT = "urn:ietf:params:oauth:token-type:jwt";
const SUBJECT_TYPES: ReadonlySet<string> = new Set([
  "urn:ietf:params:oauth:token-type:access_token",
  JWT,
]);
const REPEATABLE: ReadonlySet<string> = new Set(["audience", "resource"]);
const MAX_BYTES = 65_536;

/** A request of the right form; none of its tokens is verified. */
export interface ExchangeRequest {
  readonly subjectToken: string;
  readonly actorToken: string;
  readonly audience: readonly string[];
  /** `tools` of the one capability that is asked for, as on the wire. */
  readonly tools: JsonObject;
  /** The agent's key. */
  readonly jwk: PublicJwk;
  readonly scopes: readonly string[];
  readonly purpose: string | undefined;
  /** Digest of the user's own words. */
  readonly requestDigest: string | undefined;
}

/**
 * Reads a token exchange request (RFC 8693 §2.1): each parameter once, all that we need there.
 *
 * @throws {ExchangeRefusal}
 */
export async function readExchangeRequest(request: Request): Promise<ExchangeRequest> {
  const parameters = await readForm(request);
  const get = (name: string): string | undefined => parameters.get(name)?.[0];
  if (get("grant_type") === undefined) throw new ExchangeRefusal("invalid_request", "grant-type");
  if (get("grant_type") !== EXCHANGE) {
    throw new ExchangeRefusal("unsupported_grant_type", "grant-type");
  }
  const [subjectToken, actorToken] = [get("subject_token"), get("actor_token")];
  if (subjectToken === undefined || !SUBJECT_TYPES.has(get("subject_token_type") ?? "")) {
    throw new ExchangeRefusal("invalid_request", "subject-token-type");
  }
  // Without an actor it would be impersonation (RFC 8693 §1.1).
  if (actorToken === undefined || get("actor_token_type") !== JWT) {
    throw new ExchangeRefusal("invalid_request", "actor-token-type");
  }
  const requested = get("requested_token_type");
  if (requested !== undefined && requested !== GRANT_TYPE_URN) {
    throw new ExchangeRefusal("invalid_request", "requested-token-type");
  }
  const purpose = get("purpose");
  if (purpose !== undefined && (purpose.length === 0 || purpose.length > 256)) {
    throw new ExchangeRefusal("invalid_request", "purpose");
  }
  const requestDigest = get("request_s256");
  if (requestDigest !== undefined && !(requestDigest.length === 43 && isBase64Url(requestDigest))) {
    throw new ExchangeRefusal("invalid_request", "request-digest");
  }
  return {
    subjectToken,
    actorToken,
    audience: readAudience(parameters),
    tools: readTools(get("authorization_details")),
    jwk: readKey(get("req_cnf")),
    scopes: (get("scope") ?? "").split(" ").filter((scope) => scope !== ""),
    purpose,
    requestDigest,
  };
}

async function readForm(request: Request): Promise<ReadonlyMap<string, readonly string[]>> {
  if (request.method !== "POST") throw new ExchangeRefusal("invalid_request", "method");
  const type = (request.headers.get("content-type") ?? "").toLowerCase().replaceAll(" ", "");
  if (
    type !== "application/x-www-form-urlencoded" &&
    type !== "application/x-www-form-urlencoded;charset=utf-8"
  ) {
    throw new ExchangeRefusal("invalid_request", "content-type");
  }
  const text = await readCapped(request.body, MAX_BYTES);
  if (text === undefined) throw new ExchangeRefusal("invalid_request", "body");
  const parameters = new Map<string, readonly string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const before = parameters.get(name);
    if (before !== undefined && !REPEATABLE.has(name)) {
      throw new ExchangeRefusal("invalid_request", "repeated-parameter");
    }
    // A parameter without a value is one that was left out (RFC 6749 §3.2).
    if (value !== "") parameters.set(name, [...(before ?? []), value]);
  }
  return parameters;
}

function readAudience(parameters: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const all = [...(parameters.get("audience") ?? []), ...(parameters.get("resource") ?? [])];
  const distinct = [...new Set(all)];
  if (distinct.length === 0) throw new ExchangeRefusal("invalid_request", "audience");
  if (distinct.length > 8) throw new ExchangeRefusal("invalid_target", "audience");
  return distinct;
}

function readTools(text: string | undefined): JsonObject {
  const details = parse(text);
  const [entry] = isList(details) ? details : [];
  const tools = isObject(entry) ? entry["tools"] : undefined;
  const isOne = isList(details) && details.length === 1;
  const isCapability =
    isObject(entry) && entry["type"] === CAPABILITY && Object.keys(entry).length === 2;
  if (!isOne || !isCapability || !isObject(tools)) {
    throw new ExchangeRefusal("invalid_authorization_details", "authorization-details");
  }
  return tools;
}

function readKey(text: string | undefined): PublicJwk {
  const confirmation = parse(text);
  const jwk =
    isObject(confirmation) && Object.keys(confirmation).length === 1
      ? parsePublicJwk(confirmation["jwk"])
      : undefined;
  if (jwk === undefined) throw new ExchangeRefusal("invalid_request", "confirmation-key");
  return jwk;
}

function parse(text: string | undefined): Json | undefined {
  const result = text === undefined ? undefined : readStrictJson(text);
  return result?.ok === true ? result.value : undefined;
}
