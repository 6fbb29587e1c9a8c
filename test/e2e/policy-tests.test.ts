import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runTestFiles } from "portcullis";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const BUNDLES = join(ROOT, "policy-bundles");

const bundles = (await readdir(BUNDLES, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `policy-bundles/${name}`);

test("the shipped policies are found", () => {
  expect(bundles.map((folder) => folder.slice("policy-bundles/".length))).toEqual(
    expect.arrayContaining([
      "agentdojo-banking",
      "agentdojo-travel",
      "coding-agent",
      "customer-data-access",
      "customer-support",
      "data-export",
      "database-styles",
      "external-api",
      "financial-data-access",
      "fs-safe",
      "http-egress",
      "least-privilege-rbac",
      "mcp-default",
      "payments",
      "pii",
      "risk-tiers",
      "shell-safe",
      "sql-readonly",
    ]),
  );
});

test("each is named in the list of policies", async () => {
  const list = await readFile(join(BUNDLES, "README.md"), "utf8");
  const missing = bundles.filter((folder) => !list.includes(`(${folder.split("/").at(-1)}/`));
  expect(missing).toEqual([]);
});

/** Policies of which also every clause is seen both ways. */
const THOROUGH = [
  "policy-bundles/agentdojo-banking",
  "policy-bundles/agentdojo-travel",
  "policy-bundles/customer-data-access",
  "policy-bundles/customer-support",
  "policy-bundles/data-export",
  "policy-bundles/external-api",
  "policy-bundles/financial-data-access",
  "policy-bundles/http-egress",
  "policy-bundles/mcp-default",
  "policy-bundles/payments",
  "policy-bundles/pii",
  "policy-bundles/shell-safe",
  "policy-bundles/sql-readonly",
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
