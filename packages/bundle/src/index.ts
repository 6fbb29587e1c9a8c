export { buildBundle, writePolicyFiles } from "./build-bundle.ts";
export { buildHead } from "./build-head.ts";
export { buildRoot, rotateRoot } from "./build-root.ts";
export { reasonOf } from "./bundle-refusal.ts";
export { createBundleClient } from "./create-bundle-client.ts";
export { createKeySigner, toPublicJwk } from "./document-signer.ts";
export { ENVELOPE_BYTES, openEnvelope, writeEnvelope } from "./envelope.ts";
export { decryptKey, encryptKey, generateSigningKey } from "./key-file.ts";
export { createHttpSource } from "./http-source.ts";
export { inspectDocument } from "./inspect-document.ts";
export { createLayout } from "./layout.ts";
export { loadBundle } from "./load-bundle.ts";
export { createMemorySource } from "./memory-source.ts";
export { createMemoryStorage } from "./memory-storage.ts";
export { createBundlePreparer } from "./prepare-bundle.ts";
export { algorithmOf, isSignatureAlgorithm, readPublicJwk, thumbprintOf } from "./public-jwk.ts";
export { publishBundle } from "./publish-bundle.ts";
export { keyIdOf, signDocument } from "./sign-document.ts";
export { KNOWN_FEATURES, verifyBundle } from "./verify-bundle.ts";
export { verifyHead } from "./verify-head.ts";
export { verifyRoot } from "./verify-root.ts";

export type { BuildBundleOptions } from "./build-bundle.ts";
export type {
  BuildRootOptions,
  RoleChange,
  RoleKeys,
  RoleRemoval,
  RotateRootOptions,
} from "./build-root.ts";
export type { BundleDocument, BundleFile, Provenance } from "./bundle-document.ts";
export type {
  ActiveBundle,
  BundleClient,
  BundleClientOptions,
  BundleStatus,
  CanaryLimits,
  MaxStale,
  RefreshResult,
  RefreshStage,
  StatusError,
} from "./client/bundle-client.ts";
export type { BundleReason, DocumentKind } from "./bundle-refusal.ts";
export type { DecisionTest, TestExpectation, TestRequest } from "./decision-test.ts";
export type { DocumentSigner, PrivateJwk } from "./document-signer.ts";
export type { Envelope, EnvelopeSignature, OpenedEnvelope } from "./envelope.ts";
export type { HeadDocument, HeadTarget, Rollout } from "./head-document.ts";
export type { FetchLike, HttpSourceOptions } from "./http-source.ts";
export type { InspectedDocument } from "./inspect-document.ts";
export type { BundleLayout } from "./layout.ts";
export type { LoadedBundle } from "./load-bundle.ts";
export type { MemorySource } from "./memory-source.ts";
export type { BundleSource, BundleStorage } from "./ports.ts";
export type { BundlePreparerOptions, PreparedBundle, PrepareBundle } from "./prepare-bundle.ts";
export type { PublicJwk, SignatureAlgorithm } from "./public-jwk.ts";
export type { Published, PublishBundleOptions, PublishTarget } from "./publish-bundle.ts";
export type { KeyRing, Role, RoleName } from "./role.ts";
export type { IssuerEntry, RootDocument } from "./root-document.ts";
export type { PolicyParts } from "./run-decision-tests.ts";
export type { UnsignedDocument } from "./unsigned-document.ts";
export type { VerifiedBundle, VerifiedHead, VerifiedRoot } from "./verified.ts";
export type { VerifyBundleOptions } from "./verify-bundle.ts";
export type { VerifyHeadOptions } from "./verify-head.ts";
export type { VerifyRootOptions } from "./verify-root.ts";
