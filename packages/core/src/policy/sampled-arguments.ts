import { walkNodes } from "../evaluate/walk-nodes.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { PolicyDocument } from "../policy-document.ts";
import type { VarNode } from "../rule-ast.ts";
import { conditionsOf } from "./conditions-of.ts";

/** An argument whose numbers a session keeps. */
export interface SampledArgument {
  /** RFC 6901 pointer into the arguments. */
  readonly pointer: string;
  readonly path: VarNode["path"];
}

/** Lists the arguments that some `anomaly` of the policy reads, each once; nothing else is kept. */
export function sampledArguments(
  document: Pick<PolicyDocument, "rules" | "risk" | "limits">,
): readonly SampledArgument[] {
  const found = new Map<string, VarNode["path"]>();
  for (const { node: condition } of conditionsOf(document)) {
    walkNodes(condition, "", (node) => {
      if (node.op === "anomaly") found.set(toPointer(node.a.path), node.a.path);
    });
  }
  return Object.freeze([...found].map(([pointer, path]) => ({ pointer, path })));
}
