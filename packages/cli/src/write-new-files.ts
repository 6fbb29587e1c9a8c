import { lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";

/** One file to be written. */
export interface NewFile {
  /** Name inside the folder. */
  readonly name: string;
  readonly text: string;
}

/** What {@link writeNewFiles} did; with a conflict nothing was written. */
export interface WrittenFiles {
  readonly written: readonly string[];
  /** There already, with exactly this text. */
  readonly unchanged: readonly string[];
  /** There already, with other content. */
  readonly conflicts: readonly string[];
}

/**
 * Writes files that are not there yet, all or, if one of them is there with other content, none.
 *
 * With `force` such a file is replaced; a link is replaced itself, what it points to is not touched.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a folder stands where a file should be, or
 * the target is not a folder.
 */
export async function writeNewFiles(
  folder: string,
  files: readonly NewFile[],
  { force = false }: { readonly force?: boolean } = {},
): Promise<WrittenFiles> {
  await makeFolder(folder);
  const states = await Promise.all(
    files.map(async (file) => ({ file, state: await stateOf(join(folder, file.name), file.text) })),
  );
  const inState = (wanted: State): readonly NewFile[] =>
    states.filter(({ state }) => state === wanted).map(({ file }) => file);
  const unchanged = namesOf(inState("same"));
  const differing = inState("other");
  if (differing.length > 0 && !force) {
    return { written: [], unchanged, conflicts: namesOf(differing) };
  }
  const toWrite = states.filter(({ state }) => state !== "same").map(({ file }) => file);
  for (const { name } of differing) await rm(join(folder, name));
  // The flag refuses a file that came in between, and never follows a link.
  for (const { name, text } of toWrite) {
    await writeFile(join(folder, name), text, { flag: "wx" });
  }
  return { written: namesOf(toWrite), unchanged, conflicts: [] };
}

type State = "absent" | "same" | "other";

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new PortcullisConfigError("dir", "The target is not a folder that can be written to.", {
      cause,
    });
  }
}

async function stateOf(path: string, text: string): Promise<State> {
  const found = await lstat(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return "absent";
  if (found.isDirectory()) {
    throw new PortcullisConfigError("dir", "A folder stands where a file should be written.");
  }
  if (!found.isFile()) return "other";
  return (await readFile(path, "utf8")) === text ? "same" : "other";
}

function namesOf(files: readonly NewFile[]): readonly string[] {
  return files.map(({ name }) => name);
}
