/** Evaluates CEL conditions behind an index by tool, as a host would write it. */
export function createCelByTool(rules, compile) {
  const byTool = new Map();
  for (const rule of rules) {
    const list = byTool.get(rule.tool) ?? [];
    list.push({ id: rule.id, condition: compile(toCel(rule)) });
    byTool.set(rule.tool, list);
  }
  return {
    collects: "all",
    note: "behind an index by tool",
    prepare: ({ tool, agent, role, path, amount }) => ({
      tool,
      variables: { agent, role, path, amount },
    }),
    decide({ tool, variables }) {
      const matched = [];
      for (const { id, condition } of byTool.get(tool) ?? []) {
        if (condition(variables) === true) matched.push(id);
      }
      return matched;
    },
    answer: (matched) => ({ permit: matched.length > 0, rules: matched }),
  };
}

// A number of JavaScript is a double in CEL.
function toCel({ agent, role, prefix, max }) {
  return `agent == "${agent}" && role == "${role}" && path.startsWith("${prefix}") && amount <= ${max}.0`;
}
