import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePolicy } from "../src/compile-policy.ts";
import { PortcullisError } from "../src/errors.ts";
import { evaluatePolicy } from "../src/evaluate-policy.ts";
import { explainRules } from "../src/explain.ts";
import { parsePolicy } from "../src/parse-policy.ts";
import type { PolicyDocument } from "../src/policy-document.ts";
import { documentArbitrary, requestArbitrary } from "./support/policy-arbitrary.ts";
import * as b from "./support/policy-builders.ts";

const isLong = process.env["PORTCULLIS_LONG"] === "1";
const timeout = isLong ? 3_600_000 : 60_000;

/** One random change of a document. */
interface Mutation {
  readonly at: number;
  readonly kind: "replace" | "delete" | "rename" | "insert" | "swap";
  readonly value: unknown;
  readonly name: string;
}

const interesting = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  Number.NaN,
  "",
  "act",
  "role:admin",
  "role:",
  "var",
  "all",
  "x",
  "args",
  "dyn",
  "int",
  "__proto__",
  "constructor",
  "/a",
  "/*/*",
  "url@1",
  [],
  {},
  [1],
  { op: "lit", t: "bool", value: true },
  { list: "dyn" },
  undefined,
  b.lit(true),
  b.path("args.s"),
  b.ERROR,
  b.each("all", b.path("args.l"), b.TRUE),
  b.word("/s", "text", "string"),
);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("replace", "replace", "delete", "rename", "insert", "swap"),
  value: fc.oneof(
    { weight: 4, arbitrary: interesting },
    { weight: 1, arbitrary: fc.anything({ maxDepth: 2 }) },
  ),
  name: fc.constantFrom(
    "op",
    "t",
    "a",
    "b",
    "of",
    "when",
    "value",
    "path",
    "extra",
    "constructor",
    "toString",
    "tools",
    "ﬁ",
  ),
});

type Holder = Record<string, unknown>;

function mutate(document: PolicyDocument, changes: readonly Mutation[]): unknown {
  const copy = structuredClone(document) as unknown as Holder;
  for (const change of changes) {
    const places = placesIn(copy);
    const place = places[change.at % places.length];
    if (place === undefined) continue;
    const [holder, key] = place;
    const other = places[(change.at * 7 + 1) % places.length];
    if (change.kind === "replace") holder[key] = change.value;
    else if (change.kind === "delete") delete holder[key];
    else if (change.kind === "insert") define(holder, change.name, change.value);
    else if (change.kind === "rename") {
      define(holder, change.name, holder[key]);
      delete holder[key];
    } else if (other !== undefined) {
      holder[key] = structuredClone(jsonOf(other[0][other[1]]));
    }
  }
  return copy;
}

function define(holder: Holder, name: string, value: unknown): void {
  Object.defineProperty(holder, name, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

// A swap copies data only; what earlier mutations put in may not be cloneable.
function jsonOf(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? "null");
  } catch {
    return null;
  }
}

function placesIn(root: Holder): [Holder, string][] {
  const places: [Holder, string][] = [];
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > 20) return;
    for (const key of Object.keys(value)) {
      places.push([value as Holder, key]);
      visit((value as Holder)[key], depth + 1);
    }
  };
  visit(root, 0);
  return places;
}

test(
  "a mutated document means the same as what was read, or is refused with the one code",
  { timeout },
  () => {
    const counts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(
        documentArbitrary,
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        requestArbitrary,
        (document, changes, request) => {
          const input = mutate(document, changes);
          try {
            const parsed = parsePolicy(input);
            expect(parsed).toEqual(jsonOf(input));
            const policy = compilePolicy(parsed, { facts: [b.wordFacts()] });
            counts.accepted += 1;
            // What loads also evaluates, and both ways agree that it can be evaluated.
            expect(["permit", "deny"]).toContain(evaluatePolicy(policy, request).verdict);
            explainRules(policy, request);
          } catch (error) {
            const isRefusal =
              PortcullisError.isInstance(error) && error.code === "ERR_POLICY_INVALID";
            if (!isRefusal || error.fields.issues?.length === 0) throw error;
            counts.refused += 1;
          }
        },
      ),
      { numRuns: isLong ? 100_000 : 2_000 },
    );
    expect(counts.accepted).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(0);
  },
);

test("anything at all is refused with the one code", () => {
  fc.assert(
    fc.property(
      fc.anything({
        withNullPrototype: true,
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSparseArray: true,
      }),
      (input) => {
        expect(() => parsePolicy(input)).toThrow(
          expect.objectContaining({ code: "ERR_POLICY_INVALID" }),
        );
      },
    ),
  );
});
