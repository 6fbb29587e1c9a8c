/** Top folders of a bundle. */
const BUNDLE_FOLDERS = [
  "attestations",
  "data",
  "policies",
  "redaction",
  "source",
  "tests",
  "tools",
] as const;

/** Bounds of a bundle's files. */
export const FILE_LIMITS: {
  readonly files: number;
  readonly fileBytes: number;
  readonly totalBytes: number;
  readonly pathLength: number;
} = Object.freeze({
  files: 4096,
  fileBytes: 4 * 1024 * 1024,
  totalBytes: 32 * 1024 * 1024,
  pathLength: 200,
});

const SEGMENT = /^[A-Za-z0-9._-]+$/;
const ONLY_DOTS = /^\.+$/;

/** What is wrong with the path of a bundle's file; undefined if nothing is. */
export type PathProblem = "path" | "unknown-folder";

/**
 * Checks one path: slashes between segments of plain characters, none that is only dots, below a
 * known folder. Everything but `source/` holds JSON files without further folders.
 */
export function findPathProblem(path: string): PathProblem | undefined {
  const segments = path.split("/");
  const isPlain = segments.every((segment) => SEGMENT.test(segment) && !ONLY_DOTS.test(segment));
  if (path.length > FILE_LIMITS.pathLength || segments.length < 2 || !isPlain) return "path";
  const [folder = ""] = segments;
  if (!BUNDLE_FOLDERS.some((known) => known === folder)) return "unknown-folder";
  if (folder === "source") return undefined;
  return segments.length === 2 && path.endsWith(".json") ? undefined : "path";
}

/**
 * Finds two paths that some file system takes for one, or where one is a folder of the other;
 * compared in lower case.
 */
export function hasCollision(paths: readonly string[]): boolean {
  const seen = new Set(paths.map((path) => path.toLowerCase()));
  if (seen.size !== paths.length) return true;
  return [...seen].some((path) => parentsOf(path).some((parent) => seen.has(parent)));
}

function parentsOf(path: string): readonly string[] {
  const segments = path.split("/");
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join("/"));
}
