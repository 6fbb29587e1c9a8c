import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createDenial, DENIALS, isDenialCode, toModelText } from "../src/denial.ts";
import type { DenialCode } from "../src/denial.ts";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(name, import.meta.url)), "utf8");

/** Rows of every table in a page, cells without back-ticks and padding. */
function rows(page: string): readonly (readonly string[])[] {
  return page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf("|"))
        .split("|")
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

const codes = Object.keys(DENIALS).filter(isDenialCode);

test("the page of denials lists every code with its stage, retry and text, and no other", () => {
  const expected = codes.map((code) => {
    const { stage, retryable, message } = DENIALS[code];
    return [code, stage, retryable, message];
  });
  expect(rows(read("../docs/denials.md"))).toEqual(expected);
});

test("the page of errors lists the codes of the union, and no other", () => {
  const source = read("../src/errors.ts");
  const begin = source.indexOf("export type PortcullisErrorCode");
  const union = source.slice(begin, source.indexOf(";", begin));
  const declared = [...union.matchAll(/"(ERR_[A-Z_]+)"/g)].map(([, code]) => code);
  expect(declared.length).toBeGreaterThan(10);
  expect(rows(read("../docs/errors.md")).map(([code]) => code)).toEqual(declared);
});

test.for(codes)("%s: its texts give nothing away and fit one JSON text", (code: DenialCode) => {
  const denial = createDenial(code, { decisionId: "d_1", rule: { id: "secret-rule" } });
  const text = toModelText(denial);
  const waits = code === "approval-required" || code === "approval-expired";
  expect(JSON.parse(text)).toMatchObject({
    error: waits ? "portcullis.approval-required" : "portcullis.denied",
    code,
    retryable: DENIALS[code].retryable,
    decisionId: "d_1",
  });
  expect(text).not.toContain("secret-rule");
  expect(DENIALS[code].message).toMatch(/^[A-Z].*\.$/);
});
