import { readFile } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { JsonObject } from "@portcullis/core";
import { z } from "zod";

/** The tool `read_text_file`, wherever it comes from. */
export interface FileReader {
  /** For the model. */
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: JsonObject;
  /** Gives a file's text. */
  read(args: unknown): Promise<string>;
}

const shape = z.object({ path: z.string() });

/** Reads the files below a folder in this process: what the MCP file server does, without it. */
export function createLocalFileReader(root: string): FileReader {
  return {
    description: "Reads a text file of the workspace.",
    inputSchema: JSON.parse(JSON.stringify(z.toJSONSchema(shape))),
    async read(args) {
      const path = resolve(root, shape.parse(args).path);
      if (!path.startsWith(root + sep)) throw new Error("The path lies outside of the workspace.");
      return readFile(path, "utf8");
    },
  };
}
