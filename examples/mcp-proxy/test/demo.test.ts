import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test(
  "the proxy stands between a client and a server that know nothing of it",
  {
    timeout: 60_000,
  },
  async () => {
    const demo = join(import.meta.dirname, "../src/demo.ts");
    const flags = ["--conditions=portcullis-source", demo];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    const [offered, read, secret, remove] = stdout.trim().split("\n");
    expect(offered).toBe("offered: read");
    expect(read).toBe("read today: Buy milk.");
    expect(secret).toContain("Private notes stay private.");
    expect(secret).not.toContain("Nobody may read this.");
    expect(remove).toContain("no-applicable-rule");
  },
);
