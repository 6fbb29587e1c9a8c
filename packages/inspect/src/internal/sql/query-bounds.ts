import { isTreeObject, memberOf, textOf } from "./tree.ts";

/** Whether every arm of the outermost query has a WHERE. */
export function isRestrictedQuery(statement: unknown): boolean {
  return queriesOf(statement).every((query) => {
    const arms = [query];
    for (let arm = arms.pop(); arm !== undefined; arm = arms.pop()) {
      const [left, right] = [memberOf(arm, "larg"), memberOf(arm, "rarg")];
      if (isTreeObject(left) && isTreeObject(right)) arms.push(left, right);
      else if (memberOf(arm, "whereClause") === undefined) return false;
    }
    return true;
  });
}

/** Whether the outermost query has a constant limit. */
export function isLimitedQuery(statement: unknown): boolean {
  return queriesOf(statement).every((query) => {
    const count = memberOf(memberOf(query, "limitCount"), "A_Const");
    return (
      memberOf(count, "ival") !== undefined &&
      textOf(query, "limitOption") !== "LIMIT_OPTION_WITH_TIES"
    );
  });
}

/** The outermost statement, and the one it explains. */
function queriesOf(statement: unknown): readonly unknown[] {
  const explained = memberOf(memberOf(statement, "ExplainStmt"), "query");
  const outermost = isTreeObject(explained) ? explained : statement;
  return isTreeObject(outermost) ? Object.values(outermost) : [];
}
