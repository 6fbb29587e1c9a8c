// The expression language has no test for a prefix: the host hands in the folder of the path.
import { ConflictResolutionStrategy, PolicyEngine } from "@microsoft/agent-governance-sdk";

export function create(rules) {
  const engine = new PolicyEngine([], ConflictResolutionStrategy.DenyOverrides);
  engine.loadPolicy({
    name: "bench",
    apiVersion: "governance.toolkit/v1",
    version: "1.0",
    scope: "global",
    agents: ["*"],
    default_action: "deny",
    rules: rules.map(({ id, tool, agent, role, prefix, max }) => ({
      name: id,
      condition: `tool == '${tool}' and agent == '${agent}' and role == '${role}' and folder == '${prefix}' and amount <= ${max}`,
      ruleAction: "allow",
      enabled: true,
      priority: 0,
    })),
  });
  return [
    {
      name: "agent-governance-sdk",
      package: "@microsoft/agent-governance-sdk",
      collects: "all, names one",
      note: "no prefix test: equality with a folder that the host cuts off before; names one rule",
      prepare: ({ tool, agent, role, path, amount }) => ({
        agent,
        context: {
          tool,
          agent,
          role,
          folder: path.slice(0, path.lastIndexOf("/") + 1),
          amount,
        },
      }),
      decide: ({ agent, context }) => engine.evaluatePolicy(agent, context),
      answer: ({ allowed, matchedRule }) => ({
        permit: allowed,
        rules: matchedRule === undefined ? [] : [matchedRule],
      }),
    },
  ];
}
