import type { Json } from "../json.ts";
import type { FactExtractor, FactPredicate } from "../ports/fact-provider.ts";
import type { StaticType } from "../rule-ast.ts";
import { extractSafely, testSafely } from "./call-port.ts";
import type { Condition, Evaluated, FactOutcome, Frame, Value } from "./frame.ts";
import { isList, isObject, memoOf, spend } from "./frame.ts";
import { createTypeTest } from "./static-type.ts";

/** One fact of the policy, ready to be extracted. */
export interface PreparedFact {
  /** Segments of the pointer; `*` stands for every element of a list. */
  readonly segments: readonly string[];
  readonly optional: boolean;
  readonly extract: FactExtractor;
  /** Predicates of the fact's type by operator. */
  readonly predicates: ReadonlyMap<string, FactPredicate>;
}

const ABSENT: FactOutcome = Object.freeze({ state: "absent" });
const FAILED: FactOutcome = Object.freeze({ state: "failed" });

/** `fact(type, pointer, options).field`; the field `""` is the fact itself. */
export function createFactField(
  fact: PreparedFact,
  root: Value,
  { field, t }: { readonly field: string; readonly t: StaticType },
): Value {
  const isTyped = createTypeTest(t);
  return (frame) => {
    const outcome = readFact(fact, root(frame), frame);
    if (outcome.state !== "ok") return undefined;
    const value = fieldOf(outcome.value, field);
    return value !== undefined && isTyped(value) ? value : undefined;
  };
}

/** `has(facts.x)`: false only for an optional fact whose argument is absent. */
export function createFactPresence(fact: PreparedFact, root: Value, field: string): Condition {
  return (frame) => {
    const outcome = readFact(fact, root(frame), frame);
    if (outcome.state === "failed") return 2;
    if (outcome.state === "absent") return 0;
    return fieldOf(outcome.value, field) === undefined ? 0 : 1;
  };
}

/** `within`, `hostWithin`, `domainWithin`, `inCidr`. */
export function createFactTest(field: Value, test: FactPredicate, operand: Json): Condition {
  return (frame) => {
    const value = field(frame);
    if (value === undefined || spend(frame, 1)) return 2;
    return testSafely(test, value, operand);
  };
}

/** Extracts a fact below `root`, at most once per decision. */
function readFact(fact: PreparedFact, root: Evaluated, frame: Frame): FactOutcome {
  if (root === undefined) return FAILED;
  const { facts } = memoOf(frame);
  let outcomes = facts.get(fact);
  if (outcomes === undefined) {
    outcomes = new Map();
    facts.set(fact, outcomes);
  }
  const known = outcomes.get(root);
  if (known !== undefined) return known;
  const outcome = extractAt(fact, root, frame);
  outcomes.set(root, outcome);
  return outcome;
}

function extractAt(fact: PreparedFact, root: Json, frame: Frame): FactOutcome {
  const star = fact.segments.indexOf("*");
  if (star < 0) return extractOne(fact, walk(root, fact.segments), frame);
  const whole = walk(root, fact.segments.slice(0, star));
  if (whole.state !== "ok") return whole.state === "absent" && fact.optional ? ABSENT : FAILED;
  if (!isList(whole.value)) return FAILED;
  const rest = fact.segments.slice(star + 1);
  const values: Json[] = [];
  for (const element of whole.value) {
    if (spend(frame, 1)) return FAILED;
    const outcome = extractOne(fact, walk(element, rest), frame);
    // One element that cannot be read makes the list unreadable, never shorter.
    if (outcome.state !== "ok") return FAILED;
    values.push(outcome.value);
  }
  return { state: "ok", value: values };
}

function extractOne(fact: PreparedFact, argument: FactOutcome, frame: Frame): FactOutcome {
  if (argument.state !== "ok") {
    return argument.state === "absent" && fact.optional ? ABSENT : FAILED;
  }
  const value = extractSafely(fact.extract, argument.value, frame.now);
  return value === undefined ? FAILED : { state: "ok", value };
}

function walk(root: Json, segments: readonly string[]): FactOutcome {
  let value = root;
  for (const segment of segments) {
    if (isList(value)) {
      const element = /^(?:0|[1-9]\d{0,8})$/.test(segment) ? value[Number(segment)] : undefined;
      if (element === undefined) return ABSENT;
      value = element;
      continue;
    }
    if (!isObject(value)) return FAILED;
    const member = Object.hasOwn(value, segment) ? value[segment] : undefined;
    if (member === undefined) return ABSENT;
    value = member;
  }
  return { state: "ok", value };
}

function fieldOf(value: Json, field: string): Evaluated {
  if (field === "") return value;
  if (isObject(value)) return Object.hasOwn(value, field) ? value[field] : undefined;
  if (!isList(value)) return undefined;
  const fields: Json[] = [];
  for (const element of value) {
    const member = fieldOf(element, field);
    if (member === undefined) return undefined;
    fields.push(member);
  }
  return fields;
}
