// Cedar in WebAssembly with policy sets that were parsed before: one set, and one for each tool.
import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";

export function create(rules) {
  const byTool = Map.groupBy(rules, ({ tool }) => tool);
  const whole = preparse("all", rules);
  const sets = new Map([...byTool].map(([tool, own]) => [tool, preparse(`tool ${tool}`, own)]));
  const shared = { package: "@cedar-policy/cedar-wasm", collects: "all", answer: toAnswer };
  return [
    {
      ...shared,
      name: "cedar-wasm",
      note: "one preparsed policy set",
      prepare: (request) => toCall(request, whole),
      decide: (call) => statefulIsAuthorized(call),
    },
    {
      ...shared,
      name: "cedar-wasm by tool",
      note: "behind an index by tool, one preparsed set each",
      prepare: (request) => ({ tool: request.tool, call: toCall(request, sets.get(request.tool)) }),
      decide: ({ tool, call }) => (sets.has(tool) ? statefulIsAuthorized(call) : undefined),
    },
  ];
}

function preparse(set, rules) {
  const staticPolicies = Object.fromEntries(rules.map((rule) => [rule.id, toCedar(rule)]));
  const answer = preparsePolicySet(set, { staticPolicies });
  if (answer.type !== "success") throw new Error(JSON.stringify(answer));
  return set;
}

function toCedar({ tool, agent, role, prefix, max }) {
  return `permit(principal == Agent::"${agent}", action == Action::"${tool}", resource)
when { context.role == "${role}" && context.path like "${prefix}*" && context.amount <= ${max} };`;
}

function toCall({ tool, agent, role, path, amount }, set) {
  return {
    principal: { type: "Agent", id: agent },
    action: { type: "Action", id: tool },
    resource: { type: "Tool", id: "any" },
    context: { role, path, amount },
    entities: [],
    preparsedPolicySetId: set,
  };
}

function toAnswer(answer) {
  if (answer === undefined) return { permit: false, rules: [] };
  if (answer.type !== "success") throw new Error(JSON.stringify(answer));
  const { decision, diagnostics } = answer.response;
  return { permit: decision === "allow", rules: diagnostics.reason };
}
