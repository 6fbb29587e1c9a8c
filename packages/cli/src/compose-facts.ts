import type { FactProvider, PolicyDocument } from "@portcullis/core";
import { createSqlFacts, typedFacts } from "@portcullis/inspect";

/**
 * The typed facts that policies may use: those of `@portcullis/inspect`, and the host's own, which
 * replace ours of the same type.
 *
 * `sql` compiles, but extracts nothing: for that see {@link readyFacts}.
 */
export function composeFacts(own: readonly FactProvider[] = []): readonly FactProvider[] {
  return combine([...typedFacts(), createSqlFacts().provider], own);
}

/**
 * The same providers, ready to extract what this policy reads; the parser of `sql` is loaded only
 * for a policy that reads SQL.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` (field `option` = `facts`) when the policy reads
 * SQL and `libpg-query` is not installed.
 */
export async function readyFacts(
  document: PolicyDocument,
  own: readonly FactProvider[] = [],
): Promise<readonly FactProvider[]> {
  const sql = createSqlFacts();
  const providers = combine([...typedFacts(), sql.provider], own);
  const isOurs = providers.includes(sql.provider);
  if (isOurs && readsFact(document, `${sql.provider.type}@${sql.provider.version}`)) {
    await sql.ready();
  }
  return providers;
}

function combine(
  ours: readonly FactProvider[],
  own: readonly FactProvider[],
): readonly FactProvider[] {
  const types = new Set(own.map(({ type }) => type));
  return [...ours.filter(({ type }) => !types.has(type)), ...own];
}

/** Whether a rule, limit or declaration of a policy names a fact type. */
function readsFact({ tools, rules, risk, limits }: PolicyDocument, type: string): boolean {
  const declared = Object.values(tools).flatMap(({ facts }) => Object.values(facts ?? {}));
  const conditions = [
    ...rules.map(({ when }) => when),
    ...risk.add.map(({ when }) => when),
    ...limits.map(({ budget }) => budget?.cost),
  ];
  if (declared.some((fact) => fact.type === type)) return true;
  const pending: unknown[] = conditions;
  for (let index = 0; index < pending.length; index += 1) {
    const value = pending[index];
    if (typeof value !== "object" || value === null) continue;
    if ("op" in value && value.op === "fact" && "type" in value && value.type === type) return true;
    pending.push(...Object.values(value));
  }
  return false;
}
