import type { InspectedDocument } from "@portcullis/bundle";
import { writePolicyFiles } from "@portcullis/bundle";
import { PortcullisError } from "@portcullis/core";
import { compilePolicyYaml } from "@portcullis/policy";
import { composeFacts } from "../compose-facts.ts";
import { MAIN_FILE } from "./compile-folder.ts";
import { readCompiler } from "./package-versions.ts";

/** A bundle as it is inspected. */
export type InspectedBundle = Extract<InspectedDocument, { readonly kind: "bundle" }>;

/**
 * Compiles the source in a bundle again and compares every byte of the rules and the catalogue: a
 * signer reads the YAML, a client runs the rules.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `policy` when they differ, the source does not
 * compile, or another compiler made them.
 */
export async function recompileBundle(bundle: InspectedBundle): Promise<void> {
  const { name, serial, compiler } = bundle.document;
  const refuse = (problem: string, cause?: unknown): PortcullisError =>
    new PortcullisError("ERR_BUNDLE_INVALID", `The bundle is refused (policy): ${problem}`, {
      cause,
      fields: { reason: "policy", document: "bundle", bundle: name, serial },
    });
  if (compiler !== readCompiler()) {
    throw refuse(
      `${compiler} compiled it, and this is ${readCompiler()}; use that version to sign.`,
    );
  }
  const source = (path: string): string => {
    const text = bundle.files.get(`source/${path}`);
    if (text === undefined) throw new Error("The source lacks a file.");
    return text;
  };
  let compiled: ReadonlyMap<string, string>;
  try {
    const document = await compilePolicyYaml(
      {
        file: MAIN_FILE,
        text: source(MAIN_FILE),
        read: async (path) => source(path),
        list: async (folder) => namesIn(bundle, folder),
      },
      { facts: composeFacts() },
    );
    compiled = await writePolicyFiles(document);
  } catch (cause) {
    throw refuse("its source does not compile.", cause);
  }
  const carried = [...bundle.files.keys()].filter((path) => /^(policies|tools)\//.test(path));
  const isSame =
    carried.length === compiled.size &&
    carried.every((path) => bundle.files.get(path) === compiled.get(path));
  if (!isSame) throw refuse("its rules are not what its source compiles to.");
}

function namesIn(bundle: InspectedBundle, folder: string): readonly string[] {
  const prefix = folder === "" ? "source/" : `source/${folder}/`;
  return [...bundle.files.keys()].flatMap((path) => {
    const name = path.startsWith(prefix) ? path.slice(prefix.length) : "";
    return name === "" || name.includes("/") ? [] : [name];
  });
}
