import type { RequestId } from "../transport.ts";
import type { Reply } from "./message.ts";

/** Requests that were handed on and wait for their answer. */
export interface Replies {
  /** Waits until no other request with this id is waiting, then for this one's answer. */
  expect(id: RequestId): Promise<{ readonly reply: Promise<Reply> }>;
  /** Hands in an answer; false when nobody waits for it, and then it is to be dropped. */
  settle(reply: Reply): boolean;
  /** Gives up waiting for one answer. */
  fail(id: RequestId, error: Error): void;
  /** Gives up waiting for all. */
  failAll(error: Error): void;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly done: Promise<void>;
}

/** Creates an empty table. Ids are not unique: a second request with an id waits for the first. */
export function createReplies(): Replies {
  const waiting = new Map<RequestId, Waiting>();
  return {
    async expect(id) {
      for (let before = waiting.get(id); before !== undefined; before = waiting.get(id)) {
        await before.done;
      }
      let resolve: Waiting["resolve"] = ignore;
      let reject: Waiting["reject"] = ignore;
      const reply = new Promise<Reply>((yes, no) => {
        [resolve, reject] = [yes, no];
      });
      const done = reply.then(ignore, ignore).then(() => {
        waiting.delete(id);
      });
      waiting.set(id, { resolve, reject, done });
      return { reply };
    },
    settle(reply) {
      const found = waiting.get(reply.id);
      found?.resolve(reply);
      return found !== undefined;
    },
    fail(id, error) {
      waiting.get(id)?.reject(error);
    },
    failAll(error) {
      for (const { reject } of waiting.values()) reject(error);
    },
  };
}

function ignore(): undefined {}
