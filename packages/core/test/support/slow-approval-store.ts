import type { ApprovalStore } from "../../src/ports/approval-store.ts";

/** Runs every method of the store before and after a pause that the caller controls. */
export function slowApprovalStore(
  store: ApprovalStore,
  pause: (what: string) => Promise<void>,
): ApprovalStore {
  const slowly = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    await pause(`before ${what}`);
    const value = await work();
    await pause(`after ${what}`);
    return value;
  };
  return {
    get: (id) => slowly("get", () => store.get(id)),
    put: (record, expected) => slowly("put", () => store.put(record, expected)),
    countPending: (session) => slowly("count", () => store.countPending(session)),
    isRefused: (...of) => slowly("refused", () => store.isRefused(...of)),
    listPending: () => slowly("list", () => store.listPending()),
  };
}
