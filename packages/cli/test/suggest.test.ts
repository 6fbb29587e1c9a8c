import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { trustedPrincipal } from "@portcullis/core";
import { expect, test } from "vitest";
import { createPortcullis } from "../src/create-portcullis.ts";
import { runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = `portcullis: 1
name: desk
identity: host
tools:
  look: { class: read, input: { type: object } }
  note: { class: write, input: { type: object } }
  pay: { class: pay, input: { type: object } }
rules:
  - { id: reads, effect: permit, tools: [look, note] }
`;

async function setUp(): Promise<{ readonly cwd: string; readonly log: string }> {
  const cwd = await temporaryFolder({ "policy.yaml": POLICY });
  const path = join(cwd, "log.jsonl");
  const logger = { warn: () => undefined };
  const policy = join(cwd, "policy.yaml");
  const guard = await createPortcullis({ policy, log: path, logger });
  const context = { principal: trustedPrincipal({ agent: { id: "bot" } }) };
  await guard.execute({ callId: "1", tool: "look", args: {} }, context, () => 1);
  await guard.execute({ callId: "2", tool: "pay", args: {} }, context, () => 1);
  return { cwd, log: await readFile(path, "utf8") };
}

test("says what an agent may and never did, and what it was refused", async () => {
  const { cwd, log } = await setUp();
  const { code, stdout } = await runCli(["suggest", "log.jsonl"], { cwd });
  expect(code).toBe(0);
  expect(stdout).toBe(`2 decisions, 1 agents

bot
  did: look (1)
  may, never did: note
  was refused: pay (no-applicable-rule 1; never permitted)

Permit rules that could be narrower:
  reads policy.yaml:9:11: could do without note
`);
  const json = await runCli(["suggest", "-", "--json"], { cwd, stdin: log });
  expect(JSON.parse(json.stdout)).toMatchObject({
    records: 2,
    agents: [{ agent: "bot", unused: ["note"] }],
    narrower: [{ rule: "reads", drop: ["note"] }],
  });
});

test.for(["{", "{}", '{"schema":"portcullis.decision.v2"}', '{"a":1,"a":1}'])(
  "half a log is none: %s",
  async (line) => {
    const { cwd, log } = await setUp();
    const { code, stdout, stderr } = await runCli(["suggest", "-"], {
      cwd,
      stdin: `${log}${line}`,
    });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/Line \d is not a decision record/);
  },
);
