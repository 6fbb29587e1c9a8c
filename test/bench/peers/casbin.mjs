import { newEnforcer, newModelFromString, StringAdapter } from "casbin";

// `e` makes casbin look at every rule, as one that forbids would have to be found.
const MODEL = `
[request_definition]
r = tool, agent, role, path, amount
[policy_definition]
p = tool, agent, role, prefix, max, eft, id
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.tool == p.tool && r.agent == p.agent && r.role == p.role && startsWith(r.path, p.prefix) && atMost(r.amount, p.max)
`;

export async function create(rules) {
  const lines = rules.map(({ id, tool, agent, role, prefix, max }) =>
    ["p", tool, agent, role, prefix, max, "allow", id].join(", "),
  );
  const enforcer = await newEnforcer(
    newModelFromString(MODEL),
    new StringAdapter(lines.join("\n")),
  );
  await enforcer.addFunction("startsWith", (text, prefix) => text.startsWith(prefix));
  await enforcer.addFunction("atMost", (amount, max) => amount <= Number(max));
  return [
    {
      name: "casbin",
      package: "casbin",
      collects: "all, names one",
      note: "looks at every rule, names one that matched",
      prepare: ({ tool, agent, role, path, amount }) => [tool, agent, role, path, amount],
      decide: (request) => enforcer.enforceExSync(...request),
      answer: ([permit, rule]) => ({ permit, rules: permit ? [rule.at(-1)] : [] }),
    },
  ];
}
