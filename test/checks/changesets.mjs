// Every public package that changed since origin/main is named by a changeset added since then.
// Where there is no origin/main, every public package must be named by some changeset.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { finish, publicPackages, root } from "./lib/workspaces.mjs";

/** What never reaches a user of the package. */
const UNPUBLISHED = /^(test\/|vitest\.config\.ts$|tsconfig[^/]*\.json$|api\.d\.ts\.md$)/;

const packages = publicPackages();
const names = new Set(packages.map(({ manifest }) => manifest.name));
const base = git(["merge-base", "HEAD", "origin/main"])[0];
const changed = base === undefined ? undefined : changedSince(base);
const problems = [];

const named = new Map();
for (const path of changesetFiles(changed))
  for (const [name, bump] of frontMatter(path)) {
    if (!names.has(name)) problems.push(`${path}: ${name} is not a public package`);
    if (!["major", "minor", "patch"].includes(bump)) problems.push(`${path}: ${bump} is no bump`);
    named.set(name, path);
  }
for (const { dir, manifest } of packages) {
  if (changed !== undefined && !changed.some((path) => isPublished(dir, path))) continue;
  if (!named.has(manifest.name))
    problems.push(`${manifest.name} changed, but no new file under changesets/ names it`);
}
finish(
  problems,
  base === undefined
    ? "no origin/main: every public package is named by a changeset"
    : "every package changed since origin/main is named by a changeset",
);

function changedSince(commit) {
  return [
    ...git(["diff", "--name-only", commit]),
    ...git(["ls-files", "--others", "--exclude-standard"]),
  ];
}

function changesetFiles(paths) {
  const all = readdirSync(join(root, "changesets"))
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .map((file) => `changesets/${file}`);
  return paths === undefined ? all : all.filter((path) => paths.includes(path));
}

function frontMatter(path) {
  const text = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
  const head = /^---\n([\s\S]*?)\n?---\n/.exec(text)?.[1];
  if (head === undefined) problems.push(`${path}: no front matter`);
  return [...(head ?? "").matchAll(/^["']?([^"'\n]+?)["']?:\s*(\S+)\s*$/gm)].map(
    ([, name, bump]) => [name, bump],
  );
}

function isPublished(dir, path) {
  return path.startsWith(`${dir}/`) && !UNPUBLISHED.test(path.slice(dir.length + 1));
}

/** The lines a git command prints; none when it fails. */
function git(args) {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.split("\n").filter((line) => line !== "") : [];
}
