// Every ```ts block of the documentation and of the TSDoc examples type-checks against the built
// packages; blocks marked `run` run, and print what the `output` block after them says.
// The convention is described in .github/CONTRIBUTING.md. Needs a build.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { outsideEnvironment, withFolder } from "./lib/pack.mjs";
import { snippets } from "./lib/snippets.mjs";
import { finish, root } from "./lib/workspaces.mjs";

const FLAGS = new Set(["run", "continued", "output"]);
const RUNNERS = new Set(["ts", "sh"]);
const UNCHECKED_SPELLINGS = new Set(["typescript", "tsx", "js", "javascript", "bash", "shell"]);
const TIMEOUT_MS = 60_000;

const problems = [];
const counts = { typeChecked: 0, run: 0 };

await withFolder((folder) => {
  prepare(folder);
  const pages = Map.groupBy(snippets(), ({ page }) => page);
  for (const blocks of pages.values()) for (const block of blocks) checkMarks(block);
  const steps = [...pages].flatMap(([page, blocks]) => stepsOf(folder, page, blocks));
  for (const step of steps) {
    const path = join(step.folder, step.file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, step.text);
  }
  typeCheck(
    folder,
    steps.filter(({ language }) => language === "ts"),
  );
  if (problems.length === 0) for (const step of steps.filter(({ runs }) => runs)) run(folder, step);
});
finish(problems, `${counts.typeChecked} blocks type-check, ${counts.run} run`);

function prepare(folder) {
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  mkdirSync(join(folder, "bin"));
  const command = `exec node ${JSON.stringify(join(root, "packages/cli/dist/bin.js"))} "$@"\n`;
  const npx = `[ "$1" = portcullis ] || { echo "only npx portcullis" >&2; exit 2; }\nshift\n`;
  for (const [name, script] of [
    ["portcullis", command],
    ["npx", npx + command],
  ]) {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
}

function checkMarks({ page, line, language, flags }) {
  const where = `${page}:${line}`;
  if (UNCHECKED_SPELLINGS.has(language))
    problems.push(`${where}: call the block ts or sh, "${language}" is not checked`);
  for (const flag of flags)
    if (!FLAGS.has(flag)) problems.push(`${where}: unknown word "${flag}" after ${language}`);
  if (flags.has("run") && !RUNNERS.has(language))
    problems.push(`${where}: a ${language} block cannot run`);
}

/** The files of one page in order, each in the page's own folder, and what to do with them. */
function stepsOf(parent, page, blocks) {
  const folder = join(parent, page.replaceAll(/[^\w-]+/g, "_"));
  mkdirSync(folder);
  const steps = [];
  for (const block of blocks) {
    const previous = steps.at(-1);
    if (block.flags.has("output")) {
      if (previous?.runs) previous.expected = block.text;
      else problems.push(`${page}:${block.line}: output, but the block before does not run`);
    } else if (block.flags.has("continued")) {
      if (previous?.language === "ts") append(previous, block);
      else problems.push(`${page}:${block.line}: continued, but the block before is not ts`);
    } else if (block.language === "ts" || block.flags.has("run") || block.file !== undefined) {
      steps.push({
        ...block,
        folder,
        file: block.file ?? `line-${block.line}.${block.language}`,
        text: `${block.prelude}${block.text}\n`,
        runs: block.flags.has("run"),
        origin: [{ from: 1, line: block.line + 1 }],
      });
    }
  }
  return steps;
}

function append(step, block) {
  const from = step.text.split("\n").length;
  step.origin.push({ from, line: block.line + 1 });
  step.text += `${block.text}\n`;
  step.runs ||= block.flags.has("run");
}

/** Type-checks and compiles in place, so that any supported Node can run the result. */
function typeCheck(folder, steps) {
  counts.typeChecked = steps.length;
  if (steps.length === 0) return;
  const files = steps.map((step) => join(step.folder, step.file));
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      composite: false,
      declaration: false,
      declarationMap: false,
      sourceMap: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      rootDir: ".",
      outDir: ".",
    },
    references: [],
    files,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(tsc, ["-p", ".", "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (status === 0) return;
  const located = stdout.replaceAll(/^(\S+?)\((\d+),\d+\)/gm, (match, file, line) => {
    const step = steps.find(
      (candidate) => join(folder, file) === join(candidate.folder, candidate.file),
    );
    return step === undefined ? match : positionOf(step, Number(line));
  });
  problems.push(located.trimEnd());
}

function positionOf({ page, origin }, line) {
  const segment = origin.findLast(({ from }) => from <= line);
  return `${page}:${line - segment.from + segment.line}`;
}

function run(parent, { page, line, folder, file, language, exit, expected }) {
  counts.run += 1;
  const [command, args] =
    language === "ts"
      ? [process.execPath, [file.replace(/\.ts$/, ".js")]]
      : ["bash", ["-euo", "pipefail", file]];
  const environment = outsideEnvironment();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    env: { ...environment, NO_COLOR: "1", PATH: `${join(parent, "bin")}:${environment.PATH}` },
  });
  if (status !== exit)
    problems.push(`${page}:${line}: exit ${status ?? error}, not ${exit}\n${stdout}${stderr}`);
  else if (expected !== undefined && !matches(stdout, expected))
    problems.push(`${page}:${line}: printed\n${stdout}instead of\n${expected}`);
}

/** `…` stands for any text within a line, a line `...` for any lines. */
function matches(printed, expected) {
  const pattern = expected
    .trimEnd()
    .split("\n")
    .map((line) =>
      line === "..." ? String.raw`(?:.*\n)*?` : `${escape(line).replaceAll("…", ".*")}\n`,
    )
    .join("");
  return new RegExp(`^${pattern}$`).test(`${printed.trimEnd()}\n`);
}

function escape(text) {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
