import type { Json } from "../json.ts";
import type { Evaluated } from "./frame.ts";
import { isList, isObject } from "./frame.ts";

/** One step of a path: the name of an own member, or an index. */
export type PathStep = string | number;

/** Walks own members and list indices; whatever is not there is `undefined`. */
export function readPath(root: Evaluated, path: readonly PathStep[]): Evaluated {
  let value = root;
  for (const step of path) {
    if (value === undefined) return undefined;
    value = readStep(value, step);
  }
  return value;
}

/** Reads one own member or element. */
export function readStep(value: Json, step: PathStep): Evaluated {
  if (typeof step === "number") return isList(value) ? value[step] : undefined;
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}
