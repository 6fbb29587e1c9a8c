import type { GuardRuntime } from "../internal/guard-runtime.ts";
import { mapText } from "../internal/map-text.ts";
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
  /** Adds the labels where nothing is given out. */
  keepNothing(): Promise<void>;
}

const NO_VALUES: ValueLeaves = { texts: [], numbers: [], isOpaque: false };
/** Characters of earlier parts in which a value may have begun. */
const CARRY = 512;

/** Creates the keeper for one result; its methods reject when the store does. */
export function createValueKeeper(
  runtime: GuardRuntime,
  result: { readonly sessionKey: string; readonly labels: readonly string[] },
): ValueKeeper {
  const { sessionKey, labels } = result;
  let secret: Promise<FlowSecret> | undefined;
  const carried = new Map<number, string>();

  const add = async (leaves: ValueLeaves): Promise<void> => {
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
      const joined = joinCarried(value, carried);
      const leaves = collectLeaves(value);
      return add({ ...leaves, texts: [...new Set([...leaves.texts, ...joined])] });
    },
    keepNothing: () => add(NO_VALUES),
  };
}

/** The texts of a part, each with the end of what came before it in the same place. */
function joinCarried(value: unknown, carried: Map<number, string>): readonly string[] {
  const joined: string[] = [];
  mapText(value, (text) => {
    const place = joined.length;
    const whole = (carried.get(place) ?? "") + text;
    carried.set(place, whole.slice(-CARRY));
    joined.push(whole);
    return text;
  });
  return joined;
}
