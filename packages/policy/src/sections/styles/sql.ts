import type { SqlKind, SqlStyleSource } from "../../shape/style-shape.ts";
import { anyOf, celFact, celTexts } from "./style-context.ts";
import type { StyleContext, StyleRefusal } from "./style-context.ts";

/** Effects that a kind of statement has of its own. */
const EFFECTS: Readonly<Record<SqlKind, readonly string[]>> = {
  select: ["read"],
  insert: ["read", "write"],
  update: ["read", "write"],
  delete: ["read", "write"],
  merge: ["read", "write"],
  ddl: ["ddl"],
};

const CHANGES_ROWS: ReadonlySet<SqlKind> = new Set(["update", "delete", "merge"]);

/** One name, or a schema and a name, as PostgreSQL resolves them. */
const TABLE = /^[^.\s"]+(?:\.[^.\s"]+)?$/;

/** What a style of `sql` refuses. */
export function sqlRefusals(
  source: SqlStyleSource,
  context: StyleContext,
): readonly StyleRefusal[] {
  const { allow, forbid, tables, functions } = source;
  const fact = celFact("sql", context.operand, { functions });
  const effects = [...new Set(allow.flatMap((kind) => EFFECTS[kind]))];
  const refusals = [
    `!${fact}.kinds.all(k, k in ${celTexts(allow)})`,
    `!${fact}.effects.all(e, e in ${celTexts(effects)})`,
    // `SELECT … FOR UPDATE` keeps others from changing rows, so it takes the right to do that.
    ...(allow.some((kind) => CHANGES_ROWS.has(kind)) ? [] : [`${fact}.locks`]),
  ];
  const kinds = allow.map((kind) => kind.toUpperCase()).join(", ");
  return [
    {
      list: "allow",
      refused: anyOf(refusals),
      message: `Only one statement of these kinds is permitted here: ${kinds}.`,
      hint: "Write one plain PostgreSQL statement that does nothing else.",
    },
    ...(forbid === undefined ? [] : [forbidden(forbid, fact)]),
    ...(tables === undefined ? [] : tableRefusals(tables, fact, context)),
  ];
}

function forbidden(forbid: readonly SqlKind[], fact: string): StyleRefusal {
  const kinds = forbid.map((kind) => kind.toUpperCase()).join(", ");
  return {
    list: "forbid",
    refused: `${fact}.kinds.exists(k, k in ${celTexts(forbid)})`,
    message: `Statements of these kinds are refused here: ${kinds}.`,
  };
}

function tableRefusals(
  tables: readonly string[],
  fact: string,
  { report }: StyleContext,
): readonly StyleRefusal[] {
  const schemas = new Map<string, string[]>();
  tables.forEach((table, index) => {
    if (!TABLE.test(table)) {
      report(
        ["sql", "tables", index],
        "A table is written `name` or `schema.name`, without quotes, in the letters that the server stores.",
      );
      return;
    }
    const [first = "", second] = table.split(".");
    const schema = second === undefined ? "" : first;
    schemas.set(schema, [...(schemas.get(schema) ?? []), second ?? first]);
  });
  if (schemas.size === 0) return [];
  const listed = [...schemas].map(
    ([schema, names]) => `t.schema == ${JSON.stringify(schema)} && t.name in ${celTexts(names)}`,
  );
  return [
    {
      list: "tables",
      refused: `!${fact}.tables.all(t, ${anyOf(listed)})`,
      message: "This statement names a table that is not permitted here.",
    },
  ];
}
