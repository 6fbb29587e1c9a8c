import { createSourceText } from "../source/source-text.ts";
import type { Place, SourceText } from "../source/source-text.ts";
import { readYaml } from "../source/read-yaml.ts";
import { readShape } from "../shape/read-shape.ts";
import { fragmentShape, policyShape } from "../shape/policy-shape.ts";
import { quoted } from "../text/suggest.ts";
import type { Build, Part, ReadFile } from "./build.ts";
import { entriesOf } from "./build.ts";
import { folderOf, resolveRelativePath } from "./relative-path.ts";

/** Most files of one policy. */
const MAX_FILES = 256;

/**
 * Reads the main file and, depth first, the files that `include` names; checks the form of each.
 * A file that is not a mapping is left out, with its problem reported.
 */
export async function readFiles(build: Build): Promise<readonly ReadFile[]> {
  const { main, issues } = build;
  const files: ReadFile[] = [];
  const seen = new Map<string, string>();

  async function visit(text: string, path: string | undefined): Promise<void> {
    const source = createSourceText(
      path === undefined ? main.file : displayName(build, path),
      text,
    );
    const file = readOne(source, { build, path });
    if (file === undefined) {
      build.unread.add(source.file);
      return;
    }
    files.push(file);
    for (const entry of entriesOf(file, "include")) await include(entry);
  }

  async function include(entry: Part): Promise<void> {
    if (entry.located.kind !== "scalar" || typeof entry.located.value !== "string") return;
    for (const path of await expand(entry.located.value, entry, build)) {
      const first = seen.get(path);
      if (first !== undefined) {
        issues.add(
          entry.located,
          entry.path,
          `The file ${quoted(path)} is included twice, first by ${first}; remove one.`,
        );
        continue;
      }
      seen.set(path, entry.file.source.file);
      if (seen.size > MAX_FILES) {
        issues.add(entry.located, entry.path, `A policy has at most ${MAX_FILES} files.`);
        return;
      }
      const text = await readText(path, { place: entry.located, path: entry.path, build });
      if (text === undefined) build.unread.add(path);
      else await visit(text, path);
    }
  }

  await visit(main.text, undefined);
  return files;
}

function readOne(
  source: SourceText,
  { build, path }: { readonly build: Build; readonly path: string | undefined },
): ReadFile | undefined {
  const { issues } = build;
  const content = readYaml(source, issues);
  if (content === undefined) return undefined;
  if (content.kind !== "map") {
    issues.add(content, [], "A policy file is a mapping; begin with `portcullis: 1`.");
    return undefined;
  }
  if (path === undefined) readShape(policyShape, content, { path: [], issues });
  else readShape(fragmentShape, content, { path: [], issues });
  return {
    source,
    folder: path === undefined ? "" : folderOf(path),
    content,
    isMain: path === undefined,
  };
}

/** The files that one entry of `include` names, sorted where it is a pattern. */
async function expand(written: string, entry: Part, build: Build): Promise<readonly string[]> {
  const { located, path, file } = entry;
  const { issues, main } = build;
  const resolved = resolveRelativePath(file.folder, written);
  if (!resolved.ok) {
    issues.add(located, path, resolved.message);
    return [];
  }
  if (!/[*?[\]{}]/.test(resolved.path)) return [resolved.path];
  const folder = folderOf(resolved.path);
  const pattern = resolved.path.slice(folder === "" ? 0 : folder.length + 1);
  if (!/^[^*?[\]{}]*(\*[^*?[\]{}]*)+$/.test(pattern) || /[*?[\]{}]/.test(folder)) {
    issues.add(
      located,
      path,
      "A pattern is `*` in the last part of the path, such as `rules/*.yaml`.",
    );
    return [];
  }
  if (main.list === undefined) {
    issues.add(
      located,
      path,
      "Patterns need a way to list files, and none was given; name the files one by one.",
    );
    return [];
  }
  const names = await listFolder(folder, entry, build);
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+^$()|\\]/g, "\\$&"));
  const expression = new RegExp(`^${parts.join("[^/]*")}$`, "u");
  const found = names
    .filter((name) => expression.test(name) && !name.startsWith(".") && !name.includes("/"))
    // Policy tests stand beside what they test, and are no part of it.
    .filter((name) => !/_test\.ya?ml$/.test(name))
    .toSorted()
    .map((name) => (folder === "" ? name : `${folder}/${name}`))
    .filter((candidate) => candidate !== mainName(build));
  if (found.length === 0) {
    issues.add(located, path, `No file matches ${quoted(written)}.`);
  }
  return found;
}

async function listFolder(folder: string, entry: Part, build: Build): Promise<readonly string[]> {
  try {
    return (await build.main.list?.(folder)) ?? [];
  } catch {
    build.issues.add(entry.located, entry.path, `The folder ${quoted(folder)} cannot be listed.`);
    return [];
  }
}

/** Reads a file below the policy's folder; `undefined` where that fails, with the problem reported. */
export async function readText(
  relativePath: string,
  {
    place,
    path,
    build,
  }: { readonly place: Place; readonly path: readonly PropertyKey[]; readonly build: Build },
): Promise<string | undefined> {
  const { main, issues } = build;
  if (main.read === undefined) {
    issues.add(
      place,
      path,
      "Other files cannot be read here, no reader was given; write the content in place.",
    );
    return undefined;
  }
  try {
    return await main.read(relativePath);
  } catch {
    issues.add(place, path, `The file ${quoted(relativePath)} cannot be read.`);
    return undefined;
  }
}

/** How a file below the policy's folder is called in messages. */
export function displayName({ main }: Build, path: string): string {
  const folder = folderOf(main.file);
  return folder === "" ? path : `${folder}/${path}`;
}

function mainName({ main }: Build): string {
  return main.file.slice(main.file.lastIndexOf("/") + 1);
}
