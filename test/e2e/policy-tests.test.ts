import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { runTestFiles } from "portcullis";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const BUNDLES = join(ROOT, "policy-bundles");

const bundles = (await readdir(BUNDLES, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `policy-bundles/${name}`);

test("the shipped policies are found", () => {
  expect(bundles.length).toBeGreaterThanOrEqual(2);
});

/** Policies of which also every clause is seen both ways. */
const THOROUGH = [
  "policy-bundles/agentdojo-banking",
  "policy-bundles/agentdojo-travel",
  "packages/cli/demo",
];

describe.for([...bundles, "packages/cli/demo"])("%s", (folder) => {
  test("passes its tests, which see every rule both ways", async () => {
    const tested = await runTestFiles([folder], { cwd: ROOT });
    const failures = tested.flatMap(({ report }) =>
      report.results.flatMap(({ name, failures: list }) =>
        list.map(({ file, line, message }) => `${name}: ${file}:${line} ${message}`),
      ),
    );
    expect(failures).toEqual([]);
    const rules = tested.flatMap(({ report }) => report.coverage.details);
    expect(rules.filter(({ covered }) => !covered)).toEqual([]);
    expect(tested.map(({ policy }) => policy)).toContain(`${folder}/policy.yaml`);
    const clauses = rules.flatMap((rule) => rule.clauses);
    const unseen = clauses.filter(({ seenTrue, seenFalse }) => !seenTrue || !seenFalse);
    expect(THOROUGH.includes(folder) ? unseen : []).toEqual([]);
  });
});
