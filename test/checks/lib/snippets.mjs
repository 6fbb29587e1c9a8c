import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { publicPackages, root } from "./workspaces.mjs";

const PAGES = [
  "README.md",
  ".github/*.md",
  "packages/*/README.md",
  "packages/*/docs/**/*.md",
  "adapters/*/README.md",
  "adapters/*/docs/**/*.md",
  "examples/*/README.md",
];

/** An exported declaration: its keyword and its name. */
const EXPORTED =
  /export\s+(?:declare\s+|async\s+|abstract\s+)*(function\*?|const|class|interface|type)\s+(\w+)/;

/**
 * Every fenced code block of the documentation pages and of the TSDoc examples, as
 * `{ page, line, language, flags, file, text, prelude }`, pages in order of their path.
 *
 * The info string is a language, then words: `run`, `continued`, `output`, `file=<name>` and
 * `exit=<number>`; `.github/CONTRIBUTING.md` says what each means.
 */
export function snippets() {
  const pages = globSync(PAGES, { cwd: root }).toSorted();
  return [...pages.flatMap(pageSnippets), ...publicPackages().flatMap(packageSnippets)];
}

function pageSnippets(page) {
  const lines = readFileSync(join(root, page), "utf8").split("\n");
  return fences(lines).map((fence) => ({ page, prelude: "", ...fence }));
}

function packageSnippets({ dir, manifest }) {
  const index = join(root, dir, "src/index.ts");
  if (!existsSync(index)) return [];
  const published = { from: manifest.name, names: listedNames(readFileSync(index, "utf8")) };
  return globSync(`${dir}/src/**/*.ts`, { cwd: root })
    .toSorted()
    .filter((path) => basename(path) !== "index.ts")
    .flatMap((path) => sourceSnippets(path, published));
}

/** The examples of the exported declarations of one source file. */
function sourceSnippets(path, published) {
  const text = readFileSync(join(root, path), "utf8");
  const scopes = [published, { from: builtPath(path), names: declaredNames(text) }];
  const found = [];
  const comments = new RegExp(String.raw`/\*\*[\s\S]*?\*/\s*${EXPORTED.source}`, "g");
  for (const match of text.matchAll(comments)) {
    // A comment that documents something unexported may stand before: take the last one only.
    const start = match.index + match[0].lastIndexOf("/**");
    const comment = text.slice(start, match.index + match[0].lastIndexOf("*/"));
    const firstLine = text.slice(0, start).split("\n").length - 1;
    const lines = comment.split("\n").map((line) => line.replace(/^\s*\* ?/, ""));
    const example = lines.findIndex((line) => line.startsWith("@example"));
    if (example === -1) continue;
    for (const fence of fences(lines).filter(({ line }) => line > example))
      found.push({
        page: path,
        ...fence,
        line: fence.line + firstLine,
        prelude: preludeFor(fence.text, scopes),
      });
  }
  return found;
}

/** An example in a comment need not import what its package or its own file exports. */
function preludeFor(text, scopes) {
  const imported = new Set();
  return scopes
    .map(({ from, names }) => {
      const used = [...names].filter(
        ([name]) => !imported.has(name) && hasWord(text, name) && !declares(text, name),
      );
      for (const [name] of used) imported.add(name);
      const list = used.map(([name, kind]) => (kind === "type" ? `type ${name}` : name));
      return list.length === 0 ? "" : `import { ${list.join(", ")} } from "${from}"; `;
    })
    .join("");
}

/** Name → "type" or "value" for what an index file lists. */
function listedNames(index) {
  const names = new Map();
  for (const [, typeOnly, list] of index.matchAll(/export\s+(type\s+)?\{([^}]*)\}/g))
    for (const item of list.split(",").map((part) => part.trim())) {
      const kind = typeOnly !== undefined || item.startsWith("type ") ? "type" : "value";
      const name = item.replace(/^type\s+/, "").replace(/^.*\sas\s+/, "");
      if (name !== "") names.set(name, kind);
    }
  return names;
}

/** The same for what a source file declares and exports. */
function declaredNames(text) {
  const found = text.matchAll(new RegExp(EXPORTED.source, "g"));
  return new Map(
    [...found].map(([, keyword, name]) => [
      name,
      /interface|type/.test(keyword) ? "type" : "value",
    ]),
  );
}

function builtPath(path) {
  return join(root, path.replace("/src/", "/dist/").replace(/\.ts$/, ".js"));
}

function declares(text, name) {
  return new RegExp(
    `import[^;]*\\b${name}\\b[^;]*from|\\b(?:const|let|function|class|interface|type)\\s+${name}\\b`,
  ).test(text);
}

function hasWord(text, word) {
  return new RegExp(`\\b${word}\\b`).test(text);
}

function fences(lines) {
  const found = [];
  for (let index = 0; index < lines.length; index += 1) {
    const open = /^(\s*)(`{3,})(\S+)?(.*)$/.exec(lines[index]);
    if (open === null) continue;
    const [, indent, marks, language = "", info] = open;
    const close = lines.findIndex((line, at) => at > index && line.trim() === marks);
    const end = close === -1 ? lines.length : close;
    const words = info.trim().split(/\s+/).filter(Boolean);
    const options = Object.fromEntries(
      words.filter((word) => word.includes("=")).map((word) => word.split("=", 2)),
    );
    found.push({
      line: index + 1,
      language,
      flags: new Set(words.filter((word) => !word.includes("="))),
      file: options.file,
      exit: Number(options.exit ?? 0),
      text: lines
        .slice(index + 1, end)
        .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
        .join("\n"),
    });
    index = end;
  }
  return found;
}
