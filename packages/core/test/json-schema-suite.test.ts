import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalize } from "../src/canonical-json.ts";
import { PortcullisError } from "../src/errors.ts";
import type { SchemaCompiler, SchemaOptions } from "../src/json-schema/schema-compiler.ts";
import { createSchemaCompiler } from "../src/json-schema/schema-compiler.ts";
import refusedValid from "./json-schema-suite.refused.json" with { type: "json" };

interface SuiteGroup {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly {
    readonly description: string;
    readonly data: unknown;
    readonly valid: boolean;
  }[];
}

const ROOT = join(import.meta.dirname, "../../..");
const DATA = join(process.env["PORTCULLIS_DATA"] ?? join(ROOT, "../shared/data"), "json-schema");
const SUITE = join(DATA, "draft2020-12");
const META = join(ROOT, "node_modules/ajv/dist/refs/json-schema-2020-12");
const hasData = existsSync(SUITE);
const files = hasData ? readdirSync(SUITE).filter((name) => name.endsWith(".json")) : [];

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

function readRemotes(): Record<string, unknown> {
  const remotes: Record<string, unknown> = {};
  const base = join(DATA, "remotes");
  for (const entry of readdirSync(base, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".json")) continue;
    remotes[`http://localhost:1234/${entry}`] = read(join(base, entry));
  }
  for (const entry of readdirSync(META, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".json")) continue;
    const uri = `https://json-schema.org/draft/2020-12/${entry.slice(0, -".json".length)}`;
    remotes[uri] = read(join(META, entry));
  }
  return remotes;
}

function createCompiler(): SchemaCompiler {
  return createSchemaCompiler({
    digest: {
      sha256: (text) => createHash("sha256").update(text).digest("base64url"),
      hmacSha256: () => "",
    },
    // The suite's texts are short, so V8 may stand in for a linear engine.
    matcher: { compile: (source) => new RegExp(source, "u") },
    remotes: readRemotes(),
  });
}

/** Cases answered otherwise than the suite says, as `file | group | case`, with the reason. */
async function run(file: string, origin: NonNullable<SchemaOptions["origin"]>) {
  const compiler = createCompiler();
  const refused: Record<string, string> = {};
  for (const group of read(join(SUITE, file)) as SuiteGroup[]) {
    const answer = await answerOf(compiler, group.schema, origin);
    for (const { description, data, valid } of group.tests) {
      const name = `${file} | ${group.description} | ${description}`;
      const reason = answer(data);
      if (reason === undefined && !valid) refused[name] = "wrongly accepted";
      if (reason !== undefined && valid) refused[name] = reason;
    }
  }
  return refused;
}

async function answerOf(
  compiler: SchemaCompiler,
  schema: unknown,
  origin: NonNullable<SchemaOptions["origin"]>,
): Promise<(data: unknown) => string | undefined> {
  try {
    const validator = await compiler.compile(schema, { origin });
    return (data) => {
      const value = canonicalOf(data);
      if (value === undefined) return "a member named __proto__ is refused";
      const result = validator.validate(value.value);
      if (result.ok) return undefined;
      return result.issues.some(({ keyword }) => keyword === "format")
        ? "format is asserted"
        : "does not fit";
    };
  } catch (error) {
    if (!PortcullisError.isInstance(error)) throw error;
    const message = error.fields.issues?.[0]?.message ?? "";
    const reason = [
      ["reserved name", "a member named __proto__ is refused"],
      ["linear time", "patternProperties must be native"],
      ["dialect", "only the 2020-12 dialect and its vocabulary"],
      ["generated code", "unevaluated… needs generated code"],
    ].find(([part]) => message.includes(part ?? ""))?.[1];
    return () => reason ?? message;
  }
}

function canonicalOf(data: unknown) {
  try {
    return canonicalize(data);
  } catch {
    return undefined;
  }
}

describe("JSON-Schema-Test-Suite, draft 2020-12", () => {
  test("its data is there", ({ skip }) => {
    if (!hasData && process.env["CI"] !== "true")
      skip("PORTCULLIS_DATA names no json-schema folder");
    expect(files).toContain("unevaluatedProperties.json");
    const cases = files.flatMap((file) => read(join(SUITE, file)) as SuiteGroup[]);
    expect(cases.flatMap(({ tests }) => tests)).toHaveLength(1299);
  });

  test.for<string>(files)(
    "%s, trusted: nothing wrongly accepted, refused as listed",
    async (file) => {
      const listed = Object.entries(refusedValid).flatMap(([reason, names]) =>
        names.filter((name) => name.split(" | ")[0] === file).map((name) => [name, reason]),
      );
      expect(await run(file, "trusted")).toStrictEqual(Object.fromEntries(listed));
    },
  );

  test.for<string>(files)("%s, foreign: the same but for unevaluated…", async (file) => {
    const listed = new Set<string>(Object.values(refusedValid).flat());
    const refused = Object.entries(await run(file, "foreign"));
    const others = refused.filter(([, reason]) => reason !== "unevaluated… needs generated code");
    for (const [name] of others) expect(listed).toContain(name);
  });
});
