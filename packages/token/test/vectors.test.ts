import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PublicJwk, SignatureBackend } from "../src/index.ts";
import { parsePublicJwk } from "../src/index.ts";
import { createNodeSignatureBackend } from "../src/node.ts";

const DATA = join(
  process.env["PORTCULLIS_DATA"] ?? join(import.meta.dirname, "../../../../shared/data"),
  "wycheproof",
);
const isThere = existsSync(DATA);

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid" | "acceptable";
}
interface Group {
  readonly publicKeyJwk: Readonly<Record<string, string>>;
  readonly publicKey: { readonly wx: string; readonly wy: string };
  readonly tests: readonly Vector[];
}

const read = (file: string): readonly Group[] =>
  JSON.parse(readFileSync(join(DATA, file), "utf8")).testGroups;
const segment = (hex: string): string => Buffer.from(hex, "hex").toString("base64url");
const latin1 = (hex: string): string => Buffer.from(hex, "hex").toString("latin1");

test("the vectors are there", ({ skip }) => {
  if (!isThere && process.env["CI"] !== "true") skip("PORTCULLIS_DATA names no wycheproof folder");
  expect(isThere).toBe(true);
});

describe.runIf(isThere)("Wycheproof", () => {
  test.for<readonly [string, (group: Group) => unknown, number]>([
    ["ed25519_test.json", ({ publicKeyJwk: { kty, crv, x } }) => ({ kty, crv, x }), 151],
    [
      "ecdsa_secp256r1_sha256_p1363_test.json",
      ({ publicKey: { wx, wy } }) => ({
        kty: "EC",
        crv: "P-256",
        x: segment(wx.padStart(64, "0").slice(-64)),
        y: segment(wy.padStart(64, "0").slice(-64)),
      }),
      262,
    ],
  ])("%s", ([file, toJwk, expected]) => {
    const backend = createNodeSignatureBackend();
    const wrong: unknown[] = [];
    let count = 0;
    for (const group of read(file)) {
      const jwk = parsePublicJwk(toJwk(group) as never);
      for (const vector of group.tests) {
        count += 1;
        const isTaken = verifies(backend, jwk, vector);
        if (isTaken !== (vector.result === "valid")) wrong.push([vector.tcId, vector.comment]);
      }
    }
    expect([wrong, count]).toEqual([[], expected]);
  });

  test("no tag of an HMAC is a signature", () => {
    const backend = createNodeSignatureBackend();
    const [group] = read("ed25519_test.json");
    const { kty, crv, x } = group?.publicKeyJwk ?? {};
    const jwk = parsePublicJwk({ kty: kty ?? "", crv: crv ?? "", x: x ?? "" });
    const hmac = JSON.parse(readFileSync(join(DATA, "hmac_sha256_test.json"), "utf8"));
    const tests = hmac.testGroups.flatMap((each: { tests: readonly object[] }) => each.tests);
    for (const { msg, tag } of tests) {
      expect(verifies(backend, jwk, { msg, sig: tag })).toBe(false);
    }
    expect(tests).toHaveLength(174);
    expect(backend.algorithms).toEqual(["Ed25519", "ES256", "ML-DSA-65"]);
  });
});

function verifies(
  backend: SignatureBackend,
  jwk: PublicJwk | undefined,
  { msg, sig }: Pick<Vector, "msg" | "sig">,
): boolean {
  if (jwk === undefined) return false;
  try {
    const key = backend.importPublicKey(jwk);
    if (key instanceof Promise) throw new Error("Node's backend is synchronous.");
    return backend.verify(key, latin1(msg), segment(sig)) === true;
  } catch {
    return false;
  }
}
