import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BANK_POLICY } from "./support/bank-policy.ts";
import { linesOf } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const BIN = join(import.meta.dirname, "../src/bin.ts");

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly cwd: string;
  readonly stdin?: string;
  /** Closes the reading end after this many characters. */
  readonly readAtMost?: number;
}

function start(argv: readonly string[], { cwd, stdin = "", readAtMost }: Started): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=portcullis-source", BIN, ...argv], {
      cwd,
      env: { ...process.env, NODE_ENV: "", NO_COLOR: "" },
    });
    const texts = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      texts.stdout += chunk;
      if (readAtMost !== undefined && texts.stdout.length >= readAtMost) child.stdout.destroy();
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      texts.stderr += chunk;
    });
    child.on("error", reject).on("close", (code) => resolve({ code, ...texts }));
    // The command may be gone before it has read everything.
    child.stdin.on("error", () => undefined).end(stdin);
  });
}

const line = (id: number): string =>
  `${JSON.stringify({
    id,
    principal: { agent: "a", roles: ["assistant"] },
    tool: "send_money",
    args: { recipient: "GB29", amount: 1 },
  })}\n`;

const bank = (): Promise<string> => temporaryFolder({ "policy.yaml": BANK_POLICY });

describe("the command as a process", { timeout: 60_000 }, () => {
  test("answers a batch through pipes", async () => {
    const cwd = await bank();
    const stdin = `${Array.from({ length: 500 }, (_, id) => line(id)).join("")}{\n${line(500).trim()}`;
    const { code, stdout, stderr } = await start(["eval", "--format", "jsonl"], { cwd, stdin });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const answers = linesOf(stdout);
    expect(answers).toHaveLength(502);
    expect(answers[500]).toMatchObject({ line: 501 });
    expect(answers.toSpliced(500, 1).map(({ id }) => id)).toEqual(
      Array.from({ length: 501 }, (_, id) => id),
    );
  });

  test("ends quietly when nobody reads any more", async () => {
    const cwd = await bank();
    const stdin = Array.from({ length: 20_000 }, (_, id) => line(id)).join("");
    const ended = await start(["eval", "--format", "jsonl"], { cwd, stdin, readAtMost: 1 });
    expect(ended.code).toBe(3);
    expect(ended.stderr).toBe("");
  });

  test("gives the exit codes, without a stack", async () => {
    const cwd = await bank();
    const call = ["eval", "--agent", "a", "--tool", "get_balance"];
    expect((await start([...call, "--roles", "assistant"], { cwd })).code).toBe(0);
    expect((await start(call, { cwd })).code).toBe(1);
    const wrong = await start(["eval", "--production", "--format", "jsonl"], { cwd });
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("must be signed");
    expect(wrong.stderr).not.toMatch(/\n\s+at /);
  });
});
