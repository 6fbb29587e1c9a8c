import { PortcullisConfigError } from "@portcullis/core";
import type { DocumentSigner } from "./document-signer.ts";
import type { Envelope, EnvelopeSignature } from "./envelope.ts";
import { readBase64Url, toBase64Url } from "./internal/base64url.ts";
import { readCanonicalObject, toCanonicalText } from "./internal/canonical-document.ts";
import { toUtf8 } from "./internal/sha256.ts";
import { algorithmOf, readPublicJwk, thumbprintOf } from "./public-jwk.ts";

/**
 * Signs a document: appends one signature, or replaces the one that the same key made before. The
 * result can travel to the next signer.
 *
 * What a signer should look at before signing (the digests of the files, the source behind the
 * rules) is not looked at here.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it is no document, or the signer's key or
 * algorithm is not one of ours.
 *
 * @example
 * ```ts
 * import type { DocumentSigner, Envelope } from "@portcullis/bundle";
 * import { signDocument } from "@portcullis/bundle";
 *
 * declare const unsigned: Envelope;
 * declare const ann: DocumentSigner;
 * declare const ben: DocumentSigner;
 * const signed = await signDocument(await signDocument(unsigned, ann), ben);
 * ```
 */
export async function signDocument<T extends Envelope>(
  document: T,
  signer: DocumentSigner,
): Promise<T> {
  const jwk = readPublicJwk({ ...signer.publicJwk });
  if (jwk === undefined || algorithmOf(jwk) !== signer.algorithm) {
    throw new PortcullisConfigError("signer", "The signer's key is not one of its algorithm.");
  }
  const kid = await thumbprintOf(jwk);
  const header = toCanonicalText({ alg: signer.algorithm, kid, typ: typeOf(document) });
  const encoded = toBase64Url(toUtf8(header));
  const signature = await signer.sign(toUtf8(`${encoded}.${document.payload}`));
  const others = document.signatures.filter((entry) => keyIdOf(entry) !== kid);
  return {
    ...document,
    signatures: [...others, { protected: encoded, signature: toBase64Url(signature) }],
  };
}

/** The thumbprint that a signature names; nothing is verified. */
export function keyIdOf(entry: EnvelopeSignature): string | undefined {
  const bytes = readBase64Url(entry.protected);
  const kid = bytes === undefined ? undefined : readCanonicalObject(bytes)?.["kid"];
  return typeof kid === "string" ? kid : undefined;
}

function typeOf({ payload }: Envelope): string {
  const bytes = readBase64Url(payload);
  const type = bytes === undefined ? undefined : readCanonicalObject(bytes)?.["_type"];
  if (typeof type === "string") return type;
  throw new PortcullisConfigError("document", "The payload is not a canonical document.");
}
