import { Engine } from "json-rules-engine";

export function create(rules) {
  const engine = new Engine(
    rules.map(({ id, tool, agent, role, prefix, max }) => ({
      conditions: {
        all: [
          { fact: "tool", operator: "equal", value: tool },
          { fact: "agent", operator: "equal", value: agent },
          { fact: "role", operator: "equal", value: role },
          { fact: "path", operator: "startsWith", value: prefix },
          { fact: "amount", operator: "lessThanInclusive", value: max },
        ],
      },
      event: { type: "permit", params: { id } },
    })),
  );
  engine.addOperator("startsWith", (text, prefix) => text.startsWith(prefix));
  return [
    {
      name: "json-rules-engine",
      package: "json-rules-engine",
      collects: "all",
      isAsync: true,
      prepare: ({ tool, agent, role, path, amount }) => ({ tool, agent, role, path, amount }),
      decide: (facts) => engine.run(facts),
      answer: ({ events }) => ({
        permit: events.length > 0,
        rules: events.map(({ params }) => params.id),
      }),
    },
  ];
}
