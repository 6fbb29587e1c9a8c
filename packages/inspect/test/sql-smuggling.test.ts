import { expect, test } from "vitest";
import { sqlFacts } from "../src/sql.ts";
import { permitted, permitWhen } from "./support/policy.ts";
import { HONEST_SQL as HONEST, SMUGGLED_SQL as SMUGGLED } from "./support/smuggled-sql.ts";

const facts = [await sqlFacts()];

test.for([
  [
    'sql(args.x).kinds.all(k, k == "select") && sql(args.x).effects.all(e, e == "read") && sql(args.x).tables.all(t, t.name == "orders" && t.schema == "")',
  ],
  [
    'sql(args.x).effects.all(e, e in ["read"]) && sql(args.x).kinds.all(k, k in ["select"]) && sql(args.x).tables.all(t, t.access == "read" && t.schema in ["", "public"] && t.name in ["orders"]) && sql(args.x).hasWhere && sql(args.x).hasLimit && !sql(args.x).locks',
  ],
  [
    'sql(args.x, {"functions": ["count", "lower", "max"]}).effects.all(e, e == "read") && sql(args.x).kinds.all(k, k == "select") && sql(args.x).tables.all(t, t.name in ["orders"] && t.schema in [""]) && sql(args.x).functions.all(f, f in ["count", "lower", "max"])',
  ],
] as const)("nothing slips through %s", async ([when]) => {
  expect(SMUGGLED.length).toBeGreaterThanOrEqual(60);
  const permits = await permitWhen(when, facts);
  expect(await permitted(SMUGGLED, permits)).toEqual([]);
  expect(await permitted(HONEST, permits)).toEqual(HONEST);
});

test("nothing but inserting slips through a policy of inserts", async () => {
  const permits = await permitWhen(
    'sql(args.x).kinds.all(k, k == "insert") && sql(args.x).effects.all(e, e in ["read", "write"]) && sql(args.x).tables.all(t, t.name == "notes")',
    facts,
  );
  const smuggled = [
    ...SMUGGLED,
    ...HONEST,
    "INSERT INTO notes SELECT * FROM secrets",
    "INSERT INTO notes VALUES ((SELECT password FROM secrets))",
    "INSERT INTO notes VALUES (1) ON CONFLICT (id) DO UPDATE SET admin = true",
    "INSERT INTO notes VALUES (1) RETURNING (SELECT a FROM secrets)",
    "INSERT INTO notes VALUES (evil())",
    "INSERT INTO notes (a) TABLE secrets",
    "WITH x AS (DELETE FROM notes) INSERT INTO notes VALUES (1)",
    "WITH notes AS (SELECT 1) INSERT INTO secrets VALUES (1)",
    "INSERT INTO secrets VALUES (1)",
    "UPDATE notes SET a = 1 WHERE true",
    "VALUES (1)",
  ];
  expect(await permitted(smuggled, permits)).toEqual([]);
  const honest = [
    "INSERT INTO notes VALUES (1, 'a')",
    "INSERT INTO notes (a) VALUES (1), (2) RETURNING id",
  ];
  expect(await permitted(honest, permits)).toEqual(honest);
});
