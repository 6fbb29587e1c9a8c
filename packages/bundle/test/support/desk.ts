import type { JsonObject, PolicyDocument, Rule } from "@portcullis/core";
import type {
  DocumentSigner,
  Envelope,
  HeadDocument,
  HeadTarget,
  PrivateJwk,
  PublicJwk,
  SignatureAlgorithm,
  VerifiedRoot,
} from "../../src/index.ts";
import {
  buildBundle,
  buildHead,
  buildRoot,
  createKeySigner,
  generateSigningKey,
  signDocument,
  thumbprintOf,
  verifyRoot,
  writeEnvelope,
} from "../../src/index.ts";
import { toBase64Url } from "../../src/internal/base64url.ts";
import { readPayload } from "../../src/internal/read-payload.ts";
import { openEnvelope } from "../../src/envelope.ts";
import { toCanonicalText } from "../../src/internal/canonical-document.ts";

export const NOW: number = Date.UTC(2026, 10, 20, 10);
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** What is there for sure. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("It is not there.");
  return value;
}

/** A person or service with a key. */
export interface Signer extends DocumentSigner {
  readonly keyid: string;
  readonly jwk: PrivateJwk;
}

export async function newSigner(algorithm: SignatureAlgorithm = "Ed25519"): Promise<Signer> {
  const jwk = await generateSigningKey(algorithm);
  const signer = await createKeySigner(jwk);
  return { ...signer, jwk, keyid: await thumbprintOf(signer.publicJwk) };
}

/** Everybody who signs for `payments`. */
export interface Desk {
  readonly rootSigners: readonly [Signer, Signer, Signer];
  readonly policySigners: readonly [Signer, Signer, Signer];
  readonly headSigner: Signer;
  readonly rootBytes: Uint8Array;
  readonly root: VerifiedRoot;
}

export const keysOf = (signers: readonly DocumentSigner[]): readonly PublicJwk[] =>
  signers.map(({ publicJwk }) => publicJwk);

export async function sign<T extends Envelope>(
  document: T,
  ...signers: readonly DocumentSigner[]
): Promise<T> {
  let signed = document;
  for (const signer of signers) signed = await signDocument(signed, signer);
  return signed;
}

export function toBytes(envelope: Envelope): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(writeEnvelope(envelope));
}

export async function openDesk(names: readonly string[] = ["payments"]): Promise<Desk> {
  const rootSigners = [await newSigner(), await newSigner("ES256"), await newSigner()] as const;
  const policySigners = [await newSigner(), await newSigner(), await newSigner("ES256")] as const;
  const headSigner = await newSigner();
  const unsigned = await buildRoot({
    names,
    roles: {
      root: { keys: keysOf(rootSigners), threshold: 2 },
      policy: { keys: keysOf(policySigners), threshold: 2 },
      head: { keys: keysOf([headSigner]), threshold: 1 },
    },
    expires: NOW + 365 * DAY,
  });
  const rootBytes = toBytes(await sign(unsigned, rootSigners[0], rootSigners[1]));
  const root = await verifyRoot(rootBytes);
  return { rootSigners, policySigners, headSigner, rootBytes, root };
}

const PERMIT_READ: Rule = {
  id: "read",
  effect: "permit",
  agents: ["bot"],
  tools: ["payments.read"],
};
export const PERMIT_PAY: Rule = {
  id: "pay",
  effect: "permit",
  agents: ["bot"],
  tools: ["payments.pay"],
};

/** A policy whose bot reads, and pays where `rules` says so. */
export function policyOf(...rules: readonly Rule[]): PolicyDocument {
  const entry = {
    sensitivity: "internal",
    origin: "local",
    input: { type: "object", properties: { amount: { type: "number" } } },
    result: { labels: [] },
  } as const;
  return {
    ast: 1,
    name: "payments",
    serial: 0,
    identity: "host",
    mode: "enforce",
    roles: {},
    tools: {
      "payments.read": { ...entry, class: "read", reversible: true },
      "payments.pay": { ...entry, class: "pay", reversible: false },
    },
    rules: [PERMIT_READ, ...rules],
    limits: [],
    risk: {
      base: { read: 5, write: 30, delete: 60, execute: 60, send: 40, pay: 50, delegate: 20 },
      add: [],
      approval: [],
    },
    approval: {
      queue: "desk",
      priority: "normal",
      expiresSeconds: 900,
      approvers: [{ roles: [], count: 1 }],
      scope: "once",
      editable: [],
    },
    audit: { level: "basic" },
  };
}

export const READ_TEST: JsonObject = {
  name: "the bot reads",
  now: "2026-11-20T10:00:00Z",
  request: { tool: "payments.read", principal: { agent: "bot" } },
  expect: { outcome: "permit", rules: ["read"] },
};

export interface BundleParts {
  readonly name?: string;
  readonly policy?: PolicyDocument;
  readonly tests?: readonly JsonObject[];
  readonly sources?: Readonly<Record<string, string>>;
  readonly notBefore?: number;
  readonly expires?: number;
  readonly core?: string;
  readonly signers?: readonly DocumentSigner[];
  /** Changes the signed manifest. */
  readonly manifest?: JsonObject;
}

export async function unsignedBundle(serial: number, parts: BundleParts = {}): Promise<Envelope> {
  const unsigned = await buildBundle({
    name: parts.name ?? "payments",
    serial,
    notBefore: parts.notBefore ?? NOW - HOUR,
    expires: parts.expires ?? NOW + 30 * DAY,
    core: parts.core ?? "0.1.0",
    namespaces: ["payments"],
    compiler: "@portcullis/policy@0.1.0",
    policy: parts.policy ?? policyOf(),
    sources: parts.sources ?? { "policy.yaml": "portcullis: 1\n" },
    tests: parts.tests ?? [READ_TEST],
  });
  return parts.manifest === undefined ? unsigned : change(unsigned, parts.manifest);
}

export async function makeBundle(
  desk: Pick<Desk, "policySigners">,
  serial: number,
  parts: BundleParts = {},
): Promise<Envelope> {
  const signers = parts.signers ?? desk.policySigners.slice(0, 2);
  return sign(await unsignedBundle(serial, parts), ...signers);
}

/** Changes members of a payload and drops its signatures; `undefined` takes a member out. */
export function change(envelope: Envelope, members: Readonly<Record<string, unknown>>): Envelope {
  const payload = { ...payloadOf(envelope), ...members };
  const kept = Object.fromEntries(
    Object.entries(payload).filter(([, value]) => value !== undefined),
  );
  return {
    ...envelope,
    payload: toBase64Url(new TextEncoder().encode(toCanonicalText(kept))),
    signatures: [],
  };
}

export function payloadOf({ payload }: Pick<Envelope, "payload">): Record<string, unknown> {
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
}

export async function targetOf(
  envelope: Envelope,
  id: HeadTarget["id"] = "main",
): Promise<HeadTarget> {
  const bytes = toBytes(envelope);
  const opened = openEnvelope(bytes, "bundle");
  const { serial } = readPayload(opened, "bundle");
  const hash = await crypto.subtle.digest("SHA-256", opened.payloadBytes);
  const digest = `sha256:${Buffer.from(hash).toString("hex")}`;
  return { id, serial: Number(serial), digest, size: bytes.length };
}

export async function unsignedHead(
  main: HeadTarget,
  more: Partial<HeadDocument> = {},
): Promise<Envelope> {
  return buildHead({
    name: "payments",
    channel: "production",
    rootVersion: 1,
    epoch: 1,
    version: 1,
    issued: NOW,
    expires: NOW + HOUR,
    minSerial: 0,
    main,
    ...more,
  });
}

export async function makeHead(
  desk: Pick<Desk, "headSigner">,
  main: HeadTarget,
  more: Partial<HeadDocument> = {},
): Promise<Envelope> {
  return sign(await unsignedHead(main, more), desk.headSigner);
}

/** What came of a call: `ok`, or the code and reason of the refusal. */
export async function outcomeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return "ok";
  } catch (error) {
    const { code, fields } = error as { code?: string; fields?: { reason?: string } };
    if (code === undefined) throw error;
    return `${code} ${fields?.reason ?? ""}`.trim();
  }
}
