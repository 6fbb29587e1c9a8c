import { expect, test } from "vitest";
import { formatIssue, formatIssues } from "../src/index.ts";

const issue = { path: "/a", message: "Write b.", file: "p.yaml", line: 2, column: 4 };

test("writes the place, the line and a caret", () => {
  expect(formatIssue(issue)).toBe("p.yaml:2:4 Write b.");
  expect(formatIssues([issue, issue], { textOf: () => "x\r\nab cd\r\n" })).toBe(
    [
      "p.yaml:2:4 Write b.",
      "  2 | ab cd",
      "    |    ^",
      "p.yaml:2:4 Write b.",
      "  2 | ab cd",
      "    |    ^",
    ].join("\n"),
  );
});

test("does without what is not known", () => {
  expect(formatIssues([issue])).toBe("p.yaml:2:4 Write b.");
  expect(formatIssues([issue], { textOf: () => undefined })).toBe("p.yaml:2:4 Write b.");
  expect(formatIssue({ path: "/a", message: "Write b." })).toBe("/a Write b.");
  expect(formatIssue({ path: "", message: "Write b." })).toBe("Write b.");
});

test("cuts a long line around the place, and shows no control character", () => {
  const shown = formatIssues([{ ...issue, line: 1, column: 301 }], {
    textOf: () => `${"a".repeat(300)}\u001Bb`,
  });
  expect(shown).not.toContain("\u001B");
  const [, excerpt = "", caret = ""] = shown.split("\n");
  expect(excerpt.length).toBeLessThan(140);
  expect(caret.indexOf("^")).toBe(excerpt.indexOf(" b"));
});
