import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Reads the files that a policy names, below its own folder and nowhere else. */
export interface PolicyFolder {
  /** Reads a file by its path below the folder. */
  read(relativePath: string): Promise<string>;
  /** Names of the files in a folder below it, `""` for the folder itself. */
  list(relativeFolder: string): Promise<readonly string[]>;
  /** Text of a file that was read before. */
  textOf(relativePath: string): string | undefined;
  /** Paths of the files that were read before, in order. */
  files(): readonly string[];
}

/** Largest policy file in bytes. */
const MAX_FILE_BYTES: number = 4 * 1024 * 1024;

/**
 * Opens the folder of a policy. A path that lies outside once its links are followed, a file over
 * 4 MiB, one that is not a plain file and one that is not UTF-8 are refused by a throw, whose text
 * names neither.
 */
export async function openPolicyFolder(folder: string): Promise<PolicyFolder> {
  const root = await realpath(folder);
  const texts = new Map<string, string>();
  const resolveInside = async (path: string): Promise<string> => {
    const real = await realpath(join(root, path));
    const below = relative(root, real);
    if (below === ".." || below.startsWith(`..${sep}`) || join(root, below) !== real) {
      throw new Error("The path lies outside the policy's folder.");
    }
    return real;
  };
  return {
    async read(relativePath) {
      const path = await resolveInside(relativePath);
      const found = await stat(path);
      if (!found.isFile()) throw new Error("The path is not that of a file.");
      if (found.size > MAX_FILE_BYTES) throw new Error("The file is longer than 4 MiB.");
      const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
      const text = decoder.decode(await readFile(path));
      texts.set(relativePath, text);
      return text;
    },
    async list(relativeFolder) {
      const path = await resolveInside(relativeFolder);
      const entries = await readdir(path, { withFileTypes: true });
      return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    },
    textOf: (relativePath) => texts.get(relativePath),
    files: () => [...texts.keys()],
  };
}
