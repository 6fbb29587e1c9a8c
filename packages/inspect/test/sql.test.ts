import type { JsonObject } from "@portcullis/core";
import { expect, test } from "vitest";
import { createSqlFacts, sqlFacts } from "../src/sql.ts";
import { codeOf, extractWith, fieldsOf } from "./support/facts.ts";

const provider = await sqlFacts();
const read = extractWith(provider);
const table = (name: string, access: string, schema = ""): JsonObject => ({ schema, name, access });

interface Expected {
  readonly kinds: readonly string[];
  readonly effects: readonly string[];
  readonly tables?: readonly JsonObject[];
  readonly functions?: readonly string[];
  readonly hasWhere?: boolean;
  readonly hasLimit?: boolean;
  readonly locks?: boolean;
}

const READ = { kinds: ["select"], effects: ["read"] };
const DDL = { kinds: ["ddl"], effects: ["ddl"] };

test.for<readonly [text: string, expected: Expected]>([
  [
    "SELECT a, lower(b) FROM s.t WHERE c = 1 LIMIT 5",
    {
      ...READ,
      tables: [table("t", "read", "s")],
      functions: ["lower"],
      hasWhere: true,
      hasLimit: true,
    },
  ],
  ['SELECT * FROM "T"', { ...READ, tables: [table("T", "read")] }],
  ["TABLE t", { ...READ, tables: [table("t", "read")] }],
  ["VALUES (1)", READ],
  ["SELECT 1;", READ],
  [
    "SELECT * FROM t JOIN u USING (id), LATERAL (SELECT * FROM v) w",
    { ...READ, tables: [table("t", "read"), table("u", "read"), table("v", "read")] },
  ],
  [
    "SELECT (SELECT max(x) FROM u) FROM t WHERE EXISTS (SELECT 1 FROM v)",
    {
      ...READ,
      tables: [table("t", "read"), table("u", "read"), table("v", "read")],
      functions: ["max"],
      hasWhere: true,
    },
  ],
  [
    "SELECT 1 FROM a WHERE x UNION SELECT 2 FROM b WHERE y LIMIT 1",
    { ...READ, tables: [table("a", "read"), table("b", "read")], hasWhere: true, hasLimit: true },
  ],
  [
    "SELECT 1 FROM a UNION SELECT 2 FROM b WHERE y",
    { ...READ, tables: [table("a", "read"), table("b", "read")] },
  ],
  ["SELECT * FROM t LIMIT ALL", { ...READ, tables: [table("t", "read")] }],
  ["SELECT * FROM t LIMIT NULL", { ...READ, tables: [table("t", "read")] }],
  ["SELECT * FROM t LIMIT (SELECT 9)", { ...READ, tables: [table("t", "read")] }],
  [
    "SELECT * FROM t ORDER BY a FETCH FIRST 1 ROW WITH TIES",
    { ...READ, tables: [table("t", "read")] },
  ],
  ["SELECT * FROM t FOR UPDATE OF x", { ...READ, tables: [table("t", "read")], locks: true }],
  [
    "SELECT trim(a), extract(year FROM b), current_user FROM t",
    {
      ...READ,
      tables: [table("t", "read")],
      functions: ["pg_catalog.btrim", "pg_catalog.extract"],
    },
  ],
  [
    "SELECT * INTO b FROM c",
    {
      kinds: ["ddl", "select"],
      effects: ["ddl", "read"],
      tables: [table("b", "ddl"), table("c", "read")],
    },
  ],
  [
    "INSERT INTO t VALUES (1, 2)",
    { kinds: ["insert"], effects: ["write"], tables: [table("t", "write")] },
  ],
  [
    "INSERT INTO t DEFAULT VALUES RETURNING *",
    { kinds: ["insert"], effects: ["read", "write"], tables: [table("t", "write")] },
  ],
  [
    "INSERT INTO t SELECT * FROM u",
    {
      kinds: ["insert", "select"],
      effects: ["read", "write"],
      tables: [table("t", "write"), table("u", "read")],
    },
  ],
  [
    "INSERT INTO t VALUES ((SELECT 1 FROM u))",
    {
      kinds: ["insert", "select"],
      effects: ["read", "write"],
      tables: [table("t", "write"), table("u", "read")],
    },
  ],
  [
    "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING",
    { kinds: ["insert"], effects: ["write"], tables: [table("t", "write")] },
  ],
  [
    "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2",
    { kinds: ["insert", "update"], effects: ["write"], tables: [table("t", "write")] },
  ],
  [
    "UPDATE t SET a = 1 FROM u WHERE t.x = u.x",
    {
      kinds: ["update"],
      effects: ["write"],
      tables: [table("t", "write"), table("u", "read")],
      hasWhere: true,
    },
  ],
  ["UPDATE t SET a = 1", { kinds: ["update"], effects: ["write"], tables: [table("t", "write")] }],
  [
    "DELETE FROM s.t WHERE a",
    { kinds: ["delete"], effects: ["write"], tables: [table("t", "write", "s")], hasWhere: true },
  ],
  ["DELETE FROM t", { kinds: ["delete"], effects: ["write"], tables: [table("t", "write")] }],
  [
    "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
    { kinds: ["merge"], effects: ["write"], tables: [table("t", "write"), table("u", "read")] },
  ],
  [
    "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d WHERE true",
    { kinds: ["delete", "select"], effects: ["read", "write"], tables: [table("t", "write")] },
  ],
  [
    "WITH d AS (DELETE FROM t WHERE a RETURNING *) SELECT * FROM d WHERE true",
    {
      kinds: ["delete", "select"],
      effects: ["read", "write"],
      tables: [table("t", "write")],
      hasWhere: true,
    },
  ],
  ["WITH t AS (SELECT 1) SELECT * FROM t", READ],
  ["WITH t AS (SELECT * FROM t) SELECT * FROM t", { ...READ, tables: [table("t", "read")] }],
  [
    "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b",
    { ...READ, tables: [table("b", "read")] },
  ],
  ["WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", READ],
  ["WITH t AS (SELECT 1) SELECT * FROM s.t", { ...READ, tables: [table("t", "read", "s")] }],
  [
    "SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) x, t",
    { ...READ, tables: [table("t", "read")] },
  ],
  [
    "WITH t AS (SELECT 1) DELETE FROM t WHERE x",
    {
      kinds: ["delete", "select"],
      effects: ["read", "write"],
      tables: [table("t", "write")],
      hasWhere: true,
    },
  ],
  [
    "WITH t AS (SELECT 1) INSERT INTO t SELECT * FROM t",
    { kinds: ["insert", "select"], effects: ["read", "write"], tables: [table("t", "write")] },
  ],
  [
    "EXPLAIN SELECT 1 FROM t WHERE a LIMIT 1",
    {
      kinds: ["explain", "select"],
      effects: ["read"],
      tables: [table("t", "read")],
      hasWhere: true,
      hasLimit: true,
    },
  ],
  [
    "EXPLAIN ANALYZE DELETE FROM t",
    { kinds: ["delete", "explain"], effects: ["write"], tables: [table("t", "write")] },
  ],
  ["COPY t TO STDOUT", { kinds: ["copy"], effects: ["read"], tables: [table("t", "read")] }],
  ["COPY t FROM STDIN", { kinds: ["copy"], effects: ["write"], tables: [table("t", "write")] }],
  [
    "COPY t TO PROGRAM 'id'",
    { kinds: ["copy"], effects: ["program", "read"], tables: [table("t", "read")] },
  ],
  [
    "COPY t FROM '/etc/passwd'",
    { kinds: ["copy"], effects: ["program", "write"], tables: [table("t", "write")] },
  ],
  [
    "COPY (DELETE FROM t RETURNING *) TO STDOUT",
    { kinds: ["copy", "delete"], effects: ["read", "write"], tables: [table("t", "write")] },
  ],
  ["DROP TABLE a, s.b CASCADE", { ...DDL, tables: [table("a", "ddl"), table("b", "ddl", "s")] }],
  ["DROP FUNCTION f(int)", DDL],
  ["DROP SCHEMA s", DDL],
  ["TRUNCATE a, s.b", { ...DDL, tables: [table("a", "ddl"), table("b", "ddl", "s")] }],
  ["ALTER TABLE t ADD COLUMN x int", { ...DDL, tables: [table("t", "ddl")] }],
  ["ALTER TABLE a RENAME TO b", { ...DDL, tables: [table("a", "ddl")] }],
  [
    "CREATE TABLE a (b int REFERENCES c)",
    { ...DDL, tables: [table("a", "ddl"), table("c", "ddl")] },
  ],
  [
    "CREATE TABLE a AS SELECT * FROM b",
    {
      kinds: ["ddl", "select"],
      effects: ["ddl", "read"],
      tables: [table("a", "ddl"), table("b", "read")],
    },
  ],
  [
    "CREATE VIEW v AS SELECT * FROM b",
    {
      kinds: ["ddl", "select"],
      effects: ["ddl", "read"],
      tables: [table("b", "read"), table("v", "ddl")],
    },
  ],
  ["CREATE INDEX ON t (lower(x))", { ...DDL, tables: [table("t", "ddl")], functions: ["lower"] }],
  [
    "CREATE RULE r AS ON INSERT TO t DO ALSO DELETE FROM u",
    {
      kinds: ["ddl", "delete"],
      effects: ["ddl", "write"],
      tables: [table("t", "ddl"), table("u", "write")],
    },
  ],
  ["COMMENT ON TABLE t IS 'x'", { ...DDL, tables: [table("t", "ddl")] }],
  ["REFRESH MATERIALIZED VIEW v", { ...DDL, tables: [table("v", "ddl")] }],
  ["VACUUM t", { ...DDL, tables: [table("t", "ddl")] }],
  ["ALTER SYSTEM SET a = b", DDL],
  [
    "GRANT SELECT ON t TO bob",
    { kinds: ["privilege"], effects: ["privilege"], tables: [table("t", "privilege")] },
  ],
  ["GRANT admin TO bob", { kinds: ["privilege"], effects: ["privilege"] }],
  ["CREATE ROLE r SUPERUSER", { kinds: ["privilege"], effects: ["privilege"] }],
  ["ALTER ROLE r PASSWORD 'x'", { kinds: ["privilege"], effects: ["privilege"] }],
  ["SET search_path = x", { kinds: ["session"], effects: ["session"] }],
  ["SET ROLE admin", { kinds: ["session"], effects: ["session"] }],
  ["RESET ALL", { kinds: ["session"], effects: ["session"] }],
  ["LISTEN x", { kinds: ["session"], effects: ["session"] }],
  ["NOTIFY x", { kinds: ["session"], effects: ["session"] }],
  ["DISCARD ALL", { kinds: ["session"], effects: ["session"] }],
  [
    "PREPARE p AS DELETE FROM t",
    { kinds: ["delete", "session"], effects: ["session", "write"], tables: [table("t", "write")] },
  ],
  ["EXECUTE p(1)", { kinds: ["session"], effects: ["session"] }],
  [
    "DECLARE c CURSOR FOR SELECT * FROM t",
    { kinds: ["select", "session"], effects: ["read", "session"], tables: [table("t", "read")] },
  ],
  ["BEGIN", { kinds: ["transaction"], effects: ["transaction"] }],
  ["COMMIT", { kinds: ["transaction"], effects: ["transaction"] }],
  [
    "LOCK TABLE t",
    { kinds: ["lock"], effects: ["transaction"], tables: [table("t", "lock")], locks: true },
  ],
  ["SHOW ALL", { kinds: ["show"], effects: ["read"] }],
  ["DO $$ BEGIN END $$", { kinds: ["do"], effects: ["program"] }],
  ["CALL p(1)", { kinds: ["call"], effects: ["function", "program"], functions: ["p"] }],
  ["LOAD 'x'", { kinds: ["load"], effects: ["program"] }],
  [
    "SELECT pg_read_file('x')",
    { kinds: ["select"], effects: ["function", "read"], functions: ["pg_read_file"] },
  ],
  [
    "SELECT * FROM dblink('x', 'y') AS t(a int)",
    { kinds: ["select"], effects: ["function", "read"], functions: ["dblink"] },
  ],
  [
    "SELECT evil.lower(1)",
    { kinds: ["select"], effects: ["function", "read"], functions: ["evil.lower"] },
  ],
  ["SELECT PG_CATALOG.LOWER('a')", { ...READ, functions: ["pg_catalog.lower"] }],
  [
    'SELECT "LOWER"(1)',
    { kinds: ["select"], effects: ["function", "read"], functions: ['"LOWER"'] },
  ],
  [
    'SELECT "pg_catalog.lower"(1)',
    { kinds: ["select"], effects: ["function", "read"], functions: ['"pg_catalog.lower"'] },
  ],
  [
    "SELECT 1 OPERATOR(evil.+) 2",
    { kinds: ["select"], effects: ["function", "read"], functions: ["operator(evil.+)"] },
  ],
  ["SELECT 1 = ANY (SELECT 2)", READ],
  [
    "SELECT 1 OPERATOR(evil.=) ANY (SELECT 2)",
    { kinds: ["select"], effects: ["function", "read"], functions: ["operator(evil.=)"] },
  ],
  [
    "SELECT a FROM t ORDER BY a USING OPERATOR(evil.<)",
    {
      kinds: ["select"],
      effects: ["function", "read"],
      tables: [table("t", "read")],
      functions: ["operator(evil.<)"],
    },
  ],
  [
    "SELECT * FROM t TABLESAMPLE evil(1)",
    {
      kinds: ["select"],
      effects: ["function", "read"],
      tables: [table("t", "read")],
      functions: ["evil"],
    },
  ],
  ["SELECT * FROM t TABLESAMPLE system(1)", { ...READ, tables: [table("t", "read")] }],
  [
    "SELECT count(*) FILTER (WHERE evil()) OVER (PARTITION BY evil2()) FROM t",
    {
      kinds: ["select"],
      effects: ["function", "read"],
      tables: [table("t", "read")],
      functions: ["count", "evil", "evil2"],
    },
  ],
])("reads %s", ([text, expected]) => {
  expect(fieldsOf(read(text))).toEqual({
    tables: [],
    functions: [],
    hasWhere: false,
    hasLimit: false,
    locks: false,
    ...expected,
  });
});

test.for<readonly [name: string, text: string, code: string]>([
  ["NUL, where the parser would end", "SELECT 1\0; DROP TABLE x", "malformed"],
  ["NUL at the end", "SELECT 1\0", "malformed"],
  ["lone surrogate", "SELECT '\ud800'", "malformed"],
  ["two statements", "SELECT 1; DROP TABLE x", "unsupported"],
  ["two statements without a space", "SELECT 1;SELECT 2", "unsupported"],
  ["empty", "", "malformed"],
  ["semicolon", ";", "malformed"],
  ["line comment", "-- DROP TABLE x", "malformed"],
  ["block comment", "/* x */", "malformed"],
  ["syntax error", "SELEC 1", "malformed"],
  ["open quote", "SELECT 'a", "malformed"],
  ["open comment", "SELECT 1 /* x", "malformed"],
  ["meta-command of psql", "\\! id", "malformed"],
  ["meta-command at the end", "SELECT 1 \\g |id", "malformed"],
  [
    "backslash and quote, which old servers read otherwise",
    "SELECT 'a\\'; DROP TABLE x --'",
    "unsupported",
  ],
  ["another database", "SELECT * FROM db.s.t", "unsupported"],
  ["over 8 KiB", `SELECT '${"a".repeat(8192)}'`, "too-large"],
  ["over 8 KiB in bytes", `SELECT '${"é".repeat(4096)}'`, "too-large"],
  ["syntax of another dialect", "SELECT `a` FROM `t`", "malformed"],
  ["PRAGMA of another dialect", "PRAGMA table_info(x)", "malformed"],
  ["ATTACH of another dialect", "ATTACH DATABASE 'x' AS y", "malformed"],
])("refuses %s", ([, text, code]) => {
  expect(codeOf(read(text))).toBe(code);
});

test("still reads after inputs that exhaust the parser", () => {
  const deep = [
    `SELECT ${"(".repeat(8000)}`,
    `SELECT ${"1+".repeat(4000)}1`,
    `SELECT ${"-".repeat(1)}${"(1)".repeat(2)}`,
    `SELECT ${"NOT ".repeat(2000)}true`,
    `SELECT ${"ARRAY[".repeat(1300)}`,
  ];
  for (const text of deep) {
    const first = read(text);
    expect(read(text)).toEqual(first);
    expect(fieldsOf(read("SELECT 1 FROM t"))["tables"]).toEqual([table("t", "read")]);
  }
});

test("takes as many statements as the policy says", () => {
  const readTwo = extractWith(provider, { maxStatements: 2 });
  expect(fieldsOf(readTwo("SELECT 1 FROM a WHERE x; DELETE FROM b"))).toMatchObject({
    kinds: ["delete", "select"],
    tables: [table("a", "read"), table("b", "write")],
    hasWhere: false,
  });
  expect(codeOf(readTwo("SELECT 1; SELECT 2; SELECT 3"))).toBe("unsupported");
});

test("takes the policy's own list of functions instead of the built-in one", () => {
  const readOwn = extractWith(provider, { functions: ["app.score", "lower"] });
  expect(fieldsOf(readOwn("SELECT app.score(1), lower('A')"))["effects"]).toEqual(["read"]);
  expect(fieldsOf(readOwn("SELECT upper('a')"))["effects"]).toEqual(["function", "read"]);
  expect(fieldsOf(readOwn("SELECT score(1)"))["effects"]).toEqual(["function", "read"]);
});

test.for([
  ["dblink"],
  ["dblink_exec"],
  ["pg_read_file"],
  ["pg_read_binary_file"],
  ["pg_ls_dir"],
  ["set_config"],
  ["nextval"],
  ["setval"],
  ["lo_import"],
  ["lo_export"],
  ["lo_unlink"],
  ["pg_sleep"],
  ["pg_terminate_backend"],
  ["query_to_xml"],
  ["pg_advisory_lock"],
  ["generate_series"],
  ["repeat"],
  ["current_setting"],
  ["txid_current"],
  ["pg_reload_conf"],
  ["pg_notify"],
  ["xpath_table"],
  ["plpgsql_call_handler"],
  ["version"],
] as const)("%s is in no default", ([name]) => {
  expect(fieldsOf(read(`SELECT ${name}('x')`))["effects"]).toContain("function");
  expect(fieldsOf(read(`SELECT pg_catalog.${name}('x')`))["effects"]).toContain("function");
});

test.for<readonly [JsonObject]>([
  [{ dialect: "sqlite" }],
  [{ dialect: "mysql" }],
  [{ maxStatements: 0 }],
  [{ maxStatements: 1.5 }],
  [{ maxStatements: 17 }],
  [{ functions: "lower" }],
  [{ tables: ["t"] }],
])("refuses the options %j", ([options]) => {
  expect(() => provider.prepare(options)).toThrow(/`.*must|option/);
});

test("fails until the parser is there", async () => {
  const facts = createSqlFacts();
  const early = facts.provider.prepare({});
  expect(codeOf(early("SELECT 1", { now: 0 }))).toBe("extractor-failed");
  await facts.ready();
  await facts.ready();
  expect(early("SELECT 1", { now: 0 }).ok).toBe(true);
  expect(codeOf(extractWith(facts.provider)(1))).toBe("wrong-type");
});
