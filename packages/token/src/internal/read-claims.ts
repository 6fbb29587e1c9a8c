import type { Json, JsonObject } from "@portcullis/core";
import { CAPABILITY, CLAIMS, LIMITS } from "../claims.ts";
import type { Position } from "../claims.ts";
import type { ToolConstraints } from "../constraints/tool-constraints.ts";
import { isName, parseToolConstraints } from "../constraints/tool-constraints.ts";
import type { PublicJwk } from "../public-jwk.ts";
import { parsePublicJwk } from "../public-jwk.ts";
import { tokenError } from "../token-error.ts";
import { isBase64Url } from "./base64url.ts";
import { isList, isObject } from "./read-jws.ts";

/** What every token of a chain has. */
export interface CommonClaims {
  readonly iss: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

/** The least bundle that the enforcement point must have. */
interface PolicyClaim {
  readonly name: string;
  readonly minSerial: number;
  readonly digest?: string;
}

/** A grant or delegation. */
export interface LinkClaims extends CommonClaims {
  readonly sub: string;
  readonly subVersion?: number;
  readonly aud: readonly string[];
  readonly txn: string;
  /** The acting agent first, then who delegated to it. */
  readonly actors: readonly string[];
  readonly act: JsonObject;
  readonly mayAct?: string;
  readonly jwk: PublicJwk;
  readonly depth: number;
  readonly maxDepth: number;
  /** Absent on a grant alone. */
  readonly parentHash?: string;
  readonly tools: ToolConstraints;
  /** Tools that the holder may pass on and not use. */
  readonly delegateOnly: ReadonlySet<string>;
  readonly policy?: PolicyClaim;
  readonly purpose?: string;
  readonly requestDigest?: string;
}

/** A call token. */
export interface CallClaims extends CommonClaims {
  readonly aud: string;
  readonly parentHash: string;
  readonly parentId: string;
  readonly tool: string;
  readonly argsDigest: string;
  readonly approval?: string;
  readonly dryRun: boolean;
}

interface Reader {
  readonly claims: JsonObject;
  readonly depth: number;
}

/**
 * Reads the claims of a grant or delegation: a closed set, each of its type.
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID` with reason `claims`, `confirmation-key` or
 * `constraint`.
 */
export function readLinkClaims(
  claims: JsonObject,
  position: "grant" | "delegation",
  hop: number,
): LinkClaims {
  const reader = { claims, depth: hop };
  checkClaimSet(reader, position);
  const tools = readTools(reader);
  const act = read(reader, "act", isActor);
  const delegateOnly = readDelegateOnly(reader, tools);
  return Object.freeze({
    ...readCommon(reader),
    sub: read(reader, "sub", isName),
    ...optional(reader, "sub_ver", isCount, (subVersion) => ({ subVersion })),
    aud: read(reader, "aud", isAudiences),
    txn: read(reader, "txn", isName),
    act,
    actors: Object.freeze(listActors(act)),
    ...optional(reader, "may_act", isSubOnly, ({ sub }) => ({ mayAct: sub })),
    jwk: readConfirmation(reader),
    depth: read(reader, "del_depth", isCount),
    maxDepth: read(reader, "del_max_depth", isDepth),
    ...optional(reader, "par_hash", isDigest, (parentHash) => ({ parentHash })),
    tools,
    delegateOnly,
    ...optional(reader, "policy", isPolicy, toPolicy),
    ...optional(reader, "purpose", isName, (purpose) => ({ purpose })),
    ...optional(reader, "request_s256", isDigest, (requestDigest) => ({ requestDigest })),
    ...optional(reader, "origin_act", isActor, () => ({})),
  });
}

/**
 * Reads the claims of a call token.
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID` with reason `claims`.
 */
export function readCallClaims(claims: JsonObject, hop: number): CallClaims {
  const reader = { claims, depth: hop };
  checkClaimSet(reader, "call");
  return Object.freeze({
    ...readCommon(reader),
    aud: read(reader, "aud", isAudience),
    parentHash: read(reader, "par_hash", isDigest),
    parentId: read(reader, "aat_id", isId),
    tool: read(reader, "aat_tool", isName),
    argsDigest: read(reader, "args_s256", isDigest),
    ...optional(reader, "approval", isName, (approval) => ({ approval })),
    ...optional(reader, "dry_run", isTrue, () => ({})),
    dryRun: Object.hasOwn(claims, "dry_run"),
  });
}

function checkClaimSet({ claims, depth }: Reader, position: Position): void {
  const rules = CLAIMS[position];
  for (const claim of Object.keys(claims)) {
    if (!Object.hasOwn(rules, claim)) throw tokenError("claims", { depth });
  }
  for (const [claim, presence] of Object.entries(rules)) {
    if (presence === "required" && !Object.hasOwn(claims, claim)) {
      throw tokenError("claims", { depth, claim });
    }
  }
}

function readCommon(reader: Reader): CommonClaims {
  return {
    iss: read(reader, "iss", isIssuer),
    jti: read(reader, "jti", isId),
    iat: read(reader, "iat", isCount),
    exp: read(reader, "exp", isCount),
  };
}

function read<T extends Json>(
  { claims, depth }: Reader,
  claim: string,
  is: (value: Json | undefined) => value is T,
): T {
  const value = claims[claim];
  if (!is(value)) throw tokenError("claims", { depth, claim });
  return value;
}

function optional<T extends Json, R extends object>(
  reader: Reader,
  claim: string,
  is: (value: Json | undefined) => value is T,
  to: (value: T) => R,
): Partial<R> {
  return Object.hasOwn(reader.claims, claim) ? to(read(reader, claim, is)) : {};
}

function readTools(reader: Reader): ToolConstraints {
  const details = read(reader, "authorization_details", isList);
  const [entry] = details;
  if (details.length !== 1 || !isObject(entry) || Object.keys(entry).length !== 2) {
    throw tokenError("claims", { depth: reader.depth, claim: "authorization_details" });
  }
  if (entry["type"] !== CAPABILITY) {
    throw tokenError("claims", { depth: reader.depth, claim: "authorization_details" });
  }
  return parseToolConstraints(entry["tools"]);
}

function readDelegateOnly(reader: Reader, tools: ToolConstraints): ReadonlySet<string> {
  if (!Object.hasOwn(reader.claims, "delegate_only")) return new Set();
  const names = read(reader, "delegate_only", isList);
  const known = new Set(names.filter((name) => isName(name) && tools.has(name)));
  if (names.length === 0 || known.size !== names.length) {
    throw tokenError("claims", { depth: reader.depth, claim: "delegate_only" });
  }
  return new Set([...known].filter(isName));
}

function readConfirmation(reader: Reader): PublicJwk {
  const confirmation = read(reader, "cnf", isObject);
  const jwk =
    Object.keys(confirmation).length === 1 ? parsePublicJwk(confirmation["jwk"]) : undefined;
  if (jwk === undefined) {
    throw tokenError("confirmation-key", { depth: reader.depth, claim: "cnf" });
  }
  return jwk;
}

function toPolicy(policy: PolicyJson): { readonly policy: PolicyClaim } {
  const { name, min_serial: minSerial, digest } = policy;
  return {
    policy: Object.freeze(digest === undefined ? { name, minSerial } : { name, minSerial, digest }),
  };
}

function listActors(act: ActorJson): readonly string[] {
  const actors: string[] = [];
  for (let actor: ActorJson | undefined = act; actor !== undefined; actor = actor.act) {
    actors.push(actor.sub);
  }
  return actors;
}

type ActorJson = { readonly sub: string; readonly act?: ActorJson } & JsonObject;
type PolicyJson = {
  readonly name: string;
  readonly min_serial: number;
  readonly digest?: string;
} & JsonObject;
type SubJson = { readonly sub: string } & JsonObject;

function isActor(value: Json | undefined): value is ActorJson {
  let actor = value;
  for (let level = 0; level <= LIMITS.depth; level += 1) {
    if (!isObject(actor) || !isName(actor["sub"])) return false;
    const isLast = !Object.hasOwn(actor, "act");
    if (Object.keys(actor).length !== (isLast ? 1 : 2)) return false;
    if (isLast) return true;
    actor = actor["act"];
  }
  return false;
}

function isSubOnly(value: Json | undefined): value is SubJson {
  return isObject(value) && Object.keys(value).length === 1 && isName(value["sub"]);
}

function isPolicy(value: Json | undefined): value is PolicyJson {
  if (!isObject(value) || !isName(value["name"]) || !isCount(value["min_serial"])) return false;
  const hasDigest = Object.hasOwn(value, "digest");
  if (hasDigest && !isName(value["digest"])) return false;
  return Object.keys(value).length === (hasDigest ? 3 : 2);
}

function isAudiences(value: Json | undefined): value is readonly string[] {
  if (!isList(value) || value.length === 0 || value.length > LIMITS.audiences) return false;
  return value.every(isAudience) && new Set(value).size === value.length;
}

function isAudience(value: Json | undefined): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 512;
}

function isIssuer(value: Json | undefined): value is string {
  return isAudience(value);
}

function isId(value: Json | undefined): value is string {
  return typeof value === "string" && value.length >= 16 && value.length <= 128;
}

function isDigest(value: Json | undefined): value is string {
  return typeof value === "string" && value.length === 43 && isBase64Url(value);
}

function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isDepth(value: Json | undefined): value is number {
  return isCount(value) && value <= LIMITS.depth;
}

function isTrue(value: Json | undefined): value is true {
  return value === true;
}
