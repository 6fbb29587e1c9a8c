import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { INIT_FILES } from "../src/init-files.ts";
import { runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = INIT_FILES.find(({ name }) => name === "policy.yaml")?.text ?? "";
const head = "portcullis: 1\ndefaults: { principal: { agent: assistant } }\ntests:\n";
const rm = (name: string, outcome: string) =>
  `  - { name: ${name}, call: { tool: rm, args: { path: /tmp/a } }, expect: { outcome: ${outcome} } }\n`;
const GOOD = head + rm("good", "permit");
const BAD = head + rm('"bad <&, 1"', "deny");

async function run(files: Readonly<Record<string, string>>, argv: readonly string[] = []) {
  const cwd = await temporaryFolder({ "policy.yaml": POLICY, ...files });
  return await runCli(["test", ...argv], { cwd });
}

describe("exit codes", () => {
  test.for([
    ["all passed", { "policy_test.yaml": GOOD }, [], 0],
    ["one failed", { "policy_test.yaml": GOOD, "b_test.yaml": BAD }, [], 1],
    [
      "only the one that passes",
      { "policy_test.yaml": GOOD, "b_test.yaml": BAD },
      ["policy_test.yaml"],
      0,
    ],
    [
      "both named",
      { "policy_test.yaml": GOOD, "b_test.yaml": BAD },
      ["policy_test.yaml", "b_test.yaml"],
      1,
    ],
    [
      "only those that match",
      { "policy_test.yaml": GOOD + rm("worse", "deny") },
      ["--run", "^good$"],
      0,
    ],
    ["coverage that is too low", { "policy_test.yaml": GOOD }, ["--min-coverage", "100"], 1],
    ["coverage that is enough", { "policy_test.yaml": GOOD }, ["--min-coverage=0"], 0],
    ["none that matches", { "policy_test.yaml": GOOD }, ["--run", "nothing"], 2],
    ["no tests", {}, [], 2],
    ["no such file", { "policy_test.yaml": GOOD }, ["other_test.yaml"], 2],
    ["no test file", { "policy_test.yaml": GOOD }, ["policy.yaml"], 2],
    ["a test that is not valid", { "policy_test.yaml": `${GOOD}  - {}\n` }, [], 2],
    [
      "a policy that is not valid",
      { "policy.yaml": "portcullis: 1\n", "policy_test.yaml": GOOD },
      [],
      2,
    ],
    ["a policy that is not there", { "a/policy_test.yaml": GOOD }, [], 2],
    ["no regular expression", { "policy_test.yaml": GOOD }, ["--run", "("], 2],
    ["no percentage", { "policy_test.yaml": GOOD }, ["--min-coverage", "101"], 2],
    [
      "a part against the whole",
      { "policy_test.yaml": GOOD },
      ["--run", "good", "--min-coverage", "1"],
      2,
    ],
  ] as const)("%s", async ([, files, argv, expected]) => {
    const { code, stderr } = await run(files, argv);
    expect(stderr).not.toContain("internal error");
    expect(code).toBe(expected);
  });
});

test("says what failed, where, and how many", async () => {
  const { stdout } = await run({
    "policy_test.yaml": GOOD,
    "sub/b_test.yaml": BAD,
    "sub/policy.yaml": POLICY,
  });
  expect(stdout).toBe(
    `ok    policy_test.yaml  1 case
FAIL  sub/b_test.yaml  1 case
        bad <&, 1
          sub/b_test.yaml:4:89  Expected \`deny\`, but it is \`permit\` by \`delete-temporary-files\`.

1 passed, 1 failed
`,
  );
});

test("a problem of a test file is said with its line, on standard error", async () => {
  const { stdout, stderr } = await run({ "policy_test.yaml": `${GOOD}  - { nam: x }\n` });
  expect(stdout).toBe("");
  expect(stderr).toContain("policy_test.yaml:5:7 Unknown key `nam`; did you mean `name`?");
});

test("problems of a policy name its path from the current folder", async () => {
  const { stdout, stderr } = await run(
    { "a/policy.yaml": "portcullis: 1\nname: 5\n", "a/policy_test.yaml": GOOD },
    ["--format", "github"],
  );
  expect(stderr).toContain("a/policy.yaml:2:7");
  expect(stderr).toContain("  2 | name: 5\n    |       ^");
  expect(stdout).toContain("::error file=a/policy.yaml,line=2,col=7");
});

test.for([
  ["json", '{"ok":false,"findings":[{"rule":"policy-invalid"'],
  ["sarif", '"ruleId": "policy-invalid"'],
] as const)("problems of a policy as %s", async ([format, text]) => {
  const { code, stdout } = await run(
    { "a/policy.yaml": "portcullis: 1\nname: 5\n", "a/policy_test.yaml": GOOD },
    ["--format", format],
  );
  expect(code).toBe(2);
  expect(stdout).toContain(text);
});

test("a file tests the policy of its name, else policy.yaml, else what --policy says", async () => {
  const closed = POLICY.replaceAll("effect: permit", "effect: forbid");
  const files = { "own.yaml": closed, "own_test.yaml": BAD, "x_test.yaml": GOOD };
  expect((await run(files)).code).toBe(0);
  expect((await run(files, ["--policy", "own.yaml", "x_test.yaml"])).code).toBe(1);
});

test("folders are searched, but neither node_modules nor hidden ones", async () => {
  const cwd = await temporaryFolder({ "policy.yaml": POLICY, "policy_test.yaml": GOOD });
  for (const folder of ["node_modules/x", ".git", "deep/er"]) {
    await mkdir(join(cwd, folder), { recursive: true });
    await writeFile(join(cwd, folder, "policy.yaml"), POLICY);
    await writeFile(join(cwd, folder, "policy_test.yaml"), folder === "deep/er" ? GOOD : BAD);
  }
  const { code, stdout } = await runCli(["test"], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain("deep/er/policy_test.yaml");
  expect(stdout).toMatch(/^2 passed$/m);
});

describe("formats", () => {
  const files = { "policy_test.yaml": GOOD + rm('"bad <&, 1"', "deny") };

  test("json", async () => {
    for (const flag of [["--json"], ["--format", "json"]]) {
      const { code, stdout } = await run(files, [...flag, "--coverage"]);
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        ok: false,
        passed: 1,
        failed: 1,
        skipped: 0,
        policies: [
          {
            policy: "policy.yaml",
            results: [
              { name: "good", ok: true },
              { name: "bad <&, 1", ok: false },
            ],
            coverage: { rules: { covered: 0, total: 4 } },
          },
        ],
      });
    }
  });

  test("junit", async () => {
    const { stdout } = await run(files, ["--format", "junit"]);
    expect(stdout).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="portcullis" tests="2" failures="1">
  <testsuite name="policy_test.yaml" tests="2" failures="1">
    <testcase name="good" classname="policy_test.yaml" file="policy_test.yaml" line="4"/>
    <testcase name="bad &lt;&amp;, 1" classname="policy_test.yaml" file="policy_test.yaml" line="5">
      <failure message="Expected \`deny\`, but it is \`permit\` by \`delete-temporary-files\`.">policy_test.yaml:5:89 Expected \`deny\`, but it is \`permit\` by \`delete-temporary-files\`.</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });

  test("github", async () => {
    const { stdout } = await run(files, ["--format", "github"]);
    expect(stdout).toBe(
      "::error file=policy_test.yaml,line=5,col=89,title=bad <&%2C 1::Expected `deny`, but it is `permit` by `delete-temporary-files`.\n",
    );
  });

  test("sarif", async () => {
    const { code, stdout } = await run(files, ["--format", "sarif"]);
    expect(code).toBe(1);
    const [{ tool, results }] = JSON.parse(stdout).runs;
    expect(tool.driver.rules.map(({ id }: { readonly id: string }) => id)).toEqual(["policy-test"]);
    expect(results).toMatchObject([
      { ruleId: "policy-test", locations: [{ physicalLocation: { region: { startLine: 5 } } }] },
    ]);
  });

  test("an unknown one is refused", async () => {
    expect((await run(files, ["--format", "xml"])).code).toBe(2);
    expect((await run(files, ["--json", "--format", "junit"])).code).toBe(2);
  });
});

test("coverage lists what was not seen both ways", async () => {
  const { stdout } = await run({ "policy_test.yaml": GOOD }, ["--coverage"]);
  expect(stdout).toContain("coverage of policy.yaml: rules 0 of 4 (0 %), clauses 0 of 4 (0 %)");
  expect(stdout).toContain(`  no-root-delete  policy.yaml:15:11  never applied
    !args.path.startsWith("/tmp/")  never true
    args.path.contains("..")  never true
  delete-temporary-files  policy.yaml:18:9  always applied
  small-refunds  policy.yaml:26:11  never asked
    args.amount <= 500  never true or false
`);
});

test("no tests at all is said, and is no success", async () => {
  const { code, stderr } = await run({});
  expect(code).toBe(2);
  expect(stderr).toContain("There are no policy tests (*_test.yaml) here.");
});

test("coverage that is too low is said", async () => {
  const { stderr } = await run({ "policy_test.yaml": GOOD }, ["--min-coverage", "50"]);
  expect(stderr).toContain("the coverage of policy.yaml is below 50 %");
});
