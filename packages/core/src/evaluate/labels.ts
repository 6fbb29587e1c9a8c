import { isExempt, isLegal, leavesOf } from "../flow/find-argument-labels.ts";
import type { Json } from "../json.ts";
import type { LabelsOfNode } from "../rule-ast.ts";
import type { Evaluated, Frame, Value } from "./frame.ts";
import { spend } from "./frame.ts";

/** `flow.of(x)`: an error where the labels of the value are not known. */
export function createLabelsOf(node: LabelsOfNode, operand: Value): Value {
  return (frame) => {
    const value = operand(frame);
    return value === undefined ? undefined : labelsOf(node, value, frame);
  };
}

/** The labels that a value of the arguments carries. */
export function labelsOf({ a, derived }: LabelsOfNode, value: Json, frame: Frame): Evaluated {
  const { flow, session } = frame;
  if (flow === undefined || session === undefined) return undefined;
  const isPlaced = a.name === "args";
  const labels = new Set<string>();
  for (const leaf of leavesOf(value, isPlaced ? a.path : [])) {
    if (spend(frame, 1)) return undefined;
    // The element of a quantifier has no place of its own.
    if (isPlaced && (isExempt(leaf, flow.exempt) || isLegal(leaf, flow.legal))) continue;
    const known = flow.byLeaf.get(leaf.value);
    if (known === undefined) return undefined;
    for (const label of known.labels) labels.add(label);
    if (known.isDerived && derived === "inherit") {
      for (const label of session.labels) labels.add(label);
    }
  }
  return [...labels].toSorted();
}
