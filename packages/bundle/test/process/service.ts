// One service of a fleet: it asks its guard without a pause and writes down what it is told.
//
// node service.ts <base> <root> <state folder> <instance> <clock offset in ms>
import { readFile } from "node:fs/promises";
import type { Clock } from "@portcullis/core";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import { createBundleClient, createHttpSource } from "@portcullis/bundle";
import { createFileStorage } from "@portcullis/bundle/node";

const [base = "", root = "", state = "", instance = "", offset = "0"] = process.argv.slice(2);
const clock: Clock = {
  now: () => Date.now() + Number(offset),
  monotonic: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
const where = { name: "payments", channel: "production" } as const;
const client = createBundleClient({
  ...where,
  initialRoot: await readFile(root),
  source: createHttpSource({ ...where, base, clock, timeoutSeconds: 1, waitSeconds: 1 }),
  storage: createFileStorage(state),
  instance,
  core: "0.1.0",
  refreshSeconds: 1,
  refreshTimeoutSeconds: 3,
  clock,
});
await client.start();
const guard = await createGuard({ policy: client, clock });
const context = { principal: trustedPrincipal({ agent: { id: "bot" } }) };
let last = "";
const ask = async (): Promise<void> => {
  const decision = await guard.check({ callId: "1", tool: "payments.pay", args: {} }, context);
  const line = JSON.stringify({
    outcome: decision.outcome,
    serial: decision.policy.serial,
    digest: decision.policy.digest,
    rules: decision.rules.map(({ id }) => id),
    code: decision.outcome === "deny" ? decision.denial.code : null,
  });
  // Every decision is looked at, each new answer is written.
  if (line !== last) process.stdout.write(`${line}\n`);
  last = line;
};
for (;;) {
  await ask();
  await new Promise((resolve) => setImmediate(resolve));
}
