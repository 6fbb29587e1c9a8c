import type { ArgumentConstraint, Json, JsonObject } from "@portcullis/core";
import { canonicalKeys } from "@portcullis/core";
import { LIMITS } from "../claims.ts";
import { isList, isObject } from "../internal/read-jws.ts";
import { tokenError } from "../token-error.ts";

/** What the arguments of one tool may be: `"any"`, or exactly these arguments within these bounds. */
export type ArgumentConstraints = "any" | Readonly<Record<string, ArgumentConstraint>>;

/** The tools of one token with what their arguments may be. */
export type ToolConstraints = ReadonlyMap<string, ArgumentConstraints>;

const MAX_DEPTH = 8;
const MAX_NODES = 512;
const MAX_CLAUSES = 16;
const MAX_ELEMENTS = 256;
const MAX_NAME = 256;

interface Budget {
  nodes: number;
}

/**
 * Reads the `tools` of a capability: tool name to argument name to constraint. An empty object in
 * place of the arguments leaves them free; any constraint closes them.
 *
 * ```json
 * {"payments.refund":{"amount":{"constraint_type":"range","max":50,"min":0}},"search":{}}
 * ```
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID` with reason `constraint` for an unknown type or
 * member, an empty or duplicate list, a wrong type or a limit that is exceeded.
 *
 * @example
 * ```ts
 * parseToolConstraints({ search: {} }).get("search"); // "any"
 * ```
 */
export function parseToolConstraints(tools: Json | undefined): ToolConstraints {
  if (!isObject(tools)) throw refused();
  const entries = Object.entries(tools);
  if (entries.length > LIMITS.tools) throw refused();
  const budget = { nodes: MAX_NODES };
  return new Map(
    entries.map(([tool, args]) => {
      if (!isName(tool) || !isObject(args)) throw refused();
      return [tool, readArguments(args, budget)];
    }),
  );
}

/** Tells whether a text may name a tool or an argument. */
export function isName(value: Json | undefined): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME;
}

function readArguments(args: JsonObject, budget: Budget): ArgumentConstraints {
  const entries = Object.entries(args);
  if (entries.length === 0) return "any";
  return Object.freeze(
    Object.fromEntries(entries.map(([name, json]) => [name, readConstraint(json, budget, 1)])),
  );
}

function readConstraint(json: Json, budget: Budget, depth: number): ArgumentConstraint {
  budget.nodes -= 1;
  if (!isObject(json) || depth > MAX_DEPTH || budget.nodes < 0) throw refused();
  const { constraint_type: type } = json;
  if (typeof type !== "string") throw refused();
  switch (type) {
    case "wildcard":
      return Object.freeze({ type: "wildcard", ...members(json, []) });
    case "exact": {
      const { value } = members(json, ["value"]);
      if (value === undefined || (typeof value === "object" && value !== null)) throw refused();
      return Object.freeze({ type: "exact", value });
    }
    case "one_of":
      return Object.freeze({ type: "one_of", values: list(members(json, ["values"])["values"]) });
    case "not_one_of": {
      const { excluded } = members(json, ["excluded"]);
      return Object.freeze({ type: "not_one_of", excluded: list(excluded) });
    }
    case "contains": {
      const { required } = members(json, ["required"]);
      return Object.freeze({ type: "contains", required: list(required) });
    }
    case "subset":
      return Object.freeze({
        type: "subset",
        allowed: list(members(json, ["allowed"])["allowed"]),
      });
    case "range":
      return readRange(json);
    case "all":
    case "any": {
      const { constraints } = members(json, ["constraints"]);
      if (!isList(constraints) || constraints.length === 0 || constraints.length > MAX_CLAUSES) {
        throw refused();
      }
      const clauses = constraints.map((clause) => readConstraint(clause, budget, depth + 1));
      return Object.freeze({ type, constraints: Object.freeze(clauses) });
    }
    default:
      throw refused();
  }
}

function readRange(json: JsonObject): ArgumentConstraint {
  const optional = ["min", "max", "min_inclusive", "max_inclusive"];
  const present = optional.filter((name) => Object.hasOwn(json, name));
  const {
    min,
    max,
    min_inclusive: minInclusive,
    max_inclusive: maxInclusive,
  } = members(json, present);
  if (min === undefined && max === undefined) throw refused();
  return Object.freeze({
    type: "range",
    ...(min === undefined ? {} : { min: finite(min) }),
    ...(max === undefined ? {} : { max: finite(max) }),
    ...(minInclusive === undefined ? {} : { minInclusive: flagOf(minInclusive, min) }),
    ...(maxInclusive === undefined ? {} : { maxInclusive: flagOf(maxInclusive, max) }),
  });
}

function finite(value: Json): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw refused();
  return value;
}

function flagOf(value: Json, bound: Json | undefined): boolean {
  if (typeof value !== "boolean" || bound === undefined) throw refused();
  return value;
}

/** The members of a constraint, which has exactly these beside its type. */
function members(json: JsonObject, names: readonly string[]): JsonObject {
  const isExact = names.every((name) => Object.hasOwn(json, name));
  if (!isExact || Object.keys(json).length !== names.length + 1) throw refused();
  return Object.fromEntries(Object.entries(json).filter(([name]) => names.includes(name)));
}

function list(value: Json | undefined): readonly Json[] {
  if (!isList(value) || value.length === 0 || value.length > MAX_ELEMENTS) throw refused();
  const copy = Object.freeze([...value]);
  if (canonicalKeys(copy).size !== copy.length) throw refused();
  return copy;
}

function refused(): Error {
  return tokenError("constraint", { claim: "authorization_details" });
}
