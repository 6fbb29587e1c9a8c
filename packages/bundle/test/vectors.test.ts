import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKeySigner, generateSigningKey, readPublicJwk } from "../src/index.ts";
import type { PublicJwk } from "../src/index.ts";
import { must } from "./support/desk.ts";
import { readBase64Url, toBase64Url } from "../src/internal/base64url.ts";
import { verifyRaw } from "../src/internal/verify-raw.ts";

const ROOT = join(import.meta.dirname, "../../..");
const DATA = process.env["PORTCULLIS_DATA"] ?? join(ROOT, "../shared/data");
const WYCHEPROOF = join(DATA, "wycheproof");
const TUF = join(DATA, "tuf-root-chain/metadata");

interface Group {
  readonly publicKeyDer: string;
  readonly tests: readonly {
    readonly tcId: number;
    readonly msg: string;
    readonly sig: string;
    readonly result: "valid" | "invalid";
  }[];
}

const bytes = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, "hex"));

function demandData(folder: string, skip: (reason: string) => void): void {
  if (!existsSync(folder) && process.env["CI"] !== "true") {
    skip(`PORTCULLIS_DATA has no ${folder.slice(DATA.length + 1)}`);
  }
}

function toJwk(text: string): PublicJwk | undefined {
  const der = text.startsWith("-----")
    ? createPublicKey(text)
    : createPublicKey({
        key: Buffer.concat([
          Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex"),
          Buffer.from(text, "hex"),
        ]),
        format: "der",
        type: "spki",
      });
  return readPublicJwk(der.export({ format: "jwk" }) as Record<string, string>);
}

// The signatures are DER there, two numbers of 32 bytes here.
function fromDer(hex: string): Uint8Array {
  const der = Buffer.from(hex, "hex");
  const out = Buffer.alloc(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der.readUInt8(at + 1);
    const number = der.subarray(at + 2, at + 2 + length);
    const trimmed = number.subarray(Math.max(0, number.length - 32));
    trimmed.copy(out, end - trimmed.length);
    at += 2 + length;
  }
  return new Uint8Array(out);
}

/** The older canonical JSON that TUF signs: only quotes and backslashes are escaped. */
function toOlpc(value: unknown): string {
  if (typeof value === "string") return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  if (Array.isArray(value)) return `[${value.map(toOlpc).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${toOlpc(name)}:${toOlpc(member)}`).join(",")}}`;
}

interface TufRoot {
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  readonly signed: {
    readonly version: number;
    readonly keys: Readonly<Record<string, { readonly keyval: { readonly public: string } }>>;
    readonly roles: {
      readonly root: { readonly keyids: readonly string[]; readonly threshold: number };
    };
  };
}

/** How many distinct keys of `judge` signed `root`. */
async function countSigners(root: TufRoot, judge: TufRoot): Promise<number> {
  const message = new TextEncoder().encode(toOlpc(root.signed));
  const good = new Set<string>();
  for (const { keyid, sig } of root.signatures) {
    const key = judge.signed.keys[keyid];
    if (!judge.signed.roles.root.keyids.includes(keyid) || key === undefined || sig === "")
      continue;
    const jwk = toJwk(key.keyval.public);
    if (jwk === undefined) continue;
    if ((await verifyRaw(jwk, message, fromDer(sig))) === "good") good.add(keyid);
  }
  return good.size;
}

describe("Wycheproof through the code that verifies documents", () => {
  test.for([
    ["ed25519_test.json", 151],
    ["ecdsa_secp256r1_sha256_p1363_test.json", 262],
  ] as const)("%s: %i vectors, all as they should be", async ([file, count], { skip }) => {
    demandData(WYCHEPROOF, skip);
    const { testGroups }: { testGroups: Group[] } = JSON.parse(
      readFileSync(join(WYCHEPROOF, file), "utf8"),
    );
    const wrong: number[] = [];
    let seen = 0;
    for (const { publicKeyDer, tests } of testGroups) {
      const jwk = readDer(bytes(publicKeyDer));
      for (const { tcId, msg, sig, result } of tests) {
        seen += 1;
        const verdict = jwk === undefined ? "bad" : await verifyRaw(jwk, bytes(msg), bytes(sig));
        if ((verdict === "good") !== (result === "valid")) wrong.push(tcId);
      }
    }
    expect(wrong).toEqual([]);
    expect(seen).toBe(count);
  });
});

// A key that its own library refuses verifies nothing.
function readDer(der: Uint8Array): PublicJwk | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    return readPublicJwk(key.export({ format: "jwk" }) as Record<string, string>);
  } catch {
    return undefined;
  }
}

describe("ML-DSA-65 against a second implementation", () => {
  const message = new TextEncoder().encode("eyJhbGciOiJNTC1EU0EtNjUifQ.e30");

  test("what the other one signs is good here, and one flipped bit is not", async () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const { publicKey, secretKey } = ml_dsa65.keygen(new Uint8Array(32).fill(seed));
      const jwk = must(
        readPublicJwk({ kty: "AKP", alg: "ML-DSA-65", pub: toBase64Url(publicKey) }),
      );
      const signature = ml_dsa65.sign(message, secretKey);
      expect(await verifyRaw(jwk, message, signature)).toBe("good");
      const flipped = signature.with(
        (seed * 397) % signature.length,
        must(signature[(seed * 397) % signature.length]) ^ 1,
      );
      expect(await verifyRaw(jwk, message, flipped)).toBe("bad");
      expect(await verifyRaw(jwk, message, signature.slice(1))).toBe("bad");
    }
  });

  test("what is signed here is good there, from the seed in the key file", async () => {
    const key = await generateSigningKey("ML-DSA-65");
    const signer = await createKeySigner(key);
    const { pub } = signer.publicJwk as { pub: string };
    const seed = must(readBase64Url(must(key.priv)));
    expect(toBase64Url(ml_dsa65.keygen(seed).publicKey)).toBe(pub);
    expect(ml_dsa65.verify(await signer.sign(message), message, must(readBase64Url(pub)))).toBe(
      true,
    );
  });
});

describe("a chain of roots that Sigstore signed", () => {
  test("every step of its rotations is good under both thresholds, none across a gap", async ({
    skip,
  }) => {
    demandData(TUF, skip);
    const roots: TufRoot[] = Array.from({ length: 12 }, (_, index) =>
      JSON.parse(readFileSync(join(TUF, `${index + 1}.root.json`), "utf8")),
    );
    for (const [index, root] of roots.entries()) {
      const previous = roots[index - 1] ?? root;
      for (const judge of [previous, root]) {
        const { threshold } = judge.signed.roles.root;
        expect([index + 1, (await countSigners(root, judge)) >= threshold]).toEqual([
          index + 1,
          true,
        ]);
      }
    }
    const changed = { ...must(roots[4]), signed: { ...must(roots[4]).signed, version: 99 } };
    expect(await countSigners(changed, must(roots[3]))).toBe(0);
  });
});

describe("base64url", () => {
  test("every text has one spelling: what is read is written again as it was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const text = toBase64Url(data);
        expect(text).toBe(Buffer.from(data).toString("base64url"));
        expect(readBase64Url(text)).toEqual(data);
      }),
    );
    fc.assert(
      fc.property(
        fc.string({ maxLength: 12, unit: fc.constantFrom(...Array.from("AQgw_-+/=\n B9")) }),
        (text) => {
          const read = readBase64Url(text);
          expect(read === undefined ? text : toBase64Url(read)).toBe(text);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
