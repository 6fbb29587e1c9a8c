import { createRequire } from "node:module";
import { z } from "zod";

const require = createRequire(import.meta.url);

/** The compiler that this version has, as manifests name it. */
export function readCompiler(): string {
  return `@portcullis/policy@${versionOf("@portcullis/policy")}`;
}

/** Version of core that evaluates here. */
export function readCoreVersion(): string {
  return versionOf("@portcullis/core");
}

function versionOf(name: string): string {
  return z.object({ version: z.string() }).parse(require(`${name}/package.json`)).version;
}
