import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  areEquatable,
  areOrdered,
  arithmeticType,
  createTypeTest,
  fits,
  formatType,
  isConvertible,
  isStaticType,
  mayClaim,
} from "../src/evaluate/static-type.ts";
import type { Json } from "../src/json.ts";
import type { StaticType } from "../src/rule-ast.ts";

const SCALARS = [
  "bool",
  "int",
  "double",
  "string",
  "null",
  "timestamp",
  "duration",
  "dyn",
] as const satisfies readonly StaticType[];
const ONE_DEEP: readonly StaticType[] = [
  ...SCALARS,
  ...SCALARS.map((list) => ({ list })),
  ...SCALARS.map((map) => ({ map })),
];
const pairs = ONE_DEEP.flatMap((a) => ONE_DEEP.map((b) => [a, b] as const));
const type: fc.Arbitrary<StaticType> = fc.letrec<{ type: StaticType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(...SCALARS),
    fc.record({ list: tie("type") }),
    fc.record({ map: tie("type") }),
  ),
})).type;
const name = (of: StaticType): string => formatType(of);
const holding = (holds: (a: StaticType, b: StaticType) => boolean): readonly string[] =>
  pairs.filter(([a, b]) => holds(a, b)).map(([a, b]) => `${name(a)} ${name(b)}`);

describe("what is a type", () => {
  const nest = (depth: number): Json =>
    depth === 0 ? "int" : { [depth % 2 === 0 ? "list" : "map"]: nest(depth - 1) };

  test.for<readonly [string, Json | undefined, boolean]>([
    ...SCALARS.map((scalar) => [scalar, scalar, true] as const),
    ["a list", { list: "int" }, true],
    ["a map", { map: { list: "dyn" } }, true],
    ["eight levels", nest(8), true],
    ["nine levels", nest(9), false],
    ["thousands of levels", nest(3000), false],
    ["another name", "any", false],
    ["a name of a prototype", "constructor", false],
    ["an empty object", {}, false],
    ["two members", { list: "int", map: "int" }, false],
    ["an unknown member beside", { list: "int", of: "int" }, false],
    ["another member", { set: "int" }, false],
    ["a list of no type", { list: "any" }, false],
    ["a map of no type", { map: null }, false],
    ["an array", ["int"], false],
    ["an array with one element named list", [{ list: "int" }], false],
    ["null", null, false],
    ["a number", 1, false],
    ["nothing", undefined, false],
  ])("%s", ([, value, expected]) => {
    expect(isStaticType(value)).toBe(expected);
  });
});

/** Reads a type in words, so that the tables below are read as they are meant. */
const listAndMap = (of: readonly string[]): string[] =>
  of.flatMap((pair) => {
    const [a, b] = pair.split(" ");
    return [`list(${a}) list(${b})`, `map(${a}) map(${b})`];
  });
const same = SCALARS.map((scalar) => `${scalar} ${scalar}`);
const everyOther = (of: readonly string[]): string[] =>
  of.flatMap((one) => [one, one.split(" ").toReversed().join(" ")]);
const sorted = (of: readonly string[]): string[] => [...new Set(of)].toSorted();

test("two types fit where they are the same or one of them is dynamic, also inside", () => {
  const dynamic = ONE_DEEP.flatMap((other) => everyOther([`dyn ${name(other)}`]));
  const inside = listAndMap([...same, ...SCALARS.flatMap((other) => everyOther([`dyn ${other}`]))]);
  expect(sorted(holding(fits))).toEqual(sorted([...same, ...dynamic, ...inside]));
});

test("a claim is the known type itself, or only says less or names what is dynamic, times apart", () => {
  const plain = ["bool", "int", "double", "string", "null"];
  const claims = [
    ...same.filter((pair) => pair !== "dyn dyn"),
    // A time cannot be claimed of what is dynamic, nor forgotten.
    "dyn dyn",
    ...plain.map((one) => `${one} dyn`),
    ...plain.filter((one) => one !== "int").map((one) => `dyn ${one}`),
  ];
  const deepPlain = [...plain, "dyn"];
  const deep = deepPlain.flatMap((one) => [
    `list(${one}) dyn`,
    `map(${one}) dyn`,
    `dyn list(${one})`,
    `dyn map(${one})`,
  ]);
  expect(sorted(holding(mayClaim))).toEqual(sorted([...claims, ...listAndMap(claims), ...deep]));
});

const mentions = (of: StaticType): boolean => /timestamp|duration/.test(name(of));

test("no claim at any depth makes a time of something dynamic", () => {
  fc.assert(
    fc.property(type, (claimed) => {
      expect(mayClaim(claimed, "dyn")).toBe(!mentions(claimed));
      expect(mayClaim("dyn", claimed)).toBe(claimed !== "int" && !mentions(claimed));
      expect(mayClaim(claimed, claimed)).toBe(true);
    }),
  );
});

test("what can be compared for equality", () => {
  const scalars = [
    ...same,
    ...SCALARS.flatMap((other) => everyOther([`null ${other}`])),
    ...["bool", "int", "double", "string"].flatMap((other) => everyOther([`dyn ${other}`])),
    ...everyOther(["int double"]),
  ];
  const withNull = ONE_DEEP.flatMap((other) => everyOther([`null ${name(other)}`]));
  const withDyn = ONE_DEEP.filter((other) => !/timestamp|duration/.test(name(other))).flatMap(
    (other) => everyOther([`dyn ${name(other)}`]),
  );
  expect(sorted(holding(areEquatable))).toEqual(
    sorted([...scalars, ...withNull, ...withDyn, ...listAndMap(scalars)]),
  );
});

test("what can be compared for order", () => {
  expect(sorted(holding(areOrdered))).toEqual(
    sorted([
      "int int",
      "int double",
      "double int",
      "double double",
      "string string",
      "timestamp timestamp",
      "duration duration",
      ...everyOther(["dyn int", "dyn double", "dyn string", "dyn dyn"]),
    ]),
  );
});

test("what arithmetic gives", () => {
  const found = (["add", "sub", "mul", "div", "mod"] as const).flatMap((op) =>
    pairs.flatMap(([a, b]) => {
      const result = arithmeticType(op, a, b);
      return result === undefined ? [] : [`${op} ${name(a)} ${name(b)}: ${name(result)}`];
    }),
  );
  const doubles = ["double double", "double dyn", "dyn double", "dyn dyn"];
  expect(sorted(found)).toEqual(
    sorted([
      ...["add", "sub", "mul", "div", "mod"].map((op) => `${op} int int: int`),
      ...["add", "sub", "mul", "div"].flatMap((op) => doubles.map((of) => `${op} ${of}: double`)),
      ...["add", "sub"].map((op) => `${op} duration duration: duration`),
      ...["add", "sub"].map((op) => `${op} timestamp duration: timestamp`),
      "add duration timestamp: timestamp",
      "sub timestamp timestamp: duration",
    ]),
  );
});

test.for([
  ["int", ["int", "double", "string", "timestamp", "dyn"]],
  ["double", ["int", "double", "string", "dyn"]],
  ["string", ["string", "int", "double", "bool", "timestamp", "duration", "dyn"]],
  ["bool", ["bool", "string", "dyn"]],
  ["timestamp", ["timestamp", "string", "int", "dyn"]],
  ["duration", ["duration", "string", "dyn"]],
  ["null", []],
  ["constructor", []],
  ["__proto__", []],
  ["", []],
] as const)("what converts to %s", ([to, from]) => {
  expect(
    ONE_DEEP.filter((one) => isConvertible(one, to))
      .map(name)
      .toSorted(),
  ).toEqual(from.toSorted());
});

test("a value is of its type and of no other", () => {
  const values: Readonly<Record<string, readonly Json[]>> = {
    bool: [true, false],
    int: [0, -1, Number.MAX_SAFE_INTEGER],
    double: [0.5, 2 ** 60, 1e300],
    string: ["", "1"],
    null: [null],
    list: [[], [1]],
    map: [{}, { list: 1 }],
  };
  const accepts: readonly (readonly [StaticType, readonly string[]])[] = [
    ["bool", ["bool"]],
    ["int", ["int"]],
    ["double", ["int", "double"]],
    ["string", ["string"]],
    ["null", ["null"]],
    ["timestamp", ["int", "double"]],
    ["duration", ["int", "double"]],
    ["dyn", Object.keys(values)],
    [{ list: "int" }, ["list"]],
    [{ map: "int" }, ["map"]],
  ];
  for (const [of, kinds] of accepts) {
    const isOf = createTypeTest(of);
    for (const [kind, all] of Object.entries(values)) {
      for (const value of all) {
        expect([name(of), value, isOf(value)]).toEqual([name(of), value, kinds.includes(kind)]);
      }
    }
  }
});
