import type { GuardRuntime } from "../internal/guard-runtime.ts";
import { memberPointer } from "../internal/json-pointer.ts";
import { createFlowSecret } from "./flow-secret.ts";
import type { FlowSecret } from "./flow-secret.ts";
import { toLabelledValues } from "./labelled-values.ts";
import { sourceMarks } from "./source-marks.ts";
import { collectLeaves } from "./value-leaves.ts";
import type { ValueLeaves } from "./value-leaves.ts";
import type { ValueSource } from "./value-sources.ts";

/** Keeps the values of one result in the session's index. */
export interface ValueKeeper {
  /** Adds the labels and the values of what is about to be given out. */
  keep(value: unknown): Promise<void>;
  /** As {@link ValueKeeper.keep}, for one part of a stream: a value may span parts. */
  keepPart(value: unknown): Promise<void>;
  /** Adds the labels where nothing is given out; more than once is once. */
  keepNothing(): Promise<void>;
}

/** One result, of which values are kept. */
export interface KeptResult {
  readonly sessionKey: string;
  /** What the result carries by now: it may turn out to be suspicious. */
  labels(): readonly string[];
  /** Places of the result that arguments may legally come from. */
  readonly sources: readonly ValueSource[];
}

const NO_VALUES: ValueLeaves = { texts: [], numbers: [], isOpaque: false };
/** Characters of earlier parts in which a value may have begun. */
const CARRY = 512;

/** Creates the keeper for one result; its methods reject when the store does. */
export function createValueKeeper(runtime: GuardRuntime, result: KeptResult): ValueKeeper {
  const { sessionKey, sources } = result;
  let secret: Promise<FlowSecret> | undefined;
  let labelled: Promise<void> | undefined;
  const carried = new Map<string, string>();

  const add = async (all: ValueLeaves, marks: readonly string[] = []): Promise<void> => {
    const labels = result.labels();
    // Without labels a tool could pass on what it was told, and make it seem of known origin.
    const isKept = labels.length > 0;
    if (!isKept && marks.length === 0) return;
    const leaves = isKept ? all : NO_VALUES;
    secret ??= createFlowSecret(runtime.digest, runtime.deploymentKey, sessionKey);
    const values = leaves.isOpaque
      ? undefined
      : await toLabelledValues(leaves, labels, { secret: await secret, marks });
    // Labels without their values stand for every value of the session.
    await (values === undefined
      ? runtime.sessions.addLabels(sessionKey, labels)
      : runtime.sessions.addValues(sessionKey, values));
  };
  return {
    keep: (value) => add(collectLeaves(value), sourceMarks(value, sources)),
    keepPart(value) {
      const leaves = collectLeaves(value);
      const joined = joinCarried(value, carried);
      return add({ ...leaves, texts: [...new Set([...leaves.texts, ...joined])] });
    },
    async keepNothing() {
      if (result.labels().length > 0) await (labelled ??= add(NO_VALUES));
    },
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
