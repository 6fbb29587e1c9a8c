import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
// The pages show real typed functions; a policy itself needs none, so no dependency is declared.
import {
  createScanner,
  createSqlFacts,
  linearMatcher,
  typedFacts,
} from "../../inspect/src/index.ts";
import {
  formatIssue,
  runPolicyTests,
  validatePolicyTests,
  validatePolicyYaml,
} from "../src/index.ts";
import type { PolicyValidation } from "../src/index.ts";

const DOCS = join(import.meta.dirname, "../docs");
const pages = readdirSync(DOCS).filter((name) => name.endsWith(".md"));

const sql = createSqlFacts();
await sql.ready();
const facts = [...typedFacts(), sql.provider];

interface Block {
  readonly language: string;
  readonly file: string | undefined;
  readonly text: string;
  readonly line: number;
}

function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(DOCS, page), "utf8");
  return [...text.matchAll(/^```(\w+)([^\n]*)\n([^]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? "",
    file: /file=(\S+)/.exec(match[2] ?? "")?.[1],
    text: match[3] ?? "",
    line: text.slice(0, match.index).split("\n").length,
  }));
}

const kindOf = ({ text }: Block): "policy" | "tests" | "part" => {
  if (!/^portcullis: 1$/m.test(text)) return "part";
  return /^tests:$/m.test(text) ? "tests" : "policy";
};

/** Problems that stand below a policy which is refused: `policy.yaml:3:4 …`, each on its line. */
const isRefusal = (block: Block | undefined): boolean =>
  block?.language === "text" && /^[\w./-]+\.yaml:\d+:\d+ /.test(block.text);

async function compile(
  block: Block,
  files: ReadonlyMap<string, string>,
): Promise<PolicyValidation> {
  const missing = new Error("There is no such file on this page.");
  return validatePolicyYaml(
    {
      file: block.file ?? "policy.yaml",
      text: block.text,
      read: (path) => {
        const text = files.get(path);
        return text === undefined ? Promise.reject(missing) : Promise.resolve(text);
      },
      list: (folder) =>
        Promise.resolve(
          [...files.keys()]
            .filter((path) => (dirname(path) === "." ? "" : dirname(path)) === folder)
            .map((path) => path.slice(path.lastIndexOf("/") + 1)),
        ),
    },
    { facts },
  );
}

test("the pages are found, and the index names every one", () => {
  expect(pages.length).toBeGreaterThan(20);
  const index = readFileSync(join(DOCS, "index.md"), "utf8");
  expect(pages.filter((page) => page !== "index.md" && !index.includes(`(${page})`))).toEqual([]);
});

test("links between pages lead somewhere", () => {
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(DOCS, page), "utf8").matchAll(/\]\(\.?\/?([\w-]+\.md)/g)]
      .map((match) => match[1] ?? "")
      .filter((target) => !pages.includes(target))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

describe.for(pages)("%s", (page) => {
  const blocks = blocksOf(page);
  const examples = blocks.filter(({ language }) => language === "yaml");
  const files = new Map(
    examples.flatMap(({ file, text }) => (file === undefined ? [] : [[file, text] as const])),
  );

  test.runIf(page !== "index.md")("shows an example", () => {
    expect(blocks.length).toBeGreaterThan(0);
    const loose = examples.filter((block) => kindOf(block) === "part" && block.file === undefined);
    expect(loose.map(({ line }) => line)).toEqual([]);
  });

  test.for(examples.map((block) => [block.line, block] as const))("line %i", async ([, block]) => {
    const { expected, found } = await runExample(block, { blocks, files });
    expect(found).toEqual(expected);
  });
});

/** What an example comes to, and what its page says. */
async function runExample(
  block: Block,
  {
    blocks,
    files,
  }: { readonly blocks: readonly Block[]; readonly files: ReadonlyMap<string, string> },
): Promise<{ readonly expected: readonly string[]; readonly found: readonly string[] }> {
  if (kindOf(block) === "part") return { expected: [], found: [] };
  if (kindOf(block) === "policy") {
    const result = await compile(block, files);
    const next = blocks[blocks.indexOf(block) + 1];
    return {
      expected: isRefusal(next) ? (next?.text.trimEnd().split("\n") ?? []) : [],
      found: result.ok ? [] : result.issues.map(formatIssue),
    };
  }
  const policy = blocks
    .slice(0, blocks.indexOf(block))
    .findLast((each) => each.language === "yaml" && kindOf(each) === "policy");
  const result = policy === undefined ? undefined : await compile(policy, files);
  if (result?.ok !== true) throw new Error("These tests stand below no policy that compiles.");
  const file = { file: "policy_test.yaml", text: block.text };
  const read = validatePolicyTests(file, result.document);
  if (!read.ok) return { expected: [], found: read.issues.map(formatIssue) };
  const report = await runPolicyTests({
    policy: result.document,
    tests: [file],
    facts,
    matcher: linearMatcher(),
    scanner: createScanner(),
  });
  const failures = report.results.flatMap((each) =>
    each.failures.map(({ message }) => `${each.name}: ${message}`),
  );
  return { expected: [], found: failures };
}
