import type { GuardRuntime } from "../internal/guard-runtime.ts";
import { memberPointer } from "../internal/json-pointer.ts";
import { createFlowSecret } from "./flow-secret.ts";
import type { FlowSecret } from "./flow-secret.ts";
import { toLabelledValues } from "./labelled-values.ts";
import { collectLeaves } from "./value-leaves.ts";
import type { ValueLeaves } from "./value-leaves.ts";

/** Keeps the values of one result in the session's index. */
export interface ValueKeeper {
  /** Adds the labels and the values of what is about to be given out. */
  keep(value: unknown): Promise<void>;
  /** As {@link ValueKeeper.keep}, for one part of a stream: a value may span parts. */
  keepPart(value: unknown): Promise<void>;
  /** Adds the labels where nothing is given out; more than once is once. */
  keepNothing(): Promise<void>;
}

const NO_VALUES: ValueLeaves = { texts: [], numbers: [], isOpaque: false };
/** Characters of earlier parts in which a value may have begun. */
const CARRY = 512;

/** Creates the keeper for one result; its methods reject when the store does. */
export function createValueKeeper(
  runtime: GuardRuntime,
  result: {
    readonly sessionKey: string;
    /** What the result carries by now: it may turn out to be suspicious. */
    labels(): readonly string[];
  },
): ValueKeeper {
  const { sessionKey } = result;
  let secret: Promise<FlowSecret> | undefined;
  let labelled: Promise<void> | undefined;
  const carried = new Map<string, string>();

  const add = async (leaves: ValueLeaves): Promise<void> => {
    const labels = result.labels();
    if (labels.length === 0) return;
    secret ??= createFlowSecret(runtime.digest, runtime.deploymentKey, sessionKey);
    const values = leaves.isOpaque
      ? undefined
      : await toLabelledValues(leaves, labels, await secret);
    // Labels without their values stand for every value of the session.
    await (values === undefined
      ? runtime.sessions.addLabels(sessionKey, labels)
      : runtime.sessions.addValues(sessionKey, values));
  };
  return {
    keep: (value) => add(collectLeaves(value)),
    keepPart(value) {
      const leaves = collectLeaves(value);
      const joined = joinCarried(value, carried);
      return add({ ...leaves, texts: [...new Set([...leaves.texts, ...joined])] });
    },
    keepNothing: () => (labelled ??= add(NO_VALUES)),
  };
}

/** The texts of a part, each with the end of what came before it in the same place. */
function joinCarried(value: unknown, carried: Map<string, string>): readonly string[] {
  return textsOf(value, "", new Set()).map(([place, text]) => {
    const whole = (carried.get(place) ?? "") + text;
    carried.set(place, whole.slice(-CARRY));
    return whole;
  });
}

function textsOf(
  value: unknown,
  place: string,
  seen: Set<object>,
): readonly (readonly [string, string])[] {
  if (typeof value === "string") return [[place, value]];
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  return Object.keys(value).flatMap((name) => {
    // An accessor is not called: what it shows makes the part opaque.
    const member: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
    return textsOf(member, memberPointer(place, name), seen);
  });
}
