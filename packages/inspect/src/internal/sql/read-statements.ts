import { FactFailure } from "../fact-result.ts";
import { addCalled } from "./called-functions.ts";
import { isLimitedQuery, isRestrictedQuery } from "./query-bounds.ts";
import type { SqlEffect } from "./statements.ts";
import { NODES, STATEMENTS } from "./statements.ts";
import type { TreeObject } from "./tree.ts";
import { isTreeObject, listOf, memberOf, namesOf, textOf } from "./tree.ts";

/** What is done to a table. */
type SqlAccess = "read" | "write" | "ddl" | "privilege" | "lock";

/** A table, view or other relation that statements name. */
interface SqlTable {
  /** Empty where the statement names none; `search_path` then decides. */
  readonly schema: string;
  /** As PostgreSQL resolves it: lower case unless it was quoted. */
  readonly name: string;
  readonly access: SqlAccess;
}

/** What statements do. */
export interface SqlReading {
  readonly kinds: ReadonlySet<string>;
  readonly effects: ReadonlySet<SqlEffect>;
  readonly tables: readonly SqlTable[];
  readonly functions: ReadonlySet<string>;
  /** Every update and delete, and every arm of the outermost select, is restricted. */
  readonly hasWhere: boolean;
  /** Every outermost query has a constant limit. */
  readonly hasLimit: boolean;
  /** Rows or tables are locked. */
  readonly locks: boolean;
}

interface Collected {
  readonly kinds: Set<string>;
  readonly effects: Set<SqlEffect>;
  readonly tables: Map<string, SqlTable>;
  readonly functions: Set<string>;
  isRestricted: boolean;
  locks: boolean;
}

/** A part of the tree with what surrounds it. */
interface Visit {
  readonly value: unknown;
  /** Names of common table expressions that an unqualified table may mean. */
  readonly scope: ReadonlySet<string>;
  /** What is done to a relation that stands here. */
  readonly access: SqlAccess;
}

const TARGET_ACCESS: Readonly<Record<string, SqlAccess>> = {
  write: "write",
  ddl: "ddl",
  privilege: "privilege",
};

/**
 * Collects what the statements of a parse tree do, at any depth. The walk keeps its own stack and
 * visits every member, so that no shape of the tree hides a statement.
 *
 * @throws {FactFailure} `unsupported` for a node that the tables do not have.
 */
export function readStatements(statements: readonly unknown[]): SqlReading {
  const collected: Collected = {
    kinds: new Set(),
    effects: new Set(),
    tables: new Map(),
    functions: new Set(),
    isRestricted: true,
    locks: false,
  };
  const none: ReadonlySet<string> = new Set();
  const roots = statements.map((statement) => memberOf(statement, "stmt"));
  const pending: Visit[] = roots.map((value) => ({ value, scope: none, access: "read" }));
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const { value } = visit;
    if (Array.isArray(value)) {
      for (const item of value) push(pending, item, visit);
    } else if (isTreeObject(value)) {
      readObject(collected, { ...visit, value }, pending);
    }
  }
  const { isRestricted, ...found } = collected;
  return {
    ...found,
    tables: [...collected.tables]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, table]) => table),
    hasWhere: isRestricted && roots.every(isRestrictedQuery),
    hasLimit: roots.every(isLimitedQuery),
  };
}

function readObject(
  collected: Collected,
  visit: Visit & { readonly value: TreeObject },
  pending: Visit[],
): void {
  const { value, scope, access } = visit;
  const type = nodeType(value);
  if (type !== undefined) {
    // These name relations of the query again, by alias.
    if (type === "LockingClause") collected.locks = true;
    else if (NODES.has(type)) push(pending, value[type], { scope, access });
    else readStatement(collected, { type, node: value[type], scope }, pending);
    return;
  }
  // Members hold some nodes without their type; these are known by what only they have.
  if (Object.hasOwn(value, "relname")) addTable(collected, value, visit);
  addCalled(collected.functions, value);
  if (isSelect(value)) {
    readStatement(collected, { type: "SelectStmt", node: value, scope }, pending);
    return;
  }
  for (const member of Object.values(value)) push(pending, member, { scope, access });
}

/** The type of a node; types begin with a capital, members with a small letter. */
function nodeType(value: TreeObject): string | undefined {
  const names = Object.keys(value);
  const type = names.find((name) => /^[A-Z]/.test(name));
  if (type !== undefined && names.length > 1) throw new FactFailure("unsupported");
  return type;
}

function push(pending: Visit[], value: unknown, { scope, access }: Omit<Visit, "value">): void {
  if (typeof value === "object" && value !== null) pending.push({ value, scope, access });
}

// The arms of UNION, INTERSECT and EXCEPT.
function isSelect(value: TreeObject): boolean {
  return Object.hasOwn(value, "limitOption") && Object.hasOwn(value, "op");
}

function readStatement(
  collected: Collected,
  {
    type,
    node,
    scope,
  }: { readonly type: string; readonly node: unknown; readonly scope: Visit["scope"] },
  pending: Visit[],
): void {
  const meaning = STATEMENTS.get(type);
  if (meaning === undefined || !isTreeObject(node)) throw new FactFailure("unsupported");
  collected.kinds.add(meaning.kind);
  for (const effect of meaning.effects) collected.effects.add(effect);
  if (Object.hasOwn(node, "returningClause")) collected.effects.add("read");
  const conflict = textOf(memberOf(node, "onConflictClause"), "action");
  if (conflict === "ONCONFLICT_UPDATE") collected.kinds.add("update");
  const own = readWithClause(memberOf(node, "withClause"), scope, pending);
  const target = readTarget(collected, type, node);
  addCalled(collected.functions, node);
  if ((type === "UpdateStmt" || type === "DeleteStmt") && !Object.hasOwn(node, "whereClause")) {
    collected.isRestricted = false;
  }
  for (const [name, member] of Object.entries(node)) {
    if (name === "withClause") continue;
    const rows = type === "InsertStmt" && name === "selectStmt" ? rowsOf(member) : undefined;
    if (rows !== undefined) {
      pending.push({ value: rows, scope: own, access: "read" });
      continue;
    }
    const isTarget = name === "relation" || name === "relations" || name === "objects";
    const isCreated = name === "intoClause" || name === "into" || name === "view";
    // What is written to is a real table whatever the WITH clause defines.
    if (isTarget && target !== "read")
      pending.push({ value: member, scope: NOTHING, access: target });
    else if (isCreated) pending.push({ value: member, scope: NOTHING, access: "ddl" });
    else pending.push({ value: member, scope: own, access: nestedAccess(type) });
    if (name === "intoClause" || name === "into") collected.effects.add("ddl");
    if (name === "intoClause") collected.kinds.add("ddl");
  }
}

const NOTHING: ReadonlySet<string> = new Set();

/** The rows of an insert that lists them: `VALUES (…)` is a select to the grammar, but reads nothing. */
function rowsOf(source: unknown): unknown {
  const select = memberOf(source, "SelectStmt");
  const names = isTreeObject(select) ? Object.keys(select).toSorted().join() : "";
  return names === "limitOption,op,valuesLists" ? memberOf(select, "valuesLists") : undefined;
}

/** What is done to a relation in a member that is neither target nor query. */
function nestedAccess(type: string): SqlAccess {
  const effect = STATEMENTS.get(type)?.effects[0];
  return effect === "ddl" || effect === "privilege" ? effect : "read";
}

function readTarget(collected: Collected, type: string, node: TreeObject): SqlAccess {
  if (type === "LockStmt") {
    collected.locks = true;
    return "lock";
  }
  if (type === "CopyStmt") {
    const isFrom = memberOf(node, "is_from") === true;
    collected.effects.add(isFrom ? "write" : "read");
    // Programs and files of the server.
    if (Object.hasOwn(node, "filename")) collected.effects.add("program");
    return isFrom ? "write" : "read";
  }
  if (type === "DropStmt" || type === "CommentStmt") addNamed(collected, type, node);
  return TARGET_ACCESS[STATEMENTS.get(type)?.effects[0] ?? ""] ?? "read";
}

/** Relations that are named by a list of texts. */
function addNamed(collected: Collected, type: string, node: TreeObject): void {
  const objects = type === "DropStmt" ? listOf(node, "objects") : [memberOf(node, "object")];
  const kind = textOf(node, type === "DropStmt" ? "removeType" : "objtype") ?? "";
  if (!/^OBJECT_(?:TABLE|VIEW|MATVIEW|FOREIGN_TABLE|SEQUENCE|INDEX)$/.test(kind)) return;
  for (const object of objects) {
    const names = namesOf(listOf(memberOf(object, "List"), "items"));
    const name = names.at(-1);
    if (name === undefined || names.length > 2) throw new FactFailure("unsupported");
    add(collected, { schema: names.length === 2 ? (names[0] ?? "") : "", name, access: "ddl" });
  }
}

/**
 * Visits the queries of a WITH clause and gives the scope of the statement that has it. Without
 * RECURSIVE a query sees only those before it, so that `WITH t AS (SELECT * FROM t)` reads a table.
 */
function readWithClause(clause: unknown, scope: Visit["scope"], pending: Visit[]): Visit["scope"] {
  const expressions = listOf(clause, "ctes").map((cte) => memberOf(cte, "CommonTableExpr"));
  if (expressions.length === 0) return scope;
  const names = expressions.map((cte) => textOf(cte, "ctename") ?? "");
  const whole = new Set([...scope, ...names]);
  const isRecursive = memberOf(clause, "recursive") === true;
  expressions.forEach((value, index) => {
    const before = new Set([...scope, ...names.slice(0, index)]);
    pending.push({ value, scope: isRecursive ? whole : before, access: "read" });
  });
  return whole;
}

function addTable(collected: Collected, range: TreeObject, { scope, access }: Visit): void {
  const name = textOf(range, "relname");
  // The tree names another database only to have the server refuse it.
  if (name === undefined || Object.hasOwn(range, "catalogname")) {
    throw new FactFailure("unsupported");
  }
  const schema = textOf(range, "schemaname");
  if (schema === undefined && scope.has(name)) return;
  add(collected, { schema: schema ?? "", name, access });
}

function add(collected: Collected, table: SqlTable): void {
  collected.tables.set(JSON.stringify([table.schema, table.name, table.access]), table);
}
