import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Absolute path of the repository. */
export const root = join(import.meta.dirname, "../../..");

/** Reads a JSON file of the repository by its path from the root. */
export function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/**
 * Every workspace, sorted by directory: `{ dir, manifest, isPublic }`.
 *
 * A folder without a `package.json` is not a workspace to npm either.
 */
export function workspaces() {
  return readJson("package.json")
    .workspaces.map((pattern) => pattern.replace(/\/\*$/, ""))
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .filter((dir) => existsSync(join(root, dir, "package.json")))
    .toSorted()
    .map((dir) => {
      const manifest = readJson(`${dir}/package.json`);
      return { dir, manifest, isPublic: manifest.private !== true };
    });
}

/** The workspaces that are published. */
export function publicPackages() {
  return workspaces().filter(({ isPublic }) => isPublic);
}

/** Prints the problems and ends the process with 1, or prints `summary`. */
export function finish(problems, summary) {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  console.log(summary);
}
