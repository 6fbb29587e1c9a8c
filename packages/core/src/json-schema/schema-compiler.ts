import type { PortcullisError } from "../errors.ts";
import { PortcullisConfigError } from "../errors.ts";
import type { PatternMatcher } from "../ports/pattern-matcher.ts";
import type { Digest } from "../ports/runtime.ts";
import type { SchemaOptions } from "./compile-schema.ts";
import { compileLinted, schemaInvalid } from "./compile-schema.ts";
import { lintSchema } from "./lint-schema.ts";
import type { SchemaRegistry, SchemaResource } from "./schema-document.ts";
import type { SchemaValidator } from "./schema-validator.ts";

export type { SchemaOptions } from "./compile-schema.ts";
export type { SchemaValidator } from "./schema-validator.ts";

/** The parts of a schema compiler. */
export interface SchemaCompilerOptions {
  /** Names compiled schemas: the key is the SHA-256 of the canonical schema. */
  readonly digest: Digest;
  /** Runs the patterns that are not of the native class; without it they refuse the schema. */
  readonly matcher?: PatternMatcher;
  /** Schemas by the URI that `$ref` may name; nothing is ever fetched. */
  readonly remotes?: Readonly<Record<string, unknown>>;
}

/** Compiles schemas and keeps the last 1 024. */
export interface SchemaCompiler {
  /**
   * The validator of a schema, compiled at most once while it is kept.
   *
   * @throws {PortcullisError} `ERR_POLICY_INVALID` with reason `schema-invalid` and every issue.
   */
  compile(schema: unknown, options?: SchemaOptions): Promise<SchemaValidator>;
}

const MAX_KEPT = 1024;

/**
 * Creates a schema compiler.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a registered schema breaks the linter's rules.
 *
 * @example
 * ```ts
 * declare const digest: Digest;
 * declare const inputSchema: Json;
 * const schemas = createSchemaCompiler({ digest });
 * const validator = await schemas.compile(inputSchema, { origin: "foreign", closed: true });
 * ```
 */
export function createSchemaCompiler({
  digest,
  matcher,
  remotes = {},
}: SchemaCompilerOptions): SchemaCompiler {
  const taken = matcher === undefined ? {} : { matcher };
  const registry = createRegistry(remotes, taken);
  const kept = new Map<string, SchemaValidator>();
  return {
    async compile(schema, { origin = "foreign", closed = false } = {}) {
      const linted = lintSchema(schema, { ...taken, registry });
      if (!linted.ok) throw schemaInvalid(linted.issues);
      const key = `${origin} ${closed ? "closed" : "open"} ${await digest.sha256(linted.text)}`;
      const validator =
        kept.get(key) ?? compileLinted(linted, { ...taken, registry, origin, closed });
      kept.delete(key);
      kept.set(key, validator);
      const [oldest] = kept.keys();
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      return validator;
    },
  };
}

function createRegistry(
  remotes: Readonly<Record<string, unknown>>,
  taken: { readonly matcher?: PatternMatcher },
): SchemaRegistry {
  const registry = new Map<string, SchemaResource>();
  for (const [uri, schema] of Object.entries(remotes)) {
    const linted = lintSchema(schema, { ...taken, uri });
    if (!linted.ok) throw remoteInvalid(uri, schemaInvalid(linted.issues));
    for (const [name, resource] of linted.document.resources) registry.set(name, resource);
  }
  return registry;
}

function remoteInvalid(uri: string, cause: PortcullisError): PortcullisConfigError {
  return new PortcullisConfigError("remotes", `The registered schema ${uri} is refused.`, {
    cause,
  });
}
