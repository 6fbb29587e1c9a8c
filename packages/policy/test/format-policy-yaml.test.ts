import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDocument, stringify } from "yaml";
// Only the shipped policies need real typed functions, so no dependency is declared for them.
import { createSqlFacts, typedFacts } from "../../inspect/src/index.ts";
import { formatPolicyYaml, loadPolicy } from "../src/index.ts";
import { createIssueList } from "../src/source/issue-list.ts";
import { toPlain } from "../src/source/located.ts";
import { readYaml } from "../src/source/read-yaml.ts";
import { createSourceText } from "../src/source/source-text.ts";

const ROOT = join(import.meta.dirname, "../../..");
const RUNS = process.env["PORTCULLIS_LONG"] === undefined ? 400 : 20_000;

function format(text: string): string {
  const result = formatPolicyYaml({ file: "p.yaml", text });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.text;
}

/** What the strict reader makes of a text; undefined where it refuses it. */
function read(text: string): unknown {
  const issues = createIssueList();
  const located = readYaml(createSourceText("p.yaml", text), issues);
  return located === undefined || issues.count() > 0 ? undefined : toPlain(located);
}

const CASES: readonly (readonly [string, string, string])[] = [
  ["spaces around", "a:   1  \n", "a: 1\n"],
  ["indentation", "a:\n      b:\n            c: 1\n", "a:\n  b:\n    c: 1\n"],
  ["lists below their key", "a:\n- 1\n-   b: 2\n    c: 3\n", "a:\n  - 1\n  - b: 2\n    c: 3\n"],
  ["lists of lists", "-   - 1\n    -   2\n- - - 3\n", "- - 1\n  - 2\n- - - 3\n"],
  [
    "brackets",
    "a: {b: 1,c: [ 1,2 , ],}\nd: { }\ne: [ ]\n",
    "a: { b: 1, c: [1, 2] }\nd: {}\ne: []\n",
  ],
  ["brackets over lines", "a: {\n  b: 1,\n  c: [x,\n    y]\n  }\n", "a: { b: 1, c: [x, y] }\n"],
  [
    "brackets that do not fit",
    `a: { b: ${"x".repeat(60)}, c: ${"y".repeat(40)}, d: [1, 2] }\n`,
    `a:\n  b: ${"x".repeat(60)}\n  c: ${"y".repeat(40)}\n  d: [1, 2]\n`,
  ],
  ["brackets of exactly 100 columns", `a: [${"x".repeat(95)}]\n`, `a: [${"x".repeat(95)}]\n`],
  ["brackets of 101 columns", `a: [${"x".repeat(96)}]\n`, `a:\n  - ${"x".repeat(96)}\n`],
  ["brackets with a comment", "a: [1, # one\n  2]\n", "a:\n  - 1 # one\n  - 2\n"],
  [
    "a comment before the closing bracket",
    "a: [1,\n  # end\n  ]\nb: 2\n",
    "a:\n  - 1\n  # end\nb: 2\n",
  ],
  [
    "quotes",
    "a: 'x'\nb: 'it''s'\nc: 'say \"x\"'\nd: \"say \\\"x\\\"\"\n",
    'a: "x"\nb: "it\'s"\nc: \'say "x"\'\nd: \'say "x"\'\n',
  ],
  ["escapes", 'a: "\\n"\nb: \'\\n\'\nc: "\\"\\n"\n', 'a: "\\n"\nb: \'\\n\'\nc: "\\"\\n"\n'],
  ["quotes of keys", "'a': 1\n", '"a": 1\n'],
  [
    "numbers as written",
    "a: 0x1F\nb: 1.0\nc: 1e3\nd: ~\ne: null\nf:\ng: TRUE\n",
    "a: 0x1F\nb: 1.0\nc: 1e3\nd: ~\ne: null\nf:\ng: TRUE\n",
  ],
  [
    "empty lines",
    "\n\na: 1\n\n\n\nb:\n\n  c: 1\n\n\n  d: 2\n\n\n",
    "a: 1\n\nb:\n  c: 1\n\n  d: 2\n",
  ],
  ["line ends", "\uFEFFa: 1\r\nb: |\r\n  x\r\n  y\r\n", "a: 1\nb: |\n  x\n  y\n"],
  [
    "folded texts keep their lines",
    "a: >-\n      x\n      || y\n\n      z\nb: 1\n",
    "a: >-\n  x\n  || y\n\n  z\nb: 1\n",
  ],
  [
    "literal texts keep their spaces",
    "a:\n    - |+\n        x\n          y\n\n    - z\n",
    "a:\n  - |+\n    x\n      y\n\n  - z\n",
  ],
  ["texts that begin with a space", "a: |2-\n    x\n   y\n", "a: |2-\n    x\n   y\n"],
  ["plain texts over lines", "a: x\n    y\n\n      z\nb: 1\n", "a: x\n  y\n\n  z\nb: 1\n"],
  ["quoted texts over lines", 'a: "x\n    y\\\n      z"\n', 'a: "x\n  y\\\n  z"\n'],
  [
    "anchors and aliases",
    "a: &x { b: 1 }\nc:   *x\nd: &y\n    e: 1\nf: [&z 1, *z]\n",
    "a: &x { b: 1 }\nc: *x\nd: &y\n  e: 1\nf: [&z 1, *z]\n",
  ],
  ["explicit keys", "? a\n: 1\n? b\n", "a: 1\nb:\n"],
  ["a document marker", "# c\n---\na: 1\n...\n", "# c\na: 1\n"],
  ["a directive", "%YAML 1.2\n---\na: 1\n", "%YAML 1.2\n---\na: 1\n"],
  [
    "comments behind values",
    "a: 1   # one\nb:   # b\n    c: 2 # c\n",
    "a: 1 # one\nb: # b\n  c: 2 # c\n",
  ],
  [
    "comments before entries",
    "# head\n\n# a\na:\n    # b\n    b: 1\n  # between\n    c: 2\n# end\n",
    "# head\n\n# a\na:\n  # b\n  b: 1\n  # between\n  c: 2\n# end\n",
  ],
  [
    "comments stay with the level of their indentation",
    "a:\n    - b: 1\n      # in b\n    # in a\n# top\nc: 1\n",
    "a:\n  - b: 1\n    # in b\n  # in a\n# top\nc: 1\n",
  ],
  [
    "comments after a list that is not indented belong to what follows",
    "a:\n- 1\n# b\nb: 2\n",
    "a:\n  - 1\n# b\nb: 2\n",
  ],
  ["comments behind a text's header", "a: |  # c\n    x\n", "a: | # c\n  x\n"],
  ["comments behind a dash", "- # c\n  a: 1\n", "- # c\n  a: 1\n"],
  ["comments between key and value", "a: # c\n  1\nb:\n  # d\n  2\n", "a: 1 # c\nb: 2\n# d\n"],
];

test.for(CASES)("%s", ([, text, expected]) => {
  expect(format(text)).toBe(expected);
  expect(format(expected)).toBe(expected);
  expect(read(expected)).toEqual(read(text));
});

test.for([
  ["a key twice", "a: 1\na: 2\n", 2],
  ["a tag", "a: !x 1\n", 1],
  ["nothing", "", 1],
  ["no YAML", "a: [\n", 2],
] as const)("%s is refused with its place", ([, text, line]) => {
  const result = formatPolicyYaml({ file: "p.yaml", text });
  if (result.ok) throw new Error("It is accepted.");
  expect(result.issues[0]).toMatchObject({ file: "p.yaml", line });
});

describe("whatever the strict reader takes", () => {
  const word = fc.constantFrom(
    "a",
    "when",
    "x y",
    "",
    " ",
    "# no comment",
    "a: b",
    "it's",
    '"q"',
    "\\",
    "l1\nl2\n",
    "\n\nx\n",
    "  indented\nless",
    "trailing \n",
    "- dash",
    "1",
    "null",
    "true",
    "*x",
    "&x",
    "[",
    "{",
    "a".repeat(110),
    "args.a == 1 && (b || c)",
    "tab\tin",
    "é",
    "|",
    ">",
    "%",
    "@",
    "!x",
    "x #y",
    "x: #y",
    "?",
    "-",
    ",",
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      word,
      fc.integer({ min: -5, max: 1000 }),
      fc.constantFrom(null, true, 1.5),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(
        word.filter((name) => name !== "__proto__"),
        tie("value"),
        { maxKeys: 4 },
      ),
    ),
  }));
  const options = fc.record({
    indent: fc.constantFrom(2, 3, 4),
    indentSeq: fc.boolean(),
    collectionStyle: fc.constantFrom<("any" | "flow")[]>("any", "any", "flow"),
    defaultStringType: fc.constantFrom<
      ("PLAIN" | "QUOTE_DOUBLE" | "QUOTE_SINGLE" | "BLOCK_FOLDED" | "BLOCK_LITERAL")[]
    >("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_FOLDED", "BLOCK_LITERAL"),
    lineWidth: fc.constantFrom(0, 20, 40, 80),
  });
  // What an author may have done to each line: a comment behind it, one before it, an empty line.
  const edits = fc.array(
    fc.record({
      line: fc.nat(40),
      kind: fc.constantFrom("behind", "before", "blank", "spaces"),
      indent: fc.nat(8),
    }),
    { maxLength: 8 },
  );
  const texts = fc
    .record({ value, options, edits })
    .map((given) => edit(stringify(given.value, given.options), given.edits));

  test("is laid out with the same values and comments, and twice is once", () => {
    let count = 0;
    fc.assert(
      fc.property(texts, (text) => {
        const before = read(text);
        fc.pre(before !== undefined);
        count += 1;
        const once = format(text);
        expect(read(once)).toEqual(before);
        expect(format(once)).toBe(once);
      }),
      { numRuns: RUNS },
    );
    expect(count).toBeGreaterThan(RUNS / 2);
  });
});

describe("the shipped policies", () => {
  const folders = ["policy-bundles", "packages/cli/demo", "examples"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /(^|\/)policy\.yaml$/.test(name) && !name.includes("node_modules"))
      .map((name) => join(folder, name)),
  );

  test("are found", () => {
    expect(folders.length).toBeGreaterThanOrEqual(3);
  });

  test.for(folders)("%s compiles to the same document", async (path) => {
    const load = (change: (text: string) => string) =>
      loadPolicy(join(ROOT, path), {
        facts: [...typedFacts(), createSqlFacts().provider],
        readFile: async (file) => {
          const text = await readFile(file, "utf8");
          return /\.ya?ml$/.test(file) ? change(text) : text;
        },
        listFiles: async (folder) => readdirSync(folder === "." ? dirname(path) : folder),
      });
    const original = withoutPlaces(await load((text) => text));
    expect(withoutPlaces(await load(format))).toEqual(original);
    expect(withoutPlaces(await load((text) => format(spoil(text))))).toEqual(
      withoutPlaces(await load(spoil)),
    );
  });
});

interface Edit {
  readonly line: number;
  readonly kind: string;
  readonly indent: number;
}

function edit(text: string, list: readonly Edit[]): string {
  const lines = text.split("\n");
  for (const [index, { line, kind, indent }] of list.entries()) {
    const at = line % lines.length;
    if (kind === "behind") lines[at] = `${lines[at] ?? ""} # behind ${index}`;
    if (kind === "before") lines.splice(at, 0, `${" ".repeat(indent)}# before ${index}`);
    if (kind === "blank") lines.splice(at, 0, "");
    if (kind === "spaces") lines[at] = `${lines[at] ?? ""}  `;
  }
  return lines.join("\n");
}

/** The same laid out badly, so that there is something to do. */
function spoil(text: string): string {
  return parseDocument(text)
    .toString({ indent: 4, indentSeq: false, lineWidth: 60, flowCollectionPadding: false })
    .replaceAll("\n\n", "\n\n\n");
}

function withoutPlaces(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, member: unknown) => (key === "at" ? undefined : member)),
  );
}
