// A service that takes one bundle after the other, and is killed in between.
//
// node persisting.ts <folder with root.json, heads, bundles> <state folder> <count>
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@portcullis/core";
import { createBundleClient, createMemorySource } from "@portcullis/bundle";
import { createFileStorage } from "@portcullis/bundle/node";

const [documents = "", state = "", count = "0"] = process.argv.slice(2);
const now = Number(await readFile(join(documents, "now"), "utf8"));
const clock: Clock = {
  now: () => now,
  monotonic: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
const source = createMemorySource({ name: "payments", channel: "production" });
const client = createBundleClient({
  name: "payments",
  channel: "production",
  initialRoot: await readFile(join(documents, "root.json")),
  source,
  storage: createFileStorage(state),
  instance: "killed",
  core: "0.1.0",
  refreshSeconds: 0,
  clock,
});
const steps = await Promise.all(
  Array.from({ length: Number(count) }, async (_, index) => ({
    head: await readFile(join(documents, `head.${index + 1}.json`)),
    bundle: await readFile(join(documents, `bundle.${index + 1}.json`)),
    path: await readFile(join(documents, `path.${index + 1}`), "utf8"),
  })),
);
await client.start();
process.stdout.write("0\n");
for (const [index, { head, bundle, path }] of steps.entries()) {
  source.set(path, bundle);
  source.set("payments/head/production.json", head);
  const result = await client.refresh();
  // Only what was refused as older than what is on disk may be passed over.
  if (result.kind === "failed" && result.error.fields.reason !== "head-rollback") {
    process.stdout.write(`failed ${result.error.fields.reason ?? ""}\n`);
  }
  process.stdout.write(`${index + 1}\n`);
}
