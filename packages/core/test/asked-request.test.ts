import { expect, test } from "vitest";
import { askedRequest } from "../src/asked-request.ts";
import { compilePolicy } from "../src/compile-policy.ts";
import { createGuard } from "../src/create-guard.ts";
import { explainRules } from "../src/explain.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { Rule } from "../src/policy-document.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";
import * as b from "./support/policy-builders.ts";

const input = { type: "object", additionalProperties: true };
const sameId: Rule = {
  id: "same",
  effect: "forbid",
  tools: ["pay"],
  when: b.each(
    "exists",
    b.path("session.calls", { list: { map: "dyn" } }),
    b.op2("eq", b.path("x.args.id", "sealed"), b.path("args.id")),
  ),
};
const labelled: Rule = {
  id: "labelled",
  effect: "forbid",
  tools: ["pay"],
  when: b.op2("in", b.lit("seen"), {
    op: "labelsOf",
    t: { list: "string" },
    a: b.path("args.id"),
  }),
};
const policy = fixturePolicy({
  tools: { look: tool({ input, result: { labels: ["seen"] } }), pay: tool({ input }) },
  rules: [permit("all", ["look", "pay"]), sameId, labelled],
});
const context = {
  principal: trustedPrincipal({ agent: { id: "bot" } }),
  session: { id: "s", isNew: true },
};

test("a decision is explained with what its rules were asked", async () => {
  const guard = await createGuard({ policy });
  const resultsOf = async (id: string) => {
    const decision = await guard.check({ callId: "c", tool: "pay", args: { id } }, context);
    const request = askedRequest(decision);
    if (request === undefined) throw new Error("nothing was asked");
    const traces = explainRules(compilePolicy(policy), request);
    return Object.fromEntries(traces.map((trace) => [trace.id, trace.result]));
  };
  expect(await resultsOf("A-1234")).toEqual({ all: true, same: false, labelled: false });
  const call = { callId: "1", tool: "look", args: { id: "A-1234" } };
  await guard.execute(call, context, () => ({ note: "B-5678" }));
  expect(await resultsOf("A-1234")).toEqual({ all: true, same: true, labelled: false });
  expect(await resultsOf("B-5678")).toEqual({ all: true, same: false, labelled: true });
});

test("nothing is known of a copy, nor of a call that was refused before", async () => {
  const guard = await createGuard({ policy });
  const decision = await guard.check({ callId: "c", tool: "pay", args: {} }, context);
  expect(askedRequest(decision)).toBeDefined();
  expect(askedRequest({ ...decision })).toBeUndefined();
  const unknown = await guard.check({ callId: "c", tool: "nope", args: {} }, context);
  expect(askedRequest(unknown)).toBeUndefined();
});
