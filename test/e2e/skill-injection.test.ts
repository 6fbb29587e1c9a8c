import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { trustedPrincipal } from "@portcullis/core";
import { createPortcullis } from "portcullis";
import { describe, expect, test } from "vitest";

const FOLDER = join(
  process.env["PORTCULLIS_DATA"] ?? join(import.meta.dirname, "../../../shared/data"),
  "skill_injection",
);
const POLICY = join(import.meta.dirname, "../../policy-bundles/coding-agent/policy.yaml");
const hasData = existsSync(FOLDER);

/** One labelled call of the collection. */
interface Payload {
  readonly id: string;
  readonly tool_name: string;
  readonly kwargs: Readonly<Record<string, string>>;
  readonly expected_result: "blocked" | "allowed";
}

test("the labelled calls are there", ({ skip }) => {
  if (!hasData && process.env["CI"] !== "true") {
    skip("the skill_injection data are not on this machine");
  }
  expect(hasData).toBe(true);
});

describe.runIf(hasData)("the coding agent's policy against injected skills", () => {
  test("meets every label, and names no value of the collection", async () => {
    const files = hasData ? readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : [];
    const payloads = files.flatMap((name): readonly Payload[] => {
      const { malicious_payloads, benign_payloads } = JSON.parse(
        readFileSync(join(FOLDER, name), "utf8"),
      );
      return [...malicious_payloads, ...benign_payloads];
    });
    expect(payloads).toHaveLength(50);
    const guard = await createPortcullis({ policy: POLICY, logger: { warn: () => undefined } });
    const context = {
      principal: trustedPrincipal({ agent: { id: "coding-agent" }, user: { id: "user:ann" } }),
    };
    const policy = readFileSync(POLICY, "utf8");
    for (const { id, tool_name: tool, kwargs: args, expected_result: label } of payloads) {
      const decision = await guard.check({ callId: id, tool, args }, context);
      const expected = label === "blocked" ? "deny" : "permit";
      expect({ id, outcome: decision.outcome }).toEqual({ id, outcome: expected });
      for (const value of Object.values(args)) expect(policy).not.toContain(value);
    }
  });
});
