import { createGuard, trustedPrincipal } from "@portcullis/core";
import { describe, expect, test } from "vitest";
import { compileText } from "./support/compile.ts";

const POLICY = `portcullis: 1
name: orders
identity: host
tools:
  lookup_order: { class: read, input: { type: object, properties: { order: { type: string } } } }
  issue_refund:
    class: pay
    input:
      type: object
      required: [order, amount]
      properties: { order: { type: string }, amount: { type: number }, to: { type: object, properties: { iban: { type: string } } } }
rules:
  - { id: look, effect: permit, tools: [lookup_order] }
  - id: refund-what-was-looked-up
    effect: permit
    tools: [issue_refund]
    when: session.calls.exists(c, c.tool == "lookup_order" && c.args.order == args.order && c.outcome == "completed")
  - id: one-refund-an-order
    effect: forbid
    tools: [issue_refund]
    when: session.calls.exists(c, c.tool == "issue_refund" && c.args.order == args.order && c.outcome in ["running", "completed"])
  - id: one-account
    effect: forbid
    tools: [issue_refund]
    when: session.calls.exists(c, has(c.args.to) && has(c.args.to.iban) && c.args.to.iban != args.to.iban)
`;

const context = {
  principal: trustedPrincipal({ agent: { id: "bot" } }),
  session: { id: "s", isNew: true },
};

async function setUp() {
  const guard = await createGuard({ policy: await compileText(POLICY) });
  let count = 0;
  const call = async (tool: string, args: unknown, run: () => unknown = () => "ok") => {
    const asked = { callId: String((count += 1)), tool, args };
    const outcome = await guard.execute(asked, context, run);
    return outcome.kind === "denied"
      ? (outcome.denial.rule?.id ?? outcome.denial.code)
      : outcome.kind;
  };
  return {
    look: (order: string, run?: () => unknown) => call("lookup_order", { order }, run),
    refund: (order: string, more: object = {}) =>
      call("issue_refund", { order, amount: 5, ...more }),
  };
}

describe("rules over the arguments of earlier calls", () => {
  test("permit what was looked up before, once", async () => {
    const { look, refund } = await setUp();
    expect(await refund("A-1")).toBe("no-applicable-rule");
    await look("A-2");
    expect(await refund("A-1")).toBe("no-applicable-rule");
    await look("A-1");
    expect(await refund("A-1")).toBe("completed");
    expect(await refund("A-1")).toBe("one-refund-an-order");
    expect(await refund("A-2")).toBe("completed");
  });

  test("take no look-up for one that failed", async () => {
    const { look, refund } = await setUp();
    await look("A-1", () => {
      throw new Error("no such order");
    });
    expect(await refund("A-1")).toBe("no-applicable-rule");
  });

  test("let one of many parallel refunds through", async () => {
    const { look, refund } = await setUp();
    await look("A-1");
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => refund("A-1")));
    expect(outcomes.filter((outcome) => outcome === "completed")).toHaveLength(1);
  });

  test("read members of arguments", async () => {
    const { look, refund } = await setUp();
    for (const order of ["A-1", "A-2", "A-3"]) await look(order);
    expect(await refund("A-1", { to: { iban: "DE1" } })).toBe("completed");
    expect(await refund("A-2", { to: { iban: "DE2" } })).toBe("one-account");
    expect(await refund("A-3", { to: { iban: "DE1" } })).toBe("one-account");
  });
});
