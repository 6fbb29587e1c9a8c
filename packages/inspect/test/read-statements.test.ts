import { expect, test } from "vitest";
import { readStatements } from "../src/internal/sql/read-statements.ts";

const select = (member: object): readonly unknown[] => [
  { stmt: { SelectStmt: { limitOption: "LIMIT_OPTION_DEFAULT", op: "SETOP_NONE", ...member } } },
];

// Trees that today's parser does not give, as a later grammar could.
test.for<readonly [name: string, statements: readonly unknown[]]>([
  ["a statement that the table does not have", [{ stmt: { TeleportStmt: { relation: {} } } }]],
  ["such a statement within another", select({ fromClause: [{ TeleportStmt: {} }] })],
  ["an expression that the table does not have", select({ targetList: [{ TeleportExpr: {} }] })],
  ["a statement of the planner", select({ targetList: [{ SetOperationStmt: {} }] })],
  ["a node of two types", select({ targetList: [{ Integer: {}, DeleteStmt: {} }] })],
  ["a node with members beside its type", select({ targetList: [{ a: 1, String: {} }] })],
  ["a statement that is no object", [{ stmt: { SelectStmt: 1 } }]],
])("refuses %s", ([, statements]) => {
  expect(() => readStatements(statements)).toThrow(
    expect.objectContaining({ factCode: "unsupported" }),
  );
});

test("finds a statement in a member that nobody knew of", () => {
  const relation = { relname: "t" };
  const { kinds, tables } = readStatements(
    select({ newClause: { deeper: [[{ DeleteStmt: { relation } }]] } }),
  );
  expect([...kinds]).toEqual(["select", "delete"]);
  expect(tables).toEqual([{ schema: "", name: "t", access: "write" }]);
});
