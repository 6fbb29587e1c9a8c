import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { createIssueList } from "../src/source/issue-list.ts";
import { readYaml } from "../src/source/read-yaml.ts";
import { placeWithin } from "../src/source/scalar-offsets.ts";
import { createSourceText, positionAt } from "../src/source/source-text.ts";
import { issuesOf } from "./support/compile.ts";

const HEAD = `portcullis: 1
name: test
tools:
  act: { class: read, input: { type: object, properties: { id: { type: string } } } }
rules:
  - id: r
    effect: forbid
    tools: [act]
`;

test.for<readonly [string, string, string]>([
  ["plain", "    when: args.ix == 'a'", "9:16"],
  ["plain over two lines", "    when: args.id == 'a'\n      && args.ix == 'a'", "10:15"],
  ["single quoted", "    when: 'args.id == ''a'' && args.ix == ''a'''", "9:37"],
  ["double quoted", '    when: "args.id == \\"a\\" && args.ix == \\"a\\""', "9:37"],
  [
    "double quoted with an escape by code",
    '    when: "args.id == \\x22a\\u0022 && args.ix == 1"',
    "9:43",
  ],
  ["double quoted over two lines", "    when: \"args.id == 'a' &&\n      args.ix == 1\"", "10:12"],
  [
    "double quoted with an escaped line break",
    "    when: \"args.id == 'a' && \\\n      args.ix == 1\"",
    "10:12",
  ],
  ["literal", "    when: |\n      args.id == 'a' &&\n        args.ix == 'a'", "11:14"],
  [
    "literal with a header",
    "    when: |2- # why\n      args.id == 'a' &&\n      args.ix == 'a'",
    "11:12",
  ],
  ["folded", "    when: >-\n      args.id == 'a'\n\n      && args.ix == 'a'", "12:15"],
  [
    "after characters outside of the first plane",
    "    when: args.id == '\u{1F600}' && args.ix == 1",
    "9:35",
  ],
])("tells the place within a %s text", async ([, when, place]) => {
  const issues = await issuesOf(`${HEAD}${when}\n`);
  expect(issues.map(({ line, column }) => `${line}:${column}`)).toEqual([place]);
});

test("CRLF and lone CR end lines", async () => {
  const text = `${HEAD}    when: args.ix == 'a'\n`;
  for (const end of ["\r\n", "\r"]) {
    const source = createSourceText("f", text.replaceAll("\n", end));
    expect(positionAt(source, source.text.indexOf("ix"))).toEqual({ line: 9, column: 16 });
  }
});

test("every character of a scalar is found where it stands, however it is written", () => {
  const style = fc.constantFrom(
    "PLAIN",
    "QUOTE_SINGLE",
    "QUOTE_DOUBLE",
    "BLOCK_LITERAL",
    "BLOCK_FOLDED",
  );
  const content = fc.string({
    unit: fc.constantFrom("a", "b", "'", '"', "\\", " ", "\n", "é", "=", "("),
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(
      content,
      style,
      fc.integer({ min: 20, max: 80 }),
      (written, defaultStringType, lineWidth) => {
        const text = stringify(
          { k: written },
          { defaultStringType: defaultStringType as "PLAIN", lineWidth },
        );
        const value: string = (parse(text) as { k: string }).k;
        const issues = createIssueList();
        const root = readYaml(createSourceText("f", text), issues);
        const scalar = root?.kind === "map" ? root.entries.get("k")?.value : undefined;
        if (scalar?.kind !== "scalar") throw new Error("no scalar");
        expect(scalar.value).toBe(value);
        for (let index = 0; index < value.length; index += 1) {
          const unit = value[index] ?? "";
          if (/[\s\\"']/.test(unit)) continue;
          const { start } = placeWithin(scalar, index, index + 1);
          // An escape stands for its character.
          expect(["\\", unit]).toContain(text[start]);
        }
      },
    ),
    { numRuns: 500 },
  );
});
