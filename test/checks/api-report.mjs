// The emitted declarations that `exports` reaches, against the committed `api.d.ts.md` of each
// package. `--write` writes the reports. Needs a build.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { finish, publicPackages, root } from "./lib/workspaces.mjs";

const write = process.argv.includes("--write");
const problems = [];

for (const { dir, manifest } of publicPackages()) {
  const path = `${dir}/api.d.ts.md`;
  const report = reportOf(dir, manifest);
  const committed = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
  if (report === committed) continue;
  if (write) writeFileSync(join(root, path), report);
  else problems.push(`${path} differs from the build:\n${difference(committed, report)}`);
}
if (problems.length > 0) problems.push("If the change is meant: npm run api:write");
finish(problems, write ? "API reports written" : "API reports match the build");

function reportOf(dir, manifest) {
  const entries = Object.entries(manifest.exports).filter(([, target]) => target.types);
  const files = reachable(
    dir,
    entries.map(([, target]) => normalize(target.types)),
  );
  const head = entries.map(
    ([subpath, target]) => `- \`${join(manifest.name, subpath)}\`: ${normalize(target.types)}`,
  );
  const sections = files.map(
    (file) => `## ${file}\n\n\`\`\`ts\n${declarations(join(root, dir, file))}\n\`\`\`\n`,
  );
  return [
    `# Declarations of ${manifest.name}\n`,
    "Written by `npm run api:write` from the build. A difference is a change of the public API.\n",
    `${head.join("\n")}\n`,
    ...sections,
  ].join("\n");
}

/** The entry files and every declaration file they import or re-export, sorted. */
function reachable(dir, entries) {
  const seen = new Set();
  const queue = [...entries];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = stripComments(readFileSync(join(root, dir, file), "utf8"));
    for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g))
      queue.push(join(dirname(file), specifier.replace(/\.(js|ts)$/, ".d.ts")));
  }
  return [...seen].toSorted();
}

function declarations(path) {
  return stripComments(readFileSync(path, "utf8"))
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .join("\n");
}

/** Removes comments; strings and template literals stay as they are. */
function stripComments(text) {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_match, string) => string ?? "",
  );
}

/** Lines only one side has; enough to see what changed. */
function difference(before, after) {
  const [was, is] = [before.split("\n"), after.split("\n")];
  const [old, current] = [new Set(was), new Set(is)];
  const lines = [
    ...was.filter((line) => !current.has(line)).map((line) => `- ${line}`),
    ...is.filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
  if (lines.length === 0) return "(the same lines in another order)";
  return lines.length > 40
    ? [...lines.slice(0, 40), `(${lines.length} lines)`].join("\n")
    : lines.join("\n");
}
