import type { Json } from "@portcullis/core";
import { readJson } from "../source/read-json.ts";
import { readYaml } from "../source/read-yaml.ts";
import { createSourceText } from "../source/source-text.ts";
import { toPlain } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import type { Build, Part } from "./build.ts";
import { displayName, readText } from "./read-files.ts";
import { resolveRelativePath } from "./relative-path.ts";

/** A JSON Schema of the policy, with where it stands. */
export interface SchemaPart {
  readonly schema: Json;
  readonly located: Located;
  /** Its path within its file. */
  readonly path: readonly PropertyKey[];
}

/** Reads a JSON Schema written in place, or the file that it names; `undefined` after a problem. */
export async function readSchemaSource(part: Part, build: Build): Promise<SchemaPart | undefined> {
  const { located, path, file } = part;
  if (located.kind === "map") return { schema: toPlain(located), located, path };
  if (located.kind !== "scalar" || typeof located.value !== "string") return undefined;
  const resolved = resolveRelativePath(file.folder, located.value);
  if (!resolved.ok) {
    build.issues.add(located, path, resolved.message);
    return undefined;
  }
  const text = await readText(resolved.path, { place: located, path, build });
  if (text === undefined) return undefined;
  const source = createSourceText(displayName(build, resolved.path), text);
  const isYaml = /\.ya?ml$/i.test(resolved.path);
  const content = isYaml ? readYaml(source, build.issues) : readJson(source, build.issues);
  if (content === undefined) return undefined;
  if (content.kind === "map") return { schema: toPlain(content), located: content, path: [] };
  build.issues.add(content, [], "A JSON Schema file holds one mapping.");
  return undefined;
}
