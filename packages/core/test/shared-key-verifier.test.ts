import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64UrlText } from "../src/approvals/base64url-text.ts";
import type { SharedKeyApprover } from "../src/approvals/shared-key-verifier.ts";
import {
  createSharedKeyApprovalVerifier,
  signApproval,
} from "../src/approvals/shared-key-verifier.ts";
import { platform } from "../src/platform/node.ts";
import type { ApprovalStatement } from "../src/ports/approval-store.ts";

const { digest } = platform;
const ANN = { id: "user:ann", roles: ["supervisor"], key: "a".repeat(32) };
const EVE = { id: "user:éve 😀", roles: [], key: "e".repeat(40) };
const STATEMENT: ApprovalStatement = { id: "a1", version: 3, argsDigest: "d1", answer: "grant" };

const create = (approvers: readonly SharedKeyApprover[] = [ANN, EVE]) =>
  createSharedKeyApprovalVerifier({ digest, approvers });

describe("createSharedKeyApprovalVerifier", () => {
  test("knows who signed", async () => {
    const verifier = create();
    for (const { id, roles, key } of [ANN, EVE]) {
      const proof = await signApproval(STATEMENT, { digest, id, key });
      expect(await verifier.verify(STATEMENT, proof)).toEqual({ id, roles });
    }
  });

  test("writes a proof as the documentation says", async () => {
    const proof = await signApproval(STATEMENT, { digest, ...ANN });
    const signed =
      "portcullis.approval-answer.v1\n" +
      '{"answer":"grant","approver":"user:ann","argsDigest":"d1","id":"a1","version":3}';
    expect(proof).toBe(`dXNlcjphbm4.${await digest.hmacSha256(ANN.key, signed)}`);
  });

  test.for([
    { name: "another id", statement: { ...STATEMENT, id: "a2" } },
    { name: "another version", statement: { ...STATEMENT, version: 4 } },
    { name: "other arguments", statement: { ...STATEMENT, argsDigest: "d2" } },
    { name: "the opposite answer", statement: { ...STATEMENT, answer: "refuse" as const } },
  ])("does not take a proof for $name", async ({ statement }) => {
    const proof = await signApproval(STATEMENT, { digest, ...ANN });
    expect(await create().verify(statement, proof)).toBeUndefined();
  });

  test("does not take one person's key for another's", async () => {
    const forged = await signApproval(STATEMENT, { digest, id: EVE.id, key: ANN.key });
    expect(await create().verify(STATEMENT, forged)).toBeUndefined();
    const own = await signApproval(STATEMENT, { digest, ...ANN });
    const renamed = `${toBase64UrlText(EVE.id)}.${own.split(".")[1]}`;
    expect(await create().verify(STATEMENT, renamed)).toBeUndefined();
  });

  test("does not take a proof of someone unknown", async () => {
    const proof = await signApproval(STATEMENT, { digest, id: "user:zoe", key: "z".repeat(32) });
    expect(await create().verify(STATEMENT, proof)).toBeUndefined();
  });

  test("takes no proof with a single character changed, added or left out", async () => {
    const verifier = create();
    const proof = await signApproval(STATEMENT, { digest, ...ANN });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(proof.length),
        fc.constantFrom("", "A", ".", " ", "=", "é"),
        fc.nat(1),
        async (at, put, cut) => {
          const changed = proof.slice(0, at) + put + proof.slice(at + cut);
          fc.pre(changed !== proof);
          expect(await verifier.verify(STATEMENT, changed)).toBeUndefined();
        },
      ),
    );
  });

  test("takes no proof with a third part", async () => {
    const proof = await signApproval(STATEMENT, { digest, ...ANN });
    expect(await create().verify(STATEMENT, `${proof}.`)).toBeUndefined();
    expect(await create().verify(STATEMENT, `${proof}.more`)).toBeUndefined();
  });

  test.for(["", ".", "..", "x", "x".repeat(3000), undefined as unknown as string])(
    "takes no nonsense",
    async (proof) => {
      expect(await create().verify(STATEMENT, proof)).toBeUndefined();
    },
  );

  test.for([
    { name: "a short key", approvers: [{ ...ANN, key: "a".repeat(31) }] },
    { name: "an id twice", approvers: [ANN, { ...EVE, id: ANN.id }] },
    { name: "a key twice", approvers: [ANN, { ...EVE, key: ANN.key }] },
    { name: "no id", approvers: [{ ...ANN, id: "" }] },
    { name: "half a character", approvers: [{ ...ANN, id: "\ud800" }] },
    { name: "an empty role", approvers: [{ ...ANN, roles: [""] }] },
    { name: "roles that are a text", approvers: [{ ...ANN, roles: "x" as unknown as string[] }] },
    { name: "a key that is no text", approvers: [{ ...ANN, key: 5 as unknown as string }] },
  ])("refuses $name", ({ approvers }) => {
    expect(() => create(approvers)).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option: "approvers" } }),
    );
  });

  test("does not follow changes of what it was given", async () => {
    const roles = ["supervisor"];
    const verifier = create([{ ...ANN, roles }]);
    roles.push("admin");
    const proof = await signApproval(STATEMENT, { digest, ...ANN });
    expect(await verifier.verify(STATEMENT, proof)).toEqual({ id: ANN.id, roles: ["supervisor"] });
  });
});

test("toBase64UrlText writes what Node writes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(toBase64UrlText(text)).toBe(Buffer.from(text, "utf8").toString("base64url"));
    }),
  );
});
