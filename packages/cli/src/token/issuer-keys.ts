import type { Json, JsonObject } from "@portcullis/core";
import { PortcullisConfigError, runtimeDefaults } from "@portcullis/core";
import { algorithmOf, createStaticKeySet, parsePublicJwk, thumbprintOf } from "@portcullis/token";
import type { IssuerKey, KeySet, PublicJwk } from "@portcullis/token";
import { isJsonObject } from "../is-json-object.ts";

/**
 * Makes a key set of a JWKS document (RFC 7517 §5) or a single JWK. Keys of kinds that task tokens
 * do not take are left out, private members too; a key without `kid` has its RFC 7638 thumbprint.
 *
 * Without an issuer the keys speak for any `iss`.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it is neither, or a `kid` occurs twice.
 */
export async function toIssuerKeys(document: Json, issuer: string = "*"): Promise<KeySet> {
  const found = await Promise.all(listKeys(document).map((jwk) => toIssuerKey(jwk, issuer)));
  return createStaticKeySet(found.filter((key) => key !== undefined));
}

function listKeys(document: Json): readonly Json[] {
  if (!isJsonObject(document)) throw refused();
  if (!Object.hasOwn(document, "keys")) return [document];
  const { keys } = document;
  if (!Array.isArray(keys)) throw refused();
  return keys;
}

async function toIssuerKey(json: Json, issuer: string): Promise<IssuerKey | undefined> {
  if (!isJsonObject(json)) throw refused();
  const jwk = toPublicJwk(json);
  if (jwk === undefined || !isForSigning(json, jwk)) return undefined;
  const { kid } = json;
  if (kid !== undefined && typeof kid !== "string") throw refused();
  return { kid: kid ?? (await thumbprintOf(jwk, runtimeDefaults.digest)), issuer, jwk };
}

/** Only the members that its thumbprint is made of. */
function toPublicJwk({ kty, crv, x, y, alg, pub }: JsonObject): PublicJwk | undefined {
  const members =
    kty === "AKP" ? { kty, alg, pub } : kty === "EC" ? { kty, crv, x, y } : { kty, crv, x };
  const present = Object.entries(members).flatMap(([name, value]): readonly [string, Json][] =>
    value === undefined ? [] : [[name, value]],
  );
  return parsePublicJwk(Object.fromEntries(present));
}

function isForSigning({ alg, use }: JsonObject, jwk: PublicJwk): boolean {
  const isSameAlg =
    alg === undefined || alg === algorithmOf(jwk) || (jwk.kty === "OKP" && alg === "EdDSA");
  return isSameAlg && (use === undefined || use === "sig");
}

function refused(): PortcullisConfigError {
  return new PortcullisConfigError("--jwks", "The key file is neither a JWKS nor a JWK.");
}
