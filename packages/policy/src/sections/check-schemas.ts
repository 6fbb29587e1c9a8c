import { PortcullisError, createSchemaCompiler } from "@portcullis/core";
import type { SchemaCompiler } from "@portcullis/core";
import { RE2JS } from "re2js";
import { placeOf } from "../source/located.ts";
import type { Build, Origin } from "./build.ts";
import { originKey } from "./build.ts";
import type { Catalogue } from "./catalogue.ts";
import type { SchemaPart } from "./schema-source.ts";

/**
 * Compiles the schemas of the catalogue and of the host's facts as the guard will, so that a
 * schema which it would refuse is reported where it was written.
 */
export async function checkSchemas(
  catalogue: Catalogue,
  context: SchemaPart | undefined,
  build: Build,
): Promise<void> {
  const schemas = createSchemaCompiler({ digest, matcher });
  for (const { name, entry } of catalogue.values()) {
    const place = build.origins.get(originKey(["tools", name, "input"]));
    if (entry === undefined || place === undefined) continue;
    const options = {
      origin: entry.origin === "mcp" ? "foreign" : "trusted",
      closed: true,
    } as const;
    await check(() => schemas.compile(entry.input, options), place, build);
  }
  if (context === undefined) return;
  await check(() => schemas.compile(context.schema, { origin: "trusted" }), context, build);
}

async function check(
  compile: () => ReturnType<SchemaCompiler["compile"]>,
  { located, path }: Origin,
  { issues }: Build,
): Promise<void> {
  try {
    await compile();
  } catch (error) {
    if (!PortcullisError.isInstance(error)) throw error;
    for (const issue of error.fields.issues ?? []) {
      const segments = issue.path
        .split("/")
        .slice(1)
        .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
      issues.add(placeOf(located, segments), [...path, ...segments], issue.message);
    }
  }
}

// The digest only names what the compiler keeps, so the text itself serves.
const digest = { sha256: (text: string) => text, hmacSha256: (_key: string, text: string) => text };

/** Any pattern of RE2 syntax compiles here; whether the guard has an engine for it is asked there. */
const matcher = {
  compile(source: string) {
    const pattern = RE2JS.compile(source);
    return { test: (text: string) => pattern.matcher(text).find() };
  },
};
