import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Json } from "@portcullis/core";
import {
  buildRoot,
  loadBundle,
  rotateRoot,
  verifyBundle,
  verifyHead,
  verifyRoot,
} from "../src/index.ts";
import type { Envelope, HeadTarget } from "../src/index.ts";
import { toBase64Url } from "../src/internal/base64url.ts";
import { toCanonicalText } from "../src/internal/canonical-document.ts";
import {
  change,
  DAY,
  HOUR,
  keysOf,
  makeBundle,
  makeHead,
  must,
  newSigner,
  NOW,
  openDesk,
  outcomeOf,
  payloadOf,
  PERMIT_PAY,
  policyOf,
  READ_TEST,
  sign,
  targetOf,
  toBytes,
  unsignedBundle,
  unsignedHead,
} from "./support/desk.ts";
import type { Desk, Signer } from "./support/desk.ts";

let desk: Desk;
let stranger: Signer;
let bundle: Envelope;
let main: HeadTarget;

beforeAll(async () => {
  desk = await openDesk();
  stranger = await newSigner();
  bundle = await makeBundle(desk, 42);
  main = await targetOf(bundle);
});

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const judgeBundle = (envelope: Envelope, more: object = {}): Promise<string> =>
  outcomeOf(() => verifyBundle(toBytes(envelope), { root: desk.root, now: NOW, ...more }));
const judgeHead = (envelope: Envelope, more: object = {}): Promise<string> =>
  outcomeOf(() => verifyHead(toBytes(envelope), { root: desk.root, now: NOW, ...more }));
const judgeRoot = (envelope: Envelope, more: object = {}): Promise<string> =>
  outcomeOf(() => verifyRoot(toBytes(envelope), more));

const withSigners = async (...signers: Signer[]): Promise<Envelope> =>
  sign(await unsignedBundle(42), ...signers);
const headWith = async (members: object, more: object = {}): Promise<string> => {
  const changed = change(await unsignedHead(main), { ...members });
  return judgeHead(await sign(changed, desk.headSigner), more);
};
const time = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");

const next = async (options: object = {}): Promise<Envelope> =>
  rotateRoot(desk.root, { expires: NOW + 400 * DAY, ...options });

const judgeNext = (envelope: Envelope): Promise<string> =>
  judgeRoot(envelope, { previous: desk.root });

const roles = (members: object) => {
  const payload = payloadOf(JSON.parse(Buffer.from(desk.rootBytes).toString()));
  return { ...(payload["roles"] as object), ...members };
};

const hex = (text: string): string => Buffer.from(text, "hex").toString("base64url");

const file = (path: string, text = "{}") => ({
  path,
  size: Buffer.byteLength(text),
  digest: `sha256:${Buffer.from(sha256(text)).toString("hex")}`,
});

const load = async (envelope: Envelope): Promise<string> => {
  const verified = await verifyBundle(toBytes(envelope), { root: desk.root, now: NOW });
  return outcomeOf(() => loadBundle(verified));
};

/** A bundle with other texts, all of them signed. */
const withFiles = async (
  files: Readonly<Record<string, string | undefined>>,
): Promise<Envelope> => {
  const unsigned = await unsignedBundle(42);
  const texts = Object.entries({ ...unsigned.files, ...files }).flatMap(([path, text]) =>
    text === undefined ? [] : [[path, text] as const],
  );
  const listed = texts
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => ({
      path,
      size: Buffer.byteLength(text),
      digest: `sha256:${Buffer.from(sha256(text)).toString("hex")}`,
    }));
  const changed = change({ ...unsigned, files: Object.fromEntries(texts) }, { files: listed });
  return sign(changed, ...desk.policySigners.slice(0, 2));
};

async function hybridRoot(classical: readonly Signer[], quantum: readonly Signer[]) {
  const unsigned = await buildRoot({
    names: ["payments"],
    roles: {
      root: { keys: keysOf(desk.rootSigners), threshold: 2 },
      head: { keys: keysOf([desk.headSigner]), threshold: 1 },
      policy: {
        keys: keysOf([...classical, ...quantum]),
        threshold: 2,
        algorithms: ["Ed25519", "ML-DSA-65"],
      },
    },
    expires: NOW + DAY,
  });
  return verifyRoot(toBytes(await sign(unsigned, ...desk.rootSigners.slice(0, 2))));
}

async function withKey(keyid: string, jwk: Json): Promise<Envelope> {
  const unsigned = await next();
  const keys = { ...(payloadOf(unsigned)["keys"] as object), [keyid]: jwk };
  return sign(change(unsigned, { keys }), ...desk.rootSigners.slice(0, 2));
}

test("what was signed as it should be is accepted", async () => {
  expect(await judgeBundle(bundle, { target: main, name: "payments", core: "0.1.0" })).toBe("ok");
  expect(await judgeHead(await makeHead(desk, main), { name: "payments" })).toBe("ok");
  const verified = await verifyBundle(toBytes(bundle), { root: desk.root, now: NOW });
  expect(verified.signers).toHaveLength(2);
  expect(verified.digest).toBe(main.digest);
  expect(loadBundle(verified).document.rules.map(({ id }) => id)).toEqual(["read"]);
});

describe("signatures: who counts", () => {
  test("unsigned metadata: each document without a signature", async () => {
    expect(await judgeBundle(await withSigners())).toBe("ERR_BUNDLE_SIGNATURE threshold");
    expect(await judgeHead(await unsignedHead(main))).toBe("ERR_BUNDLE_SIGNATURE threshold");
    const root = { ...JSON.parse(Buffer.from(desk.rootBytes).toString()), signatures: [] };
    expect(await judgeRoot(root)).toBe("ERR_BUNDLE_SIGNATURE threshold");
  });

  test("foreign signatures count for nothing", async () => {
    const [ann] = desk.policySigners;
    expect(await judgeBundle(await withSigners(ann, stranger))).toBe(
      "ERR_BUNDLE_SIGNATURE threshold",
    );
    expect(await judgeHead(await sign(await unsignedHead(main), stranger))).toBe(
      "ERR_BUNDLE_SIGNATURE threshold",
    );
  });

  test("the signer of another role counts for nothing", async () => {
    const [ann] = desk.policySigners;
    expect(await judgeBundle(await withSigners(ann, desk.headSigner))).toBe(
      "ERR_BUNDLE_SIGNATURE threshold",
    );
    expect(await judgeHead(await sign(await unsignedHead(main), ann))).toBe(
      "ERR_BUNDLE_SIGNATURE threshold",
    );
  });

  test("one signer below the threshold", async () => {
    expect(await judgeBundle(await withSigners(desk.policySigners[0]))).toBe(
      "ERR_BUNDLE_SIGNATURE threshold",
    );
  });

  test("one key that signed twice counts once", async () => {
    const [ann] = desk.policySigners;
    const [one] = (await withSigners(ann)).signatures;
    const twice = { ...(await unsignedBundle(42)), signatures: [must(one), must(one)] };
    expect(await judgeBundle(twice)).toBe("ERR_BUNDLE_SIGNATURE threshold");
  });

  test("extra invalid signatures do not make a good document fail", async () => {
    const [ann] = desk.policySigners;
    const foreign = (await withSigners(stranger)).signatures;
    const [good] = (await withSigners(ann)).signatures;
    const broken = { ...must(good), signature: toBase64Url(new Uint8Array(64)) };
    const otherHeader = { ...must(good), protected: toBase64Url(utf8('{"alg":"none"}')) };
    const noise = {
      ...bundle,
      signatures: [broken, otherHeader, ...foreign, ...bundle.signatures],
    };
    expect(await judgeBundle(noise)).toBe("ok");
  });

  test("more than 32 signatures are not looked at", async () => {
    const many = {
      ...bundle,
      signatures: Array.from({ length: 33 }, () => must(bundle.signatures[0])),
    };
    expect(await judgeBundle(many)).toBe("ERR_BUNDLE_INVALID malformed");
  });

  test("a signature made for a head does not count for a bundle", async () => {
    const [ann, ben] = desk.policySigners;
    const mistyped = await sign(change(bundle, { _type: "policy-head+json" }), ann, ben);
    expect(await judgeBundle(mistyped)).toBe("ERR_BUNDLE_SIGNATURE wrong-type");
  });

  test("a payload of another type under a header of ours", async () => {
    const [ann, ben] = desk.policySigners;
    // The header says bundle, the payload says head.
    const lying = await signAs(
      "policy-bundle+json",
      change(bundle, { _type: "policy-head+json" }),
      [ann, ben],
    );
    expect(await judgeBundle(lying)).toBe("ERR_BUNDLE_SIGNATURE wrong-type");
  });

  test("a header of another type under a payload of ours", async () => {
    const signers = desk.policySigners.slice(0, 2);
    const lying = await signAs("policy-head+json", { ...bundle, signatures: [] }, signers);
    expect(await judgeBundle(lying)).toBe("ERR_BUNDLE_SIGNATURE wrong-type");
  });

  test("a header that names another algorithm than the key's, signed by the key", async () => {
    const [ann, ben] = desk.policySigners;
    const lying = await signAs("policy-bundle+json", { ...bundle, signatures: [] }, [
      { ...ann, algorithm: "ES256" },
      ben,
    ]);
    expect(await judgeBundle(lying)).toBe("ERR_BUNDLE_SIGNATURE threshold");
  });

  test("an algorithm that is not the key's does not count", async () => {
    const signed = await withSigners(...desk.policySigners.slice(0, 2));
    const renamed = signed.signatures.map((entry) => {
      const header = JSON.parse(Buffer.from(entry.protected, "base64url").toString());
      return {
        ...entry,
        protected: toBase64Url(utf8(JSON.stringify({ ...header, alg: "ES256" }))),
      };
    });
    expect(await judgeBundle({ ...signed, signatures: renamed })).toBe(
      "ERR_BUNDLE_SIGNATURE threshold",
    );
  });

  test.for([
    ["another order", '{"kid":"KID","alg":"Ed25519","typ":"policy-bundle+json"}'],
    ["a member more", '{"alg":"Ed25519","b64":true,"kid":"KID","typ":"policy-bundle+json"}'],
    ["white space", '{"alg":"Ed25519", "kid":"KID","typ":"policy-bundle+json"}'],
  ] as const)("a header in %s does not count, though its signature is good", async ([, text]) => {
    const [ann, ben] = desk.policySigners;
    const header = toBase64Url(utf8(text.replace("KID", ann.keyid)));
    const unsigned = await unsignedBundle(42);
    const signature = toBase64Url(await ann.sign(utf8(`${header}.${unsigned.payload}`)));
    const odd = { ...unsigned, signatures: [{ protected: header, signature }] };
    expect(await judgeBundle(await sign(odd, ben))).toBe("ERR_BUNDLE_SIGNATURE threshold");
  });
});

describe("strict base64url before any signature check", () => {
  test.for([
    ["padding", (text: string) => `${text}=`],
    ["white space", (text: string) => `${text.slice(0, 8)}\n${text.slice(8)}`],
    ["the other alphabet", (text: string) => `+${text.slice(1)}`],
    [
      "a length that no bytes have",
      (text: string) => text.padEnd(text.length + ((5 - (text.length % 4)) % 4), "A"),
    ],
  ] as const)("%s in payload, header and signature", async ([, bend]) => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    try {
      const [first, second] = bundle.signatures;
      for (const bent of [
        { ...bundle, payload: bend(bundle.payload) },
        {
          ...bundle,
          signatures: [{ ...must(first), protected: bend(must(first).protected) }, must(second)],
        },
        {
          ...bundle,
          signatures: [{ ...must(first), signature: bend(must(first).signature) }, must(second)],
        },
      ]) {
        expect(await judgeBundle(bent)).toBe("ERR_BUNDLE_INVALID malformed");
      }
      expect(verify).not.toHaveBeenCalled();
    } finally {
      verify.mockRestore();
    }
  });

  test("stray trailing bits", async () => {
    const [first, second] = bundle.signatures;
    const { signature } = must(first);
    // 64 bytes end in a character of which four bits are unused.
    const last = must(signature.at(-1));
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const stray = signature.slice(0, -1) + alphabet.charAt(alphabet.indexOf(last) + 1);
    const bent = { ...bundle, signatures: [{ ...must(first), signature: stray }, must(second)] };
    expect(await judgeBundle(bent)).toBe("ERR_BUNDLE_INVALID malformed");
  });
});

describe("envelopes", () => {
  test.for([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["a byte order mark", "\u{feff}{}"],
    ["no payload", '{"signatures":[]}'],
    ["no signatures", '{"payload":"e30"}'],
    ["a member more", '{"payload":"e30","signatures":[],"more":1}'],
    ["a signature that is a text", '{"payload":"e30","signatures":["e30"]}'],
    [
      "a header beside the protected one",
      '{"payload":"e30","signatures":[{"protected":"e30","signature":"e30","header":{}}]}',
    ],
    ["files that are numbers", '{"payload":"e30","signatures":[],"files":{"a":1}}'],
  ] as const)("%s is malformed", async ([, text]) => {
    expect(await outcomeOf(() => verifyBundle(utf8(text), { root: desk.root, now: NOW }))).toBe(
      "ERR_BUNDLE_INVALID malformed",
    );
  });

  test("a head has no files", async () => {
    const head = { ...(await makeHead(desk, main)), files: {} };
    expect(await judgeHead(head)).toBe("ERR_BUNDLE_INVALID malformed");
  });

  test.for([
    ["root", 256 * 1024],
    ["head", 64 * 1024],
  ] as const)("a %s over its size is not parsed", async ([kind, size]) => {
    const bytes = new Uint8Array(size + 1).fill(0x20);
    const work =
      kind === "root" ? verifyRoot(bytes) : verifyHead(bytes, { root: desk.root, now: NOW });
    expect(await outcomeOf(() => work)).toBe("ERR_BUNDLE_INVALID too-large");
  });

  test("bytes that are no UTF-8 are malformed", async () => {
    expect(await outcomeOf(() => verifyRoot(new Uint8Array([0x7b, 0xff, 0x7d])))).toBe(
      "ERR_BUNDLE_INVALID malformed",
    );
  });

  test.for([
    ["white space", (text: string) => `${text} `],
    [
      "another order",
      (text: string) =>
        text.replace(/^\{"_type":"[^"]*",(.*)\}$/, '{$1,"_type":"policy-bundle+json"}'),
    ],
    ["a name twice", (text: string) => text.replace(/^\{/, '{"_type":"x",')],
  ] as const)("a signed payload with %s is not canonical", async ([, bend]) => {
    const text = Buffer.from(bundle.payload, "base64url").toString();
    const bent = { ...bundle, payload: toBase64Url(utf8(bend(text))), signatures: [] };
    const signed = await signAs("policy-bundle+json", bent, desk.policySigners.slice(0, 2));
    expect(await judgeBundle(signed)).toBe("ERR_BUNDLE_INVALID malformed");
  });
});

describe("heads", () => {
  test.for([
    ["another name", { name: "other" }, "ERR_BUNDLE_INVALID wrong-name"],
    ["another epoch", { epoch: 2 }, "ERR_BUNDLE_ROLLBACK epoch"],
    ["a root that is withheld", { root_version: 2 }, "ERR_BUNDLE_ROLLBACK root-behind"],
    ["no main target", { targets: [] }, "ERR_BUNDLE_INVALID no-target"],
    [
      "a critical member that nobody knows",
      { critical: ["quorum"], quorum: 2 },
      "ERR_BUNDLE_INVALID unknown-critical",
    ],
    ["an unknown member", { later: true }, "ok"],
    ["31 February", { expires: "2026-02-31T10:00:00Z" }, "ERR_BUNDLE_INVALID malformed"],
    [
      "a time with an offset",
      { expires: "2026-11-20T11:00:00+00:00" },
      "ERR_BUNDLE_INVALID malformed",
    ],
    ["a version that is a text", { version: "1" }, "ERR_BUNDLE_INVALID malformed"],
    ["a version of zero", { version: 0 }, "ERR_BUNDLE_INVALID malformed"],
    ["a version that is no whole number", { version: 1.5 }, "ERR_BUNDLE_INVALID malformed"],
    ["a negative minimum", { min_serial: -1 }, "ERR_BUNDLE_INVALID malformed"],
    ["another spec", { spec: "2" }, "ERR_BUNDLE_INVALID malformed"],
    ["a name outside the grammar", { name: "Payments" }, "ERR_BUNDLE_INVALID malformed"],
    [
      "an unknown rollout mode",
      { rollout: { mode: "on", salt: "a", basis_points: 1 } },
      "ERR_BUNDLE_INVALID malformed",
    ],
    [
      "a rollout beyond everybody",
      { rollout: { mode: "enforce", salt: "a", basis_points: 10_001 } },
      "ERR_BUNDLE_INVALID malformed",
    ],
    ["no targets at all", { targets: undefined }, "ERR_BUNDLE_INVALID malformed"],
  ] as const)("%s", async ([, members, expected]) => {
    expect(await headWith(members)).toBe(expected);
  });

  test("another channel", async () => {
    expect(await headWith({}, { channel: "staging" })).toBe("ERR_BUNDLE_INVALID wrong-channel");
    expect(await headWith({}, { channel: "production" })).toBe("ok");
  });

  test("an unknown digest algorithm", async () => {
    const target = { ...main, digest: main.digest.replace("sha256", "sha512") };
    expect(await headWith({ targets: [target] })).toBe("ERR_BUNDLE_INVALID malformed");
  });

  test("two targets with one id", async () => {
    expect(await headWith({ targets: [main, main] })).toBe("ERR_BUNDLE_INVALID malformed");
  });

  test.for([
    ["expires now", 0, HOUR, "ERR_BUNDLE_EXPIRED head-expired"],
    ["expires in a second", 0, HOUR - 1000, "ok"],
    ["is issued in 300 s", 300_000, 0, "ok"],
    ["is issued in 301 s", 301_000, 0, "ERR_BUNDLE_ROLLBACK clock-behind"],
  ] as const)("a head that %s", async ([, issuedIn, later, expected]) => {
    const members = { issued: time(NOW + issuedIn), expires: time(NOW + HOUR) };
    expect(await headWith(members, { now: NOW + later })).toBe(expected);
  });

  test.for([
    ["24 hours", 0, "ok"],
    ["24 hours and a second", 1000, "ERR_BUNDLE_EXPIRED head-lifetime"],
  ] as const)("a head that lives for %s", async ([, more, expected]) => {
    expect(await headWith({ issued: time(NOW), expires: time(NOW + DAY + more) })).toBe(expected);
  });

  test("a stored head is verified again without its times, and with all else", async () => {
    const later = { now: undefined };
    expect(await headWith({ expires: time(NOW - HOUR), issued: time(NOW - 2 * HOUR) }, later)).toBe(
      "ok",
    );
    expect(await headWith({ epoch: 2 }, later)).toBe("ERR_BUNDLE_ROLLBACK epoch");
  });

  test("a root that no verification gave is refused", async () => {
    await expect(judgeHead(bundle, { root: { ...desk.root } })).rejects.toThrow(TypeError);
  });
});

describe("roots", () => {
  test("a successor is signed by the old threshold and by its own", async () => {
    const [r1, r2] = desk.rootSigners;
    expect(await judgeNext(await sign(await next(), r1, r2))).toBe("ok");
    const joined = await next({
      add: [{ role: "root", key: stranger.publicJwk }],
      remove: desk.rootSigners.slice(0, 2).map(({ keyid }) => ({ role: "root", keyid })),
    });
    expect(await judgeNext(await sign(joined, r1, r2))).toBe("ERR_BUNDLE_SIGNATURE threshold");
    expect(await judgeNext(await sign(joined, stranger, desk.rootSigners[2]))).toBe(
      "ERR_BUNDLE_SIGNATURE threshold",
    );
    expect(await judgeNext(await sign(joined, r1, r2, stranger, desk.rootSigners[2]))).toBe("ok");
  });

  test.for([
    ["a version that is skipped", { version: 3 }, "ERR_BUNDLE_ROLLBACK root-version"],
    ["the version it has", { version: 1 }, "ERR_BUNDLE_ROLLBACK root-version"],
    ["a lower epoch", { epoch: 0 }, "ERR_BUNDLE_INVALID malformed"],
    ["no names", { names: [] }, "ERR_BUNDLE_INVALID malformed"],
    ["a name outside the grammar", { names: ["../x"] }, "ERR_BUNDLE_INVALID malformed"],
    [
      "an unknown critical member",
      { critical: ["witness"] },
      "ERR_BUNDLE_INVALID unknown-critical",
    ],
    ["another spec", { spec: "1.0" }, "ERR_BUNDLE_INVALID malformed"],
    ["an unknown member", { later: 1 }, "ok"],
    ["a revoked digest that is none", { revoked: ["sha256:0"] }, "ERR_BUNDLE_INVALID malformed"],
    [
      "an issuer without its key",
      { issuers: [{ iss: "a", keyids: ["A".repeat(43)] }] },
      "ERR_BUNDLE_INVALID malformed",
    ],
  ] as const)("%s", async ([, members, expected]) => {
    const changed = change(await next(), members);
    expect(await judgeNext(await sign(changed, ...desk.rootSigners.slice(0, 2)))).toBe(expected);
  });

  test("an epoch that goes back", async () => {
    const up = await sign(await next({ isNewEpoch: true }), ...desk.rootSigners.slice(0, 2));
    const second = await verifyRoot(toBytes(up), { previous: desk.root });
    const third = await rotateRoot(second, { expires: NOW + 400 * DAY });
    const back = await sign(change(third, { epoch: 1 }), ...desk.rootSigners.slice(0, 2));
    expect(await judgeRoot(back, { previous: second })).toBe("ERR_BUNDLE_ROLLBACK epoch");
  });

  test.for([
    ["a threshold of zero", () => ({ keyids: [desk.headSigner.keyid], threshold: 0 })],
    ["too few keys", () => ({ keyids: [desk.headSigner.keyid], threshold: 2 })],
    [
      "the same key twice",
      () => ({ keyids: [desk.headSigner.keyid, desk.headSigner.keyid], threshold: 2 }),
    ],
    ["a key that is not there", () => ({ keyids: [stranger.keyid], threshold: 1 })],
    [
      "an algorithm that nobody knows",
      () => ({ keyids: [desk.headSigner.keyid], threshold: 1, algorithms: ["RS256"] }),
    ],
    [
      "no algorithm at all",
      () => ({ keyids: [desk.headSigner.keyid], threshold: 1, algorithms: [] }),
    ],
    [
      "an algorithm twice",
      () => ({ keyids: [desk.headSigner.keyid], threshold: 1, algorithms: ["Ed25519", "Ed25519"] }),
    ],
    [
      "an algorithm without enough keys",
      () => ({ keyids: [desk.headSigner.keyid], threshold: 1, algorithms: ["Ed25519", "ES256"] }),
    ],
  ] as const)("a role with %s", async ([, role]) => {
    const changed = change(await next(), { roles: roles({ head: role() }) });
    expect(await judgeNext(await sign(changed, ...desk.rootSigners.slice(0, 2)))).toBe(
      "ERR_BUNDLE_SIGNATURE role",
    );
  });

  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const misspelt: readonly (readonly [string, (x: string) => string])[] = [
    ["padding", (x) => `${x}=`],
    ["white space", (x) => `${x} `],
    ["stray bits", (x) => x.slice(0, -1) + alphabet.charAt(alphabet.indexOf(must(x.at(-1))) + 1)],
    ["the other alphabet", (x) => `+${x.slice(1)}`],
    ["a byte more", (x) => `${x}A`],
  ];
  test.for(misspelt)("a key misspelt with %s is no second key", async ([, bend]) => {
    const { x } = stranger.publicJwk as { x: string };
    const jwk = { kty: "OKP", crv: "Ed25519", x: bend(x) };
    const text = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
    const hash = await crypto.subtle.digest("SHA-256", utf8(text) as Uint8Array<ArrayBuffer>);
    const keyid = Buffer.from(hash).toString("base64url");
    expect(await judgeNext(await withKey(keyid, jwk))).toBe("ERR_BUNDLE_INVALID malformed");
  });

  test("a key under another name", async () => {
    const wrong = await withKey("A".repeat(43), { ...stranger.publicJwk });
    expect(await judgeNext(wrong)).toBe("ERR_BUNDLE_INVALID malformed");
    expect(await judgeNext(await withKey(stranger.keyid, { ...stranger.publicJwk }))).toBe("ok");
  });

  test("an extra member of a key", async () => {
    const extra = { ...stranger.publicJwk, use: "sig" };
    expect(await judgeNext(await withKey(stranger.keyid, extra))).toBe(
      "ERR_BUNDLE_INVALID malformed",
    );
  });

  test.for([
    ["the identity", `01${"00".repeat(31)}`],
    ["the identity with a sign", `01${"00".repeat(30)}80`],
    ["order 2", `ec${"ff".repeat(30)}7f`],
    ["order 4", "00".repeat(32)],
    ["order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
    ["order 8, other sign", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"],
    ["order 8, the other one", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"],
    ["a coordinate beyond the prime", `ee${"ff".repeat(30)}7f`],
    ["the prime itself", `ed${"ff".repeat(30)}7f`],
  ] as const)("a small-order or non-canonical Ed25519 point: %s", async ([, point]) => {
    const jwk = { kty: "OKP", crv: "Ed25519", x: hex(point) };
    const text = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
    const hash = await crypto.subtle.digest("SHA-256", utf8(text) as Uint8Array<ArrayBuffer>);
    const keyid = Buffer.from(hash).toString("base64url");
    expect(await judgeNext(await withKey(keyid, jwk))).toBe("ERR_BUNDLE_INVALID malformed");
  });

  test("a P-256 point off its curve", async () => {
    const { x, y } = (await newSigner("ES256")).publicJwk as { x: string; y: string };
    const off = Buffer.from(y, "base64url");
    off.writeUInt8(off.readUInt8(31) ^ 1, 31);
    const jwk = { kty: "EC", crv: "P-256", x, y: off.toString("base64url") };
    const text = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y });
    const hash = await crypto.subtle.digest("SHA-256", utf8(text) as Uint8Array<ArrayBuffer>);
    const keyid = Buffer.from(hash).toString("base64url");
    expect(await judgeNext(await withKey(keyid, jwk))).toBe("ERR_BUNDLE_INVALID malformed");
  });

  test("a rotation leaves out keys that nobody names any more", async () => {
    const rotated = await next({
      add: [{ role: "head", key: stranger.publicJwk }],
      remove: [{ role: "head", keyid: desk.headSigner.keyid }],
    });
    const keys = payloadOf(rotated)["keys"] as object;
    expect(Object.keys(keys)).toContain(stranger.keyid);
    expect(Object.keys(keys)).not.toContain(desk.headSigner.keyid);
  });
});

describe("bundles", () => {
  test.for([
    ["another name", { name: "other" }, "ERR_BUNDLE_INVALID wrong-name"],
    [
      "a critical member that nobody knows",
      { critical: ["obligations-9"] },
      "ERR_BUNDLE_INVALID unknown-critical",
    ],
    [
      "a newer core",
      { requires: { core: "9.0.0", features: [] } },
      "ERR_BUNDLE_INVALID core-too-old",
    ],
    [
      "a feature that is not there",
      { requires: { core: "0.1.0", features: ["redaction-9"] } },
      "ERR_BUNDLE_INVALID core-too-old",
    ],
    ["no version of core", { requires: { core: "any" } }, "ERR_BUNDLE_INVALID malformed"],
    ["an unknown member", { later: {} }, "ok"],
    ["a serial of zero", { serial: 0 }, "ERR_BUNDLE_INVALID malformed"],
  ] as const)("%s", async ([, manifest, expected]) => {
    const made = await makeBundle(desk, 42, { manifest });
    expect(await judgeBundle(made, { core: "0.1.0" })).toBe(expected);
  });

  test.for([
    ["before it is valid", NOW - HOUR - 1, "ERR_BUNDLE_EXPIRED not-yet-valid"],
    ["from its first millisecond", NOW - HOUR, "ok"],
    ["until its last millisecond", NOW + 30 * DAY - 1, "ok"],
    ["when it expires", NOW + 30 * DAY, "ERR_BUNDLE_EXPIRED bundle-expired"],
  ] as const)("%s", async ([, now, expected]) => {
    expect(await judgeBundle(bundle, { now })).toBe(expected);
  });

  test("another digest or serial than the head's", async () => {
    const other = await targetOf(await makeBundle(desk, 43));
    expect(await judgeBundle(bundle, { target: other })).toBe("ERR_BUNDLE_INVALID digest-mismatch");
    const lied = { serial: 43, digest: main.digest };
    expect(await judgeBundle(bundle, { target: lied })).toBe("ERR_BUNDLE_INVALID serial-mismatch");
  });

  test("a revoked digest", async () => {
    const [r1, r2] = desk.rootSigners;
    const unsigned = await rotateRoot(desk.root, { revoke: [main.digest], expires: NOW + DAY });
    const bytes = toBytes(await sign(unsigned, r1, r2));
    const root = await verifyRoot(bytes, { previous: desk.root });
    expect(await judgeBundle(bundle, { root })).toBe("ERR_BUNDLE_INVALID bundle-revoked");
  });

  test.for([
    ["a path that goes up", "source/../../etc/passwd", "path"],
    ["an absolute path", "/etc/passwd", "path"],
    ["a backslash", "source\\policy.yaml", "path"],
    ["an empty segment", "source//policy.yaml", "path"],
    ["a dot segment", "source/./policy.yaml", "path"],
    ["a space", "source/a b", "path"],
    ["a colon", "source/c:x", "path"],
    ["a null byte", "source/a\u0000b", "path"],
    ["a path that is too long", `source/${"a".repeat(200)}`, "path"],
    ["a file at the top", "policy.json", "path"],
    ["an unknown folder", "scripts/run.json", "unknown-folder"],
    ["code among the tests", "tests/run.js", "path"],
    ["a folder below the policies", "policies/a/b.json", "path"],
    ["nested sources", "source/a/b/c.yaml", undefined],
  ] as const)("%s", async ([, path, reason]) => {
    const unsigned = await unsignedBundle(42);
    const listed = payloadOf(unsigned)["files"] as object[];
    const changed = change(
      { ...unsigned, files: { ...unsigned.files, [path]: "{}" } },
      { files: [...listed, file(path)] },
    );
    const made = await sign(changed, ...desk.policySigners.slice(0, 2));
    expect(await judgeBundle(made)).toBe(
      reason === undefined ? "ok" : `ERR_BUNDLE_INVALID ${reason}`,
    );
  });

  test.for([
    ["two paths that differ in case", ["source/A", "source/a"]],
    ["a file below a file", ["source/a", "source/a/b"]],
    ["the same path twice", ["source/a", "source/a"]],
  ] as const)("%s", async ([, paths]) => {
    const unsigned = await unsignedBundle(42);
    const listed = payloadOf(unsigned)["files"] as object[];
    const files = Object.fromEntries(paths.map((path) => [path, "{}"]));
    const changed = change(
      { ...unsigned, files: { ...unsigned.files, ...files } },
      { files: [...listed, ...paths.map((path) => file(path))] },
    );
    const made = await sign(changed, ...desk.policySigners.slice(0, 2));
    expect(await judgeBundle(made)).toBe("ERR_BUNDLE_INVALID path");
  });

  test.for([
    [
      "a file more",
      (files: Record<string, string>) => ({ ...files, "source/more": "" }),
      "file-set",
    ],
    [
      "a file less",
      ({ "source/policy.yaml": _gone, ...files }: Record<string, string>) => files,
      "file-set",
    ],
    [
      "a file under another path",
      ({ "source/policy.yaml": text = "", ...files }: Record<string, string>) => ({
        ...files,
        "source/other.yaml": text,
      }),
      "file-set",
    ],
    [
      "a substituted file",
      (files: Record<string, string>) => ({ ...files, "source/policy.yaml": "portcullis: 2\n" }),
      "file-digest",
    ],
    [
      "a longer file",
      (files: Record<string, string>) => ({ ...files, "source/policy.yaml": "portcullis: 1\n\n" }),
      "file-size",
    ],
    [
      "a lone surrogate",
      (files: Record<string, string>) => ({ ...files, "source/policy.yaml": "\ud800" }),
      "file-digest",
    ],
    ["no files", () => undefined, "file-set"],
  ] as const)("%s", async ([, bend, reason]) => {
    const { files, ...rest } = bundle;
    const bent = bend({ ...files });
    const made = {
      ...rest,
      ...(bent === undefined ? {} : { files: bent as Record<string, string> }),
    };
    expect(await judgeBundle(made)).toBe(`ERR_BUNDLE_INVALID ${reason}`);
  });

  test("a file that a lone surrogate would be hashed as", async () => {
    const made = await makeBundle(desk, 42, { sources: { "policy.yaml": "\u{fffd}" } });
    expect(await judgeBundle(made)).toBe("ok");
    const swapped = { ...made, files: { ...made.files, "source/policy.yaml": "\ud800" } };
    expect(await judgeBundle(swapped)).toBe("ERR_BUNDLE_INVALID file-digest");
  });

  test.for([
    ["a file over 4 MiB", [{ size: 4 * 1024 * 1024 + 1 }]],
    ["files over 32 MiB", Array.from({ length: 9 }, () => ({ size: 4 * 1024 * 1024 }))],
    ["over 4 096 files", Array.from({ length: 4097 }, () => ({ size: 0 }))],
  ] as const)("%s", async ([, sizes]) => {
    const files = sizes.map(({ size }, index) => ({ ...file(`source/${index}`, ""), size }));
    const made = await sign(
      change(await unsignedBundle(42), { files }),
      ...desk.policySigners.slice(0, 2),
    );
    expect(await judgeBundle(made)).toBe("ERR_BUNDLE_INVALID file-size");
  });
});

describe("what a bundle means", () => {
  const policy = (members: object): string => {
    const { tools: _tools, ...rest } = policyOf();
    return canonical({ ...rest, ...members });
  };

  test.for([
    ["no policy", { "policies/policy.json": undefined }],
    ["two policies", { "policies/other.json": policy({}) }],
    ["a policy that is not canonical", { "policies/policy.json": ` ${policy({})}` }],
    ["a policy with an unknown member", { "policies/policy.json": policy({ extra: 1 }) }],
    ["a policy with a catalogue of its own", { "policies/policy.json": policy({ tools: {} }) }],
    ["a tool without a name", { "tools/payments.pay.json": "{}" }],
    ["a tool with an unknown member", { "tools/x.json": '{"tool":"payments.x","undo":true}' }],
    [
      "a tool twice",
      { "tools/x.json": canonical({ ...policyOf().tools["payments.pay"], tool: "payments.pay" }) },
    ],
    ["no decision tests", { "tests/tests.json": undefined }],
    ["an empty file of tests", { "tests/tests.json": "[]" }],
    ["tests that are no array", { "tests/tests.json": "{}" }],
    [
      "a test with an unknown member",
      { "tests/tests.json": canonical([{ ...READ_TEST, skip: true }]) },
    ],
    [
      "a test whose request has an unknown member",
      {
        "tests/tests.json": canonical([
          { ...READ_TEST, request: { tool: "payments.read", shell: 1 } },
        ]),
      },
    ],
    [
      "a test that expects an unknown member",
      {
        "tests/tests.json": canonical([{ ...READ_TEST, expect: { outcome: "permit", maybe: 1 } }]),
      },
    ],
    [
      "a test that expects an unknown outcome",
      { "tests/tests.json": canonical([{ ...READ_TEST, expect: { outcome: "allow" } }]) },
    ],
    ["redaction that nobody applies", { "redaction/cards.json": "{}" }],
    ["data that nobody reads", { "data/hosts.json": "[]" }],
  ] as const)("%s refuses the bundle", async ([, files]) => {
    expect(await load(await withFiles(files))).toBe("ERR_BUNDLE_INVALID policy");
  });

  test("attestations are carried and not interpreted", async () => {
    expect(await load(await withFiles({ "attestations/slsa.json": "anything" }))).toBe("ok");
  });

  test.for([
    ["a tool outside", { manifest: { namespaces: ["payments.read"] } }],
    ["a namespace that is only a prefix", { manifest: { namespaces: ["pay"] } }],
    [
      "a rule about a tool outside",
      {
        policy: { ...policyOf({ ...PERMIT_PAY, id: "x", effect: "forbid" }) },
        manifest: { namespaces: ["payments.read"] },
      },
    ],
  ] as const)("namespaces: %s", async ([, parts]) => {
    expect(await load(await makeBundle(desk, 42, parts))).toBe("ERR_BUNDLE_INVALID namespace");
  });

  test("a bundle that no verification gave is refused", async () => {
    const verified = await verifyBundle(toBytes(bundle), { root: desk.root, now: NOW });
    expect(() => loadBundle({ ...verified })).toThrow(TypeError);
  });
});

describe("hybrid signatures", () => {
  test("five signer sets of a role that wants two Ed25519 and two ML-DSA-65 keys", async () => {
    const classical = [await newSigner(), await newSigner(), await newSigner()];
    const quantum = [
      await newSigner("ML-DSA-65"),
      await newSigner("ML-DSA-65"),
      await newSigner("ML-DSA-65"),
    ];
    const root = await hybridRoot(classical, quantum);
    const judge = async (...signers: readonly Signer[]): Promise<string> =>
      judgeBundle(await sign(await unsignedBundle(42), ...signers), { root });
    const threshold = "ERR_BUNDLE_SIGNATURE threshold";
    expect(
      await judge(must(classical[0]), must(classical[1]), must(quantum[0]), must(quantum[1])),
    ).toBe("ok");
    expect(await judge(...classical)).toBe(threshold);
    expect(await judge(...quantum)).toBe(threshold);
    expect(await judge(...classical, must(quantum[0]))).toBe(threshold);
    expect(await judge(must(classical[0]), must(quantum[0]))).toBe(threshold);
  });

  test("a runtime without ML-DSA refuses the role that needs it, with a code of its own", async () => {
    const classical = [await newSigner(), await newSigner()];
    const quantum = [await newSigner("ML-DSA-65"), await newSigner("ML-DSA-65")];
    const root = await hybridRoot(classical, quantum);
    const made = await sign(await unsignedBundle(42), ...classical, ...quantum);
    const whole = crypto.subtle.importKey.bind(crypto.subtle);
    const spy = vi.spyOn(crypto.subtle, "importKey");
    spy.mockImplementation(((
      format: string,
      key: unknown,
      algorithm: { name?: string },
      ...rest: unknown[]
    ) => {
      // What Node 22 answers.
      if (algorithm.name?.startsWith("ML-DSA") === true) {
        return Promise.reject(new DOMException("Unrecognized algorithm name", "NotSupportedError"));
      }
      return Reflect.apply(whole, crypto.subtle, [format, key, algorithm, ...rest]);
    }) as typeof crypto.subtle.importKey);
    try {
      expect(await judgeBundle(made, { root })).toBe("ERR_BUNDLE_UNAVAILABLE algorithm");
      const head = await makeHead(desk, main);
      expect(await judgeHead(head, { root: await hybridRoot(classical, quantum) })).toBe("ok");
    } finally {
      spy.mockRestore();
    }
  });
});

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

function canonical(value: unknown): string {
  return toCanonicalText(value);
}

/** Signs under a header whose `typ` is not taken from the payload. */
async function signAs(
  typ: string,
  envelope: Envelope,
  signers: readonly Signer[],
): Promise<Envelope> {
  const signatures = [];
  for (const signer of signers) {
    const header = toBase64Url(utf8(canonical({ alg: signer.algorithm, kid: signer.keyid, typ })));
    const signature = toBase64Url(await signer.sign(utf8(`${header}.${envelope.payload}`)));
    signatures.push({ protected: header, signature });
  }
  return { ...envelope, signatures };
}
