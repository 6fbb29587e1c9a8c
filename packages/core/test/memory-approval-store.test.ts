import { describe, expect, test } from "vitest";
import { createMemoryApprovalStore } from "../src/memory/approval-store.ts";
import { approval, describeApprovalStore } from "./support/describe-approval-store.ts";

describeApprovalStore("memory approval store", () => createMemoryApprovalStore());

describe("memory approval store", () => {
  test.for([0, -1, 1.5, Number.NaN])("refuses to hold %s records", (maxRecords) => {
    expect(() => createMemoryApprovalStore({ maxRecords })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option: "maxRecords" } }),
    );
  });

  test("throws when it is full, and goes on with what it holds", async () => {
    const store = createMemoryApprovalStore({ maxRecords: 1 });
    await store.put(approval({ state: "consumed" }), undefined);
    await expect(store.put(approval({ id: "a2" }), undefined)).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      fields: { reason: "full" },
    });
    expect(await store.put(approval({ version: 2 }), 1)).toBe(true);
  });

  test("gives out nothing that anyone can change", async () => {
    const store = createMemoryApprovalStore();
    const votes = [{ approver: "e", roles: ["r"], at: "t" }];
    await store.put(approval({ votes, use: { call: "c", rearmed: 0 } }), undefined);
    const kept = await store.get("a1");
    const parts = [
      kept,
      kept?.terms,
      kept?.terms.approvers,
      kept?.terms.approvers[0],
      kept?.terms.approvers[0]?.roles,
      kept?.terms.editable,
      kept?.requesters,
      kept?.use,
      kept?.votes,
      kept?.votes[0],
      kept?.votes[0]?.roles,
    ];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
  });
});
