import { groupBy } from "./group-by.ts";
import type { TestedPolicy } from "./run-test-files.ts";

/** Writes the results of policy tests as JUnit XML: a suite for each test file. */
export function formatJunit(tested: readonly TestedPolicy[]): string {
  const results = tested.flatMap(({ report }) => report.results);
  const suites = [...groupBy(results, ({ file }) => file)].map(([file, cases]) => {
    const body = cases.map(({ name, ok, failures, line }) => {
      const head = `    <testcase ${attributes({ name, classname: file, file, line })}`;
      if (ok) return `${head}/>\n`;
      const text = failures
        .map((failure) => `${failure.file}:${failure.line}:${failure.column} ${failure.message}`)
        .join("\n");
      const message = failures.map((failure) => failure.message).join(" ");
      return `${head}>\n      <failure ${attributes({ message })}>${escapeXml(text)}</failure>\n    </testcase>\n`;
    });
    const counts = { tests: cases.length, failures: cases.filter(({ ok }) => !ok).length };
    return `  <testsuite ${attributes({ name: file, ...counts })}>\n${body.join("")}  </testsuite>\n`;
  });
  const counts = { tests: results.length, failures: results.filter(({ ok }) => !ok).length };
  const head = `<testsuites ${attributes({ name: "portcullis", ...counts })}>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n${suites.join("")}</testsuites>\n`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(String(value))}"`)
    .join(" ");
}

// Characters that XML 1.0 cannot hold at all, not even escaped.
const NOT_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function escapeXml(text: string): string {
  return text
    .replaceAll(NOT_XML, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}
