import { globSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** The root of the workspace. */
export const ROOT = join(import.meta.dirname, "../..");

const CORE = "packages/core/src";
// Types, texts, ports and platforms decide nothing.
const NOT_DECIDING =
  /^(index|abort|denial|errors|denied-error|guard|guard-options|decision|json|explain|rule-ast|refusal)\.ts$|^(ports|platform)\//;

/** Core's modules that decide, as paths below the root with `/`. */
export function decidingFiles(): readonly string[] {
  return globSync("**/*.ts", { cwd: join(ROOT, CORE) })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => !NOT_DECIDING.test(path))
    .map((path) => `${CORE}/${path}`)
    .toSorted();
}

/** Core's test files whose path matches, as absolute paths. */
export function coreTests(matching = ""): readonly string[] {
  const pattern = new RegExp(matching);
  return globSync("packages/core/test/*.test.ts", { cwd: ROOT })
    .filter((path) => pattern.test(path))
    .map((path) => join(ROOT, path))
    .toSorted();
}

/** A path as it is written in keys. */
export function fromRoot(path: string): string {
  return relative(ROOT, path).split(sep).join("/");
}
