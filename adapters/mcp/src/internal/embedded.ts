import type { ContextInput, Denial } from "@portcullis/core";
import type { Connection } from "./connection.ts";
import { isObject, own } from "./message.ts";
import type { Request } from "./message.ts";
import { toCall } from "./to-call.ts";

/** Thrown where a server asks for something that the policy refuses; it ends the tool's call. */
export class InputRefused extends Error {
  readonly denial: Denial | undefined;

  constructor(denial: Denial | undefined) {
    super("The server asked for input that it may not have.");
    this.denial = denial;
  }
}

/** What a server asks for while its tool waits, each decided and open until it is answered. */
export interface Asked {
  /** The questions with the parameters that were decided on. */
  readonly inputRequests: object;
  /** Whether these answers are to questions that were asked, and to nothing else. */
  accepts(responses: unknown): boolean;
  /** Takes the client's answers and gives those that may be sent. */
  answer(responses: unknown): Promise<object>;
  /** Ends the questions that nobody answered. */
  drop(): void;
}

interface Question {
  readonly key: string;
  readonly entry: object;
  readonly answer: (response: unknown) => Promise<unknown>;
  readonly drop: (error: Error) => void;
}

/**
 * Decides every question of an `input_required` result as a request of the server to its client.
 *
 * @throws {InputRefused} when one of them is refused; none is asked then.
 */
export async function askForInput(
  connection: Connection,
  result: object,
  by: {
    readonly call: Request;
    readonly context: ContextInput | undefined;
  },
): Promise<Asked> {
  const listed = own(result, "inputRequests");
  const entries = isObject(listed) ? Object.entries(listed) : [];
  const asking = entries.map(([key, entry]) => ask(connection, { key, entry, ...by }));
  const settled = await Promise.allSettled(asking);
  const questions = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refused = settled.find((one) => one.status === "rejected");
  const drop = (): void => {
    for (const question of questions) question.drop(new Error("Nobody answered."));
  };
  if (refused !== undefined) {
    drop();
    throw refused.reason;
  }
  return {
    inputRequests: Object.fromEntries(questions.map(({ key, entry }) => [key, entry])),
    accepts(responses) {
      const keys = isObject(responses) ? Object.keys(responses) : [];
      return keys.every((key) => questions.some((question) => question.key === key));
    },
    async answer(responses) {
      const given = isObject(responses) ? responses : {};
      const answers: [string, unknown][] = [];
      for (const { key, answer } of questions) {
        if (Object.hasOwn(given, key)) answers.push([key, await answer(given[key])]);
      }
      drop();
      return Object.fromEntries(answers);
    },
    drop,
  };
}

async function ask(
  connection: Connection,
  from: {
    readonly key: string;
    readonly entry: unknown;
    readonly call: Request;
    readonly context: ContextInput | undefined;
  },
): Promise<Question> {
  const { key, entry, context } = from;
  const method = isObject(entry) ? own(entry, "method") : undefined;
  const params = isObject(entry) ? (own(entry, "params") ?? {}) : {};
  if (!isObject(entry) || typeof method !== "string" || !isObject(params)) {
    throw new InputRefused(undefined);
  }
  const request: Request = { kind: "request", id: `${from.call.id}:${key}`, method, params };
  const call = { ...toCall(connection, request), parentCallId: String(from.call.id) };
  let [give, drop]: [(response: unknown) => void, (error: Error) => void] = [ignore, ignore];
  const answered = new Promise<unknown>((yes, no) => {
    [give, drop] = [yes, no];
  });
  answered.catch(ignore);
  let begin: (args: object) => void = ignore;
  const begun = new Promise<object>((resolve) => {
    begin = resolve;
  });
  const outcome = connection.guard.execute(call, context, async (args) => {
    begin(args);
    return connection.guard.redact(await answered, context);
  });
  outcome.catch(ignore);
  const first = await Promise.race([begun.then((args) => ({ args })), outcome]);
  if (!("args" in first)) {
    throw new InputRefused("denial" in first ? first.denial : undefined);
  }
  return {
    key,
    entry: { ...entry, params: first.args },
    drop,
    async answer(response) {
      give(response);
      const ended = await outcome;
      if (ended.kind === "completed") return ended.value;
      throw new InputRefused("denial" in ended ? ended.denial : undefined);
    },
  };
}

function ignore(): undefined {}
