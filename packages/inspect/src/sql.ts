import type { FactExtractor, FactProvider, FactResult, JsonObject } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import {
  countOption,
  refuseUnknownOptions,
  textListOption,
  textOption,
} from "./internal/fact-options.ts";
import { extracted, extractOrFail, failed } from "./internal/fact-result.ts";
import { PURE_FUNCTIONS } from "./internal/sql/pure-functions.ts";
import { readStatements } from "./internal/sql/read-statements.ts";
import { listOf } from "./internal/sql/tree.ts";

const MAX_BYTES = 8192;
const MAX_STATEMENTS = 16;

/** The provider of `sql` apart from its parser, which is loaded on demand. */
export interface SqlFacts {
  /** Compiles policies at once; extracts only after {@link SqlFacts.ready}, before that it fails. */
  readonly provider: FactProvider;
  /**
   * Loads the parser, once.
   *
   * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when `libpg-query` is not installed.
   */
  ready(): Promise<void>;
}

/**
 * Provider of `sql(x)`: what a statement of PostgreSQL does, read with the server's own grammar.
 *
 * `kinds` are the kinds of statement at any depth (`select insert update delete merge copy explain
 * show lock transaction do call load ddl privilege session`), `effects` what they do (`read write
 * ddl session transaction privilege program function`). Options: `dialect` (only `postgres`, the
 * default), `maxStatements` (default 1, at most 16), `functions`, which replaces the list of pure
 * built-in functions whose use adds no effect.
 *
 * Needs the optional peer `libpg-query`, whose parser is a WebAssembly module.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when `libpg-query` is not installed.
 *
 * @example
 * ```ts
 * import { sqlFacts } from "@portcullis/inspect/sql";
 *
 * const extract = (await sqlFacts()).prepare({});
 * extract("WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d", { now: 0 });
 * // kinds ["delete", "select"], effects ["read", "write"], tables [{ name: "t", access: "write", … }]
 * ```
 */
export async function sqlFacts(): Promise<FactProvider> {
  const facts = createSqlFacts();
  await facts.ready();
  return facts.provider;
}

/**
 * As {@link sqlFacts}, but the parser is loaded only by `ready()`: for whoever compiles a policy
 * first and then knows whether it reads SQL.
 *
 * @example
 * ```ts
 * import { createSqlFacts } from "@portcullis/inspect/sql";
 *
 * const sql = createSqlFacts();
 * sql.provider.prepare({})("SELECT 1", { now: 0 }); // { ok: false, code: "extractor-failed" }
 * await sql.ready();
 * ```
 */
export function createSqlFacts(): SqlFacts {
  let parse: SqlParser | undefined;
  const provider: FactProvider = {
    type: "sql",
    version: 1,
    fields: {
      kinds: { list: "string" },
      effects: { list: "string" },
      tables: { list: { map: "string" } },
      functions: { list: "string" },
      hasWhere: "bool",
      hasLimit: "bool",
      locks: "bool",
    },
    prepare: (options) => prepareSql(options, () => parse),
  };
  return {
    provider,
    async ready() {
      parse ??= await loadParser();
    },
  };
}

type SqlParser = (text: string) => unknown;

interface SqlRules {
  readonly maxStatements: number;
  readonly functions: ReadonlySet<string>;
}

async function loadParser(): Promise<SqlParser> {
  try {
    const { loadModule, parseSync } = await import("libpg-query");
    await loadModule();
    return parseSync;
  } catch (cause) {
    throw new PortcullisConfigError(
      "facts",
      "The fact `sql` needs the package `libpg-query`; install version 18 of it beside Portcullis.",
      { cause },
    );
  }
}

function prepareSql(options: JsonObject, parser: () => SqlParser | undefined): FactExtractor {
  refuseUnknownOptions("sql", options, ["dialect", "maxStatements", "functions"]);
  if ((textOption(options, "dialect") ?? "postgres") !== "postgres") {
    throw new PortcullisConfigError("dialect", "`dialect` must be postgres.");
  }
  const rules: SqlRules = {
    maxStatements: countOption(options, "maxStatements", MAX_STATEMENTS) ?? 1,
    functions: new Set(textListOption(options, "functions") ?? PURE_FUNCTIONS),
  };
  return (value) => {
    if (typeof value !== "string") return failed("wrong-type");
    if (new TextEncoder().encode(value).length > MAX_BYTES) return failed("too-large");
    const parse = parser();
    if (parse === undefined) return failed("extractor-failed");
    return extractOrFail(() => extractSql(value, rules, parse));
  };
}

function extractSql(
  text: string,
  { maxStatements, functions }: SqlRules,
  parse: SqlParser,
): FactResult {
  // The parser ends at a NUL and would not see what follows.
  if (text.includes("\0") || /\p{Cs}/u.test(text)) return failed("malformed");
  // A server with `standard_conforming_strings` off reads `\'` as a quote within the text.
  if (text.includes("\\'")) return failed("unsupported");
  const statements = listOf(parse(text), "stmts");
  if (statements.length === 0) return failed("malformed");
  if (statements.length > maxStatements) return failed("unsupported");
  const reading = readStatements(statements);
  const effects = new Set(reading.effects);
  for (const name of reading.functions) {
    if (!functions.has(name) && !functions.has(name.replace(/^pg_catalog\./, ""))) {
      effects.add("function");
    }
  }
  return extracted({
    kinds: [...reading.kinds].toSorted(),
    effects: [...effects].toSorted(),
    tables: reading.tables.map((table) => ({ ...table })),
    functions: [...reading.functions].toSorted(),
    hasWhere: reading.hasWhere,
    hasLimit: reading.hasLimit,
    locks: reading.locks,
  });
}
