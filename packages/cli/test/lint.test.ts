import { describe, expect, test } from "vitest";
import { INIT_FILES } from "../src/init-files.ts";
import { linesOf, runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const GOOD = INIT_FILES[0]?.text ?? "";
const BAD = GOOD.replace("class: pay", "class: pey").replace(
  "args.amount > 100",
  "args.amuont > 100",
);

async function lint(text: string, argv: readonly string[] = []) {
  const cwd = await temporaryFolder({ "sub/policy.yaml": text });
  return await runCli(["lint", "sub", ...argv], { cwd });
}

test("a policy without problems", async () => {
  expect(await lint(GOOD)).toMatchObject({ code: 0, stdout: "No problems.\n" });
  expect(await lint(GOOD, ["--format", "github"])).toMatchObject({ code: 0, stdout: "" });
  expect(JSON.parse((await lint(GOOD, ["--json"])).stdout)).toEqual({ ok: true, findings: [] });
});

test("every problem at once, with its line and what to write instead", async () => {
  const { code, stdout } = await lint(BAD);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^sub\/policy\.yaml:30:16 .*did you mean `amount`/);
  expect(stdout).toContain("  30 |     when: args.amuont > 100\n");
  expect(stdout).toMatch(/sub\/policy\.yaml:45:12 .*did you mean `pay`/);
  expect(stdout).toMatch(/\n2 problems\n$/);
});

describe("formats", () => {
  test("json", async () => {
    const { code, stdout } = await lint(BAD, ["--format", "json"]);
    expect(code).toBe(1);
    expect(linesOf(stdout)).toEqual([
      {
        ok: false,
        findings: [30, 45].map((line) => ({
          rule: "policy-invalid",
          level: "error",
          message: expect.any(String),
          file: "sub/policy.yaml",
          line,
          column: expect.any(Number),
        })),
      },
    ]);
  });

  test("github", async () => {
    const { stdout } = await lint(BAD, ["--format", "github"]);
    expect(stdout.split("\n")[0]).toMatch(
      /^::error file=sub\/policy\.yaml,line=30,col=16,title=policy-invalid::`args` has no member/,
    );
    expect(stdout.split("\n")).toHaveLength(3);
  });

  test("sarif", async () => {
    const { code, stdout } = await lint(BAD, ["--format", "sarif"]);
    expect(code).toBe(1);
    const log = JSON.parse(stdout) as {
      version: string;
      runs: { tool: object; results: { partialFingerprints: Record<string, string> }[] }[];
    };
    expect(log.version).toBe("2.1.0");
    expect(log.runs).toHaveLength(1);
    expect(log.runs[0]?.tool).toMatchObject({
      driver: {
        name: "portcullis",
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        rules: [{ id: "policy-invalid", shortDescription: { text: expect.any(String) } }],
      },
    });
    const results = log.runs[0]?.results ?? [];
    expect(results).toHaveLength(2);
    expect(results[0]).toMatchObject({
      ruleId: "policy-invalid",
      level: "error",
      message: { text: expect.stringContaining("amuont") },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "sub/policy.yaml" },
            region: { startLine: 30, startColumn: 16 },
          },
        },
      ],
    });
    const prints = results.map(({ partialFingerprints }) => partialFingerprints["portcullis/v1"]);
    expect(new Set(prints).size).toBe(2);
    // Lines that move do not make another finding.
    const moved = JSON.parse(
      (await lint(`# moved\n${BAD}`, ["--format", "sarif"])).stdout,
    ) as typeof log;
    expect(
      moved.runs[0]?.results.map(({ partialFingerprints }) => partialFingerprints["portcullis/v1"]),
    ).toEqual(prints);
  });

  test("sarif of a policy without problems", async () => {
    const { code, stdout } = await lint(GOOD, ["--format", "sarif"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ results: [] }] });
  });
});

test("control characters of a policy do not reach the terminal", async () => {
  const { stdout } = await lint(`portcullis: 1\nname: "a\\u001b[31m"\n`);
  expect(stdout).not.toContain("\u001B");
});

test("a policy that cannot be read is a usage error", async () => {
  const cwd = await temporaryFolder();
  expect((await runCli(["lint"], { cwd })).code).toBe(2);
});

describe("schema", () => {
  test.for([
    ["the policy's unless another is named", [], "urn:portcullis:schema:policy.v1"],
    ["the policy's", ["policy"], "urn:portcullis:schema:policy.v1"],
    ["that of policy tests", ["policy-test"], "urn:portcullis:schema:policy-test.v1"],
    ["on one line", ["--json"], "urn:portcullis:schema:policy.v1"],
  ] as const)("prints %s", async ([, argv, id]) => {
    const { code, stdout } = await runCli(["schema", ...argv]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ $id: id });
    expect(stdout.split("\n").length > 2).toBe(!argv.some((flag) => flag === "--json"));
  });

  test("knows no other", async () => {
    expect((await runCli(["schema", "policies"])).code).toBe(2);
  });
});
