import { toPointer } from "../internal/json-pointer.ts";
import { walkNodes } from "../evaluate/walk-nodes.ts";
import type { PolicyDocument } from "../policy-document.ts";
import type { LitNode, Node, VarNode } from "../rule-ast.ts";
import { conditionsOf } from "./conditions-of.ts";

/** An argument that conditions read of earlier calls. */
export interface HistoryArgument {
  /** RFC 6901 pointer into the arguments. */
  readonly pointer: string;
  readonly path: readonly string[];
}

/** What arguments of earlier calls are compared with. */
export interface ComparedOperand {
  readonly node: LitNode | VarNode;
  /** True where the elements are compared: the right side of `in`. */
  readonly isSpread: boolean;
  /** Names of the tools that are compared with it; undefined = any. */
  readonly tools: readonly string[] | undefined;
}

/** What the conditions of a policy read of earlier calls' arguments. */
export interface HistoryArguments {
  /** Each once; nothing else of the arguments is kept. */
  readonly kept: readonly HistoryArgument[];
  readonly compared: readonly ComparedOperand[];
}

/** Lists what conditions read of `session.calls`' arguments, and what they compare it with. */
export function historyArguments(
  document: Pick<PolicyDocument, "rules" | "risk" | "limits">,
): HistoryArguments {
  const kept = new Map<string, readonly string[]>();
  const compared: ComparedOperand[] = [];
  for (const { node: condition, tools } of conditionsOf(document)) {
    const compare = (node: Node, isSpread: boolean): void => {
      const isOperand = node.op === "lit" || node.op === "var";
      if (isOperand && node.t !== "sealed") compared.push({ node, isSpread, tools });
    };
    walkNodes(condition, "", (node) => {
      if (node.op === "var" && node.t === "sealed") {
        const path = node.path.slice(1).map(String);
        kept.set(toPointer(path), path);
      } else if ((node.op === "eq" || node.op === "ne") && [node.a, node.b].some(isSealed)) {
        compare(node.a, false);
        compare(node.b, false);
      } else if (node.op === "in" && isSealed(node.a)) {
        compare(node.b, true);
      }
    });
  }
  return Object.freeze({
    kept: Object.freeze([...kept].map(([pointer, path]) => ({ pointer, path }))),
    compared: Object.freeze(compared),
  });
}

/** Tells whether a node is an argument of an earlier call. */
export function isSealed(node: Node): node is VarNode {
  return node.op === "var" && node.t === "sealed";
}
