import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("the platform team's walk-through runs as one script", { timeout: 600_000 }, async () => {
  const cwd = await mkdtemp(join(tmpdir(), "portcullis-walk-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const bin = join(ROOT, "packages/cli/src/bin.ts");
  const { stdout } = await run(
    "bash",
    [join(ROOT, "examples/platform-team/walk-through.sh"), String(await freePort())],
    {
      cwd,
      env: {
        PATH: process.env["PATH"] ?? "",
        PORTCULLIS: `${process.execPath} --conditions=portcullis-source ${bin}`,
      },
    },
  );
  expect(stdout).toContain("Done: what services enforce is serial 3");
  expect(stdout).toContain("rollout     enforce 10 %");
});
