import { expect, test } from "vitest";
import { runDelegation } from "../src/run-delegation.ts";

test("each hop does what it was given, and nobody anything once the person is disabled", async () => {
  const lines: string[] = [];
  const run = await runDelegation((line) => lines.push(line));
  expect(run.decisions).toEqual([
    "permit",
    "not-delegated",
    "not-delegated",
    "not-delegated",
    "permit",
    "token-revoked",
    "token-revoked",
  ]);
  const text = lines.join("\n");
  expect(text).toContain("agent:refunder  refund of A1 up to 50  (named by its delegator");
  expect(text).toContain(
    "agent:planner  read_order; may pass on refund up to 500  (named by the issuer",
  );
});

test("nothing of the tokens is in messages, checkpoints, records or what was printed", async () => {
  const lines: string[] = [];
  const { kept, records, tokens } = await runDelegation((line) => lines.push(line));
  expect(kept).toContain("Order A1: one cup");
  const everything = [kept, JSON.stringify(records), lines.join("\n")].join("\n");
  for (const part of tokens.flatMap((token) => token.split("."))) {
    expect(everything).not.toContain(part);
  }
});
