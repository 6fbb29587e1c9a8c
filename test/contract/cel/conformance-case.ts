import type { Value } from "@bufbuild/cel-spec/cel/expr/value_pb.js";
import { getConformanceSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import type { IncrementalTest, IncrementalTestSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { Json, JsonObject } from "@portcullis/core";
import type { Member, ObjectShape, Shape } from "./argument-shape.ts";
import { doubleLiteral, intLiteral, textLiteral } from "./fragment.ts";

/** A public conformance case as a condition of ours. */
export interface ConformanceCase {
  /** Suite, section, name and expression. */
  readonly name: string;
  /** The condition that must come to `expected`. */
  readonly condition: string;
  /** True, false, or `undefined` for an error. */
  readonly expected: boolean | undefined;
  /** Variables of the case, read as `args.<name>`. */
  readonly shape: ObjectShape;
  readonly args: JsonObject;
}

/** Reads every case of the suite; the number of those that no condition can state is beside it. */
export function readConformance(): {
  readonly cases: readonly ConformanceCase[];
  readonly unstated: Readonly<Record<string, number>>;
} {
  const unstated: Record<string, number> = {};
  const cases = testsOf(getConformanceSuite(), "").flatMap(([place, test]) => {
    const found = toCase(place, test);
    if (typeof found !== "string") return [found];
    unstated[found] = (unstated[found] ?? 0) + 1;
    return [];
  });
  return { cases, unstated };
}

function testsOf(
  suite: IncrementalTestSuite,
  above: string,
): readonly (readonly [string, IncrementalTest])[] {
  const place = `${above}/${suite.name}`;
  return [
    ...suite.tests.map((test) => [place, test] as const),
    ...suite.suites.flatMap((next) => testsOf(next, place)),
  ];
}

/** The case, or why no condition can state it. */
function toCase(
  place: string,
  { name, original, type }: IncrementalTest,
): ConformanceCase | string {
  const members: Member[] = [];
  const args: Record<string, Json> = {};
  for (const [variable, { kind }] of Object.entries(original.bindings)) {
    const bound = kind.case === "value" ? readBinding(kind.value) : undefined;
    if (bound === undefined || !/^\w+$/.test(variable)) return "a variable that JSON has not";
    members.push({ name: variable, shape: bound.shape, required: true });
    args[variable] = bound.value;
  }
  const names = members.map((member) => member.name);
  const expr = names.reduce(
    (text, variable) =>
      text.replaceAll(new RegExp(`(?<![\\w."'])${variable}(?!\\w)`, "g"), `args.${variable}`),
    original.expr,
  );
  const base = {
    name: `${place}/${name}: ${original.expr}`,
    shape: { kind: "object", members } as const,
    args,
  };
  const { resultMatcher: result } = original;
  if (result.case === "evalError" || result.case === "anyEvalErrors") {
    const condition = type === "bool" ? expr : `(${expr}) == (${expr})`;
    return { ...base, condition, expected: undefined };
  }
  if (result.case === undefined) return { ...base, condition: expr, expected: true };
  const value =
    result.case === "value"
      ? result.value
      : result.case === "typedResult"
        ? result.value.result
        : undefined;
  if (value === undefined) return `a result of kind ${result.case}`;
  if (value.kind.case === "boolValue")
    return { ...base, condition: expr, expected: value.kind.value };
  const literal = toLiteral(value);
  // Nothing that we accept has such a value, so the expression alone must be refused.
  const condition = literal === undefined ? `(${expr}) == (${expr})` : `(${expr}) == ${literal}`;
  return { ...base, condition, expected: literal !== undefined };
}

function readBinding({ kind }: Value): { readonly value: Json; readonly shape: Shape } | undefined {
  if (kind.case === "int64Value") return { value: Number(kind.value), shape: { kind: "int" } };
  if (kind.case === "doubleValue") return { value: kind.value, shape: { kind: "double" } };
  if (kind.case === "stringValue") return { value: kind.value, shape: { kind: "string" } };
  if (kind.case === "boolValue") return { value: kind.value, shape: { kind: "bool" } };
  if (kind.case === "nullValue") return { value: null, shape: { kind: "dyn" } };
  if (kind.case === "mapValue") {
    const entries = kind.value.entries.map(({ key, value }) => [
      key?.kind.value,
      value && readBinding(value)?.value,
    ]);
    const isPlain = entries.every(([key, value]) => typeof key === "string" && value !== undefined);
    return isPlain ? { value: Object.fromEntries(entries), shape: { kind: "dyn" } } : undefined;
  }
  return undefined;
}

function toLiteral({ kind }: Value): string | undefined {
  if (kind.case === "int64Value") return toIntLiteral(kind.value);
  if (kind.case === "doubleValue") {
    return Number.isFinite(kind.value) ? doubleLiteral(kind.value, 0).text : undefined;
  }
  if (kind.case === "stringValue") return textLiteral(kind.value, 0).text;
  if (kind.case === "nullValue") return "null";
  if (kind.case === "listValue") {
    const items = kind.value.values.map((item) =>
      item.kind.case === "boolValue" ? String(item.kind.value) : toLiteral(item),
    );
    return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
  }
  if (kind.case !== "objectValue") return undefined;
  const time = anyUnpack(kind.value, TimestampSchema);
  if (time !== undefined) {
    if (time.nanos % 1_000_000 !== 0) return undefined;
    const ms = Number(time.seconds) * 1000 + time.nanos / 1_000_000;
    return `timestamp("${new Date(ms).toISOString().replace(/^([+-]\d\d)?(\d{4})/, "$2")}")`;
  }
  const duration = anyUnpack(kind.value, DurationSchema);
  if (duration === undefined || duration.nanos % 1_000_000 !== 0) return undefined;
  const ms = duration.seconds * 1000n + BigInt(duration.nanos / 1_000_000);
  return `duration("${ms}ms")`;
}

function toIntLiteral(value: bigint): string {
  return Number.isSafeInteger(Number(value)) ? intLiteral(Number(value), 0).text : String(value);
}
