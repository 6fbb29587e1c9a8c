import { CONDITION_LIMITS } from "@portcullis/core";
import type { FactProvider } from "@portcullis/core";
import { DYN } from "../../types/type.ts";
import { ConditionError, refuse } from "../condition-error.ts";
import type { Draft } from "../draft.ts";
import { parseCel } from "../parse-cel.ts";
import type { CelNode } from "../parse-cel.ts";
import { lowerCall } from "./calls.ts";
import { lowerFactField } from "./facts.ts";
import { lowerList, lowerLiteral } from "./literals.ts";
import type { Lowering, Scope } from "./lowering.ts";
import { lowerBinary, lowerLogic, lowerUnaryOrChoice } from "./operators.ts";
import { declaredFactOf, lowerPath } from "./paths.ts";
import { refuseOptional } from "./presence.ts";

/** A condition in the closed form, and what of it could not be brought there. */
export interface LoweredCondition {
  /** Parts with problems are values of unknown type. */
  readonly draft: Draft;
  readonly problems: readonly ConditionError[];
}

/**
 * Parses a condition and brings it into the closed form, without types.
 *
 * @throws {ConditionError} when the text is not CEL.
 */
export function lowerCondition(
  text: string,
  providers: ReadonlyMap<string, FactProvider>,
): LoweredCondition {
  const tree = parseCel(text);
  const problems: ConditionError[] = [];
  const lowering: Lowering = {
    text,
    providers,
    lower: (node, scope) => lowerNode(node, scope, lowering),
    lowerOrNote(node, scope) {
      try {
        return lowerNode(node, scope, lowering);
      } catch (error) {
        if (!(error instanceof ConditionError)) throw error;
        problems.push(error);
        return { op: "lit", span: node, type: DYN, value: null };
      }
    },
  };
  return { draft: lowering.lowerOrNote(tree, { variables: [], depth: 1 }), problems };
}

function lowerNode(node: CelNode, scope: Scope, lowering: Lowering): Draft {
  if (scope.depth > CONDITION_LIMITS.depth) {
    refuse(node, `The condition is nested more than ${CONDITION_LIMITS.depth} deep here.`);
  }
  const literal = node.op === "list" ? undefined : lowerLiteral(node);
  if (literal !== undefined) return literal;
  switch (node.op) {
    case "value":
      return refuse(node, "This literal is not supported.");
    case "list":
      return lowerList(node);
    case "map":
      return refuse(
        node,
        "A map is only supported as the options of a typed function; compare members one by one.",
      );
    case "id":
    case ".":
    case "[]":
      return lowerAccess(node, scope, lowering);
    case ".?":
    case "[?]":
      return refuseOptional(node);
    case "call": {
      const [name, args] = node.args;
      return lowerCall({ node, name, args }, scope, lowering);
    }
    case "rcall": {
      const [name, receiver, args] = node.args;
      return lowerCall({ node, name, receiver, args }, scope, lowering);
    }
    case "!_":
    case "-_":
    case "?:":
      return lowerUnaryOrChoice(node, scope, lowering);
    case "&&":
    case "||":
      return lowerLogic(node, scope, lowering);
    case "!=":
    case "==":
    case "in":
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
    case "<":
    case "<=":
    case ">":
    case ">=":
      break;
  }
  return lowerBinary(node, scope, lowering);
}

function lowerAccess(
  node: Extract<CelNode, { op: "id" | "." | "[]" }>,
  scope: Scope,
  lowering: Lowering,
): Draft {
  const fact = lowerFactField(node, scope, lowering);
  if (fact !== undefined) return fact;
  const path = lowerPath(node, scope, lowering);
  if (path === undefined) return refuseHolder(node, scope, lowering);
  const declared = declaredFactOf(path);
  if (declared === undefined) return path;
  if (declared.field === undefined) {
    refuse(node, `Read a field of the fact: \`facts.${declared.name}.<field>\`.`);
  }
  return declared;
}

/** Members can be read from names only; says what is wrong with the holder first, if anything is. */
function refuseHolder(
  node: Extract<CelNode, { op: "id" | "." | "[]" }>,
  scope: Scope,
  lowering: Lowering,
): never {
  const holder = node.op === "id" ? node : node.args[0];
  if (holder.op === ".?" || holder.op === "[?]") refuseOptional(holder);
  if (holder.op === "." && holder.args[0].op === "call") {
    lowerFactField(holder, scope, lowering);
    refuse(node, "Only the field of a fact can be read; use `exists` or `all` for what is in it.");
  }
  if (holder.op !== "call" || lowering.providers.has(holder.args[0])) lowering.lower(holder, scope);
  else lowerCall({ node: holder, name: holder.args[0], args: holder.args[1] }, scope, lowering);
  return refuse(node, "Members are read from names only, such as `args.a.b`.");
}
