// CASL indexes by subject type and action; the agent, the role and the arguments are conditions.
import { createMongoAbility, subject } from "@casl/ability";

export function create(rules) {
  const ability = createMongoAbility(
    rules.map(({ id, tool, agent, role, prefix, max }) => ({
      action: "call",
      subject: tool,
      conditions: { agent, role, path: { $regex: `^${prefix}` }, amount: { $lte: max } },
      reason: id,
    })),
  );
  const shared = { package: "@casl/ability", prepare: toSubject };
  return [
    {
      ...shared,
      name: "casl can()",
      collects: "first",
      note: "stops at the first rule that matches",
      decide: (input) => ability.relevantRuleFor("call", input),
      answer: (rule) => ({ permit: rule?.inverted === false, rules: rule ? [rule.reason] : [] }),
    },
    {
      ...shared,
      name: "casl rulesFor()",
      collects: "all",
      note: "filters rulesFor() by matchesConditions()",
      decide: (input) =>
        ability
          .rulesFor("call", ability.detectSubjectType(input))
          .filter((rule) => rule.matchesConditions(input)),
      answer: (matched) => ({
        permit: matched.length > 0 && matched.every(({ inverted }) => !inverted),
        rules: matched.map(({ reason }) => reason),
      }),
    },
  ];
}

function toSubject({ tool, agent, role, path, amount }) {
  return subject(tool, { agent, role, path, amount });
}
