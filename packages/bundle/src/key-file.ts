import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair } from "jose";
import { PortcullisConfigError } from "@portcullis/core";
import type { Json } from "@portcullis/core";
import type { PrivateJwk } from "./document-signer.ts";
import { toPublicJwk } from "./document-signer.ts";
import { isJsonObject } from "./internal/canonical-document.ts";
import { toUtf8 } from "./internal/sha256.ts";
import type { SignatureAlgorithm } from "./public-jwk.ts";

const WRAP = "PBES2-HS512+A256KW";
const ENCRYPTION = "A256GCM";
/** Rounds of PBKDF2 for new key files. */
const ROUNDS = 600_000;
/** Most rounds that a key file may ask for. */
const MAX_ROUNDS = 2_000_000;
const MIN_PASSPHRASE = 12;

/**
 * Generates a private key.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when this runtime does not know the algorithm.
 *
 * @example
 * ```ts
 * import { generateSigningKey, toPublicJwk } from "@portcullis/bundle";
 *
 * const key = await generateSigningKey("Ed25519");
 * const handedOver = toPublicJwk({ ...key });
 * ```
 */
export async function generateSigningKey(algorithm: SignatureAlgorithm): Promise<PrivateJwk> {
  try {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    return readPrivateJwk({ ...(await exportJWK(privateKey)) });
  } catch (cause) {
    const message = `This runtime cannot make ${algorithm} keys; ML-DSA-65 needs Node 24 or later.`;
    throw new PortcullisConfigError("algorithm", message, { cause });
  }
}

/**
 * Encrypts a private key under a passphrase (RFC 7517 §7): a compact JWE with PBES2-HS512+A256KW,
 * 600 000 rounds, A256GCM.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the passphrase has fewer than 12 characters.
 *
 * @example
 * ```ts
 * import { encryptKey, generateSigningKey } from "@portcullis/bundle";
 *
 * const file = await encryptKey(await generateSigningKey("Ed25519"), "correct horse battery");
 * ```
 */
export async function encryptKey(jwk: PrivateJwk, passphrase: string): Promise<string> {
  if (passphrase.length < MIN_PASSPHRASE) {
    const message = `The passphrase must have at least ${MIN_PASSPHRASE} characters.`;
    throw new PortcullisConfigError("passphrase", message);
  }
  return new CompactEncrypt(toUtf8(JSON.stringify(jwk)))
    .setProtectedHeader({ alg: WRAP, enc: ENCRYPTION, cty: "jwk+json" })
    .setKeyManagementParameters({ p2c: ROUNDS })
    .encrypt(toUtf8(passphrase));
}

/**
 * Opens what {@link encryptKey} wrote.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the passphrase is wrong or it is no key file.
 *
 * @example
 * ```ts
 * import { createKeySigner, decryptKey } from "@portcullis/bundle";
 *
 * declare const file: string;
 * const signer = await createKeySigner(await decryptKey(file, "correct horse battery"));
 * ```
 */
export async function decryptKey(file: string, passphrase: string): Promise<PrivateJwk> {
  try {
    const { plaintext } = await compactDecrypt(file.trim(), toUtf8(passphrase), {
      keyManagementAlgorithms: [WRAP],
      contentEncryptionAlgorithms: [ENCRYPTION],
      maxPBES2Count: MAX_ROUNDS,
    });
    return readPrivateJwk(JSON.parse(new TextDecoder().decode(plaintext)));
  } catch (cause) {
    const message = "The key file cannot be opened: the passphrase is wrong, or it is no key file.";
    throw new PortcullisConfigError("key", message, { cause });
  }
}

function readPrivateJwk(value: Json): PrivateJwk {
  const publicJwk = toPublicJwk(value);
  if (publicJwk === undefined || !isJsonObject(value))
    throw new TypeError("This is no key of ours.");
  const { d, priv } = value;
  if (publicJwk.kty === "AKP" && typeof priv === "string") return { ...publicJwk, priv };
  if (publicJwk.kty !== "AKP" && typeof d === "string") return { ...publicJwk, d };
  throw new TypeError("This is no private key.");
}
