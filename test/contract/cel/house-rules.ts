import {
  CelScalar,
  celFunc,
  isCelError,
  isCelMap,
  listType,
  mapType,
  objectType,
  run,
} from "@bufbuild/cel";
import type { CelFunc, CelInput, CelMap, CelType, CelValue } from "@bufbuild/cel";
import { create } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";

/**
 * Every way in which a condition may come to something else than the reference says.
 *
 * `narrower`: a condition is an error here that is a value in CEL, so a permit does not apply and a
 * forbid does. `reference`: the library departs from the language definition or from its other
 * implementations, and we do not follow.
 */
export const DEVIATIONS = {
  "int-range": {
    kind: "narrower",
    reason: "Ints are held to ±(2^53−1), as JSON carries no more; beyond is an error.",
  },
  "double-overflow": {
    kind: "narrower",
    reason: "Doubles stay finite, as JSON has no infinity: overflow and x / 0.0 are errors.",
  },
  "no-joining": {
    kind: "narrower",
    reason: "`+` on untyped strings or lists is an error; typed ones are refused at build.",
  },
  "no-order-of-bools": {
    kind: "narrower",
    reason: "Untyped bools have no order; typed ones are refused at build.",
  },
  "presence-in-no-mapping": {
    kind: "narrower",
    reason: "`has(a.b)` is an error where `a` is no mapping; the libraries say false.",
  },
  "whole-milliseconds": {
    kind: "narrower",
    reason: "A time read from a text is cut to milliseconds, as the clock has no more.",
  },
  "paired-negation": {
    kind: "reference",
    reason: "`--x` and `!!x` negate twice; the library drops the pair before it looks at the type.",
  },
  "number-text": {
    kind: "reference",
    reason: "`int` and `double` take decimal texts only, as cel-go; not ``, ` 5`, `0x10`.",
  },
  "time-text": {
    kind: "reference",
    reason: "RFC 3339 knows no 30 February and no hour 24; an empty text is no duration.",
  },
  "seconds-to-timestamp": {
    kind: "reference",
    reason:
      "`timestamp(int)` counts seconds, by the language definition; the library milliseconds.",
  },
  "time-as-text": {
    kind: "reference",
    reason: "`string` writes times without trailing zeros, as cel-go.",
  },
  "code-point-order": {
    kind: "reference",
    reason:
      "Strings order by code points, by the language definition; the library by UTF-16 units.",
  },
  "null-member": {
    kind: "reference",
    reason: "A member whose value is null is there; the library says it is absent.",
  },
  "key-kinds": {
    kind: "reference",
    reason: "What can be no key is in no mapping, as cel-go and cel-js; the library errs.",
  },
} as const satisfies Readonly<
  Record<string, { readonly kind: "narrower" | "reference"; readonly reason: string }>
>;

/** Name of a listed deviation. */
export type Deviation = keyof typeof DEVIATIONS;

const { BOOL, DOUBLE, DYN, INT, NULL, STRING } = CelScalar;
const LIST = listType(DYN);
const MAP = mapType(DYN, DYN);
const TIMESTAMP = objectType(TimestampSchema);
const DURATION = objectType(DurationSchema);
const MAX_INT = BigInt(Number.MAX_SAFE_INTEGER);
const INT_TEXT = /^[+-]?\d{1,20}$/;
const DOUBLE_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;
const INFINITE_TEXT = /^[+-]?(?:inf|infinity|nan)$/i;

/** Notes that a listed deviation shows. */
type Note = (deviation: Deviation) => void;

/** The reference's functions with every listed deviation built in; each notes where it shows. */
export function houseRules(note: Note): CelFunc[] {
  const err = (deviation: Deviation): never => {
    note(deviation);
    throw new Error(deviation);
  };
  const whole = (value: bigint): bigint =>
    value > MAX_INT || value < -MAX_INT ? err("int-range") : value;
  const finite = (value: number): number =>
    Number.isFinite(value) ? value : err("double-overflow");
  return [
    ...intRules(whole),
    ...doubleRules(finite, err),
    ...orderRules(note, err),
    ...memberRules(note, err),
    ...timeRules(note, err, whole),
    ...["_+_"].flatMap((name) => [
      celFunc(name, [STRING, STRING], STRING, () => err("no-joining")),
      celFunc(name, [LIST, LIST], LIST, () => err("no-joining")),
    ]),
  ];
}

type Err = (deviation: Deviation) => never;

function intRules(whole: (value: bigint) => bigint): CelFunc[] {
  return [
    celFunc("_+_", [INT, INT], INT, (a, b) => whole(a + b)),
    celFunc("_-_", [INT, INT], INT, (a, b) => whole(a - b)),
    celFunc("_*_", [INT, INT], INT, (a, b) => whole(a * b)),
    celFunc("_/_", [INT, INT], INT, (a, b) => whole(a / nonZero(b))),
    celFunc("_%_", [INT, INT], INT, (a, b) => whole(a % nonZero(b))),
    celFunc("-_", [INT], INT, (a) => whole(-a)),
    celFunc("int", [DOUBLE], INT, (a) => whole(BigInt(Math.trunc(a)))),
  ];
}

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new Error("division by zero");
  return value;
}

function doubleRules(finite: (value: number) => number, err: Err): CelFunc[] {
  return [
    celFunc("_+_", [DOUBLE, DOUBLE], DOUBLE, (a, b) => finite(a + b)),
    celFunc("_-_", [DOUBLE, DOUBLE], DOUBLE, (a, b) => finite(a - b)),
    celFunc("_*_", [DOUBLE, DOUBLE], DOUBLE, (a, b) => finite(a * b)),
    celFunc("_/_", [DOUBLE, DOUBLE], DOUBLE, (a, b) => finite(a / b)),
    celFunc("double", [STRING], DOUBLE, (text) => {
      if (INFINITE_TEXT.test(text)) return err("double-overflow");
      return DOUBLE_TEXT.test(text) ? finite(Number(text)) : err("number-text");
    }),
  ];
}

function orderRules(note: Note, err: Err): CelFunc[] {
  const orders = {
    "_<_": (difference: number) => difference < 0,
    "_<=_": (difference: number) => difference <= 0,
    "_>_": (difference: number) => difference > 0,
    "_>=_": (difference: number) => difference >= 0,
  };
  return Object.entries(orders).flatMap(([name, holds]) => [
    celFunc(name, [BOOL, BOOL], BOOL, () => err("no-order-of-bools")),
    celFunc(name, [STRING, STRING], BOOL, (a, b) => {
      const ours = holds(byCodePoints(a, b));
      if (ours !== holds(a < b ? -1 : a === b ? 0 : 1)) note("code-point-order");
      return ours;
    }),
  ]);
}

function byCodePoints(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0) ?? 0);
  const right = Array.from(b, (character) => character.codePointAt(0) ?? 0);
  for (const [index, code] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (code !== other) return code - other;
  }
  return left.length - right.length;
}

function memberRules(note: Note, err: Err): CelFunc[] {
  const isKey = (map: CelMap, name: string): boolean => {
    const found = [...map.keys()].includes(name);
    if (found !== map.has(name)) note("null-member");
    return found;
  };
  const noKey = (type: CelType): CelFunc =>
    celFunc("@in", [type, MAP], BOOL, () => {
      note("key-kinds");
      return false;
    });
  return [
    celFunc("@in", [STRING, MAP], BOOL, (name, map) => isKey(map, name)),
    ...[NULL, LIST, MAP, TIMESTAMP, DURATION].map(noKey),
    // Stand behind each of two negations.
    celFunc("once", [DYN], DYN, (value) => value),
    celFunc("twice", [DYN], DYN, (value) => {
      note("paired-negation");
      return value;
    }),
    // Stands for the macro `has`, which no function can replace.
    celFunc("presence", [DYN, STRING], BOOL, (holder: CelValue, name) =>
      isCelMap(holder) ? isKey(holder, name) : err("presence-in-no-mapping"),
    ),
  ];
}

function timeRules(note: Note, err: Err, whole: (value: bigint) => bigint): CelFunc[] {
  return [
    celFunc("int", [STRING], INT, (text) =>
      INT_TEXT.test(text) ? whole(BigInt(text.replace(/^\+/, ""))) : err("number-text"),
    ),
    celFunc("timestamp", [STRING], TIMESTAMP, (text): CelInput<typeof TIMESTAMP> => {
      const time = readTime(text);
      if (time === undefined) {
        note("time-text");
        throw new Error("no time");
      }
      if (time.isCut) note("whole-milliseconds");
      return timestampOf(BigInt(time.ms));
    }),
    celFunc("duration", [STRING], DURATION, (text) =>
      /\d/.test(text) ? durationOf(text) : err("time-text"),
    ),
    celFunc("timestamp", [INT], TIMESTAMP, (seconds) => {
      note("seconds-to-timestamp");
      if (seconds < -62_135_596_800n || seconds > 253_402_300_799n) throw new Error("range");
      return timestampOf(seconds * 1000n);
    }),
    celFunc("string", [TIMESTAMP], STRING, ({ message: { seconds, nanos } }) => {
      const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
      const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
      if (fraction !== "") note("time-as-text");
      return `${text}${fraction}Z`;
    }),
    celFunc("string", [DURATION], STRING, ({ message: { seconds, nanos } }) => {
      if (nanos === 0) return `${seconds}s`;
      note("time-as-text");
      const sign = seconds < 0n || nanos < 0 ? "-" : "";
      const fraction = String(Math.abs(nanos)).padStart(9, "0").replace(/0+$/, "");
      return `${sign}${seconds < 0n ? -seconds : seconds}.${fraction}s`;
    }),
  ];
}

function durationOf(text: string) {
  const result = run("duration(text)", { text });
  if (isCelError(result)) throw result;
  return result as CelInput<typeof DURATION>;
}

function timestampOf(ms: bigint) {
  const seconds = ms / 1000n - (ms % 1000n < 0n ? 1n : 0n);
  return create(TimestampSchema, { seconds, nanos: Number(ms - seconds * 1000n) * 1_000_000 });
}

/** RFC 3339 by the platform's own reading, which accepts only what the calendar has. */
function readTime(text: string): { readonly ms: number; readonly isCut: boolean } | undefined {
  const [, day, clock, fraction = "", zone = ""] =
    /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (day === undefined || clock === undefined || clock.startsWith("24")) return undefined;
  if (!isDay(day)) return undefined;
  const ms = Date.parse(`${day}T${clock}${fraction.slice(0, 4)}${zone}`);
  if (Number.isNaN(ms) || ms < Date.parse("0001-01-01T00:00:00Z")) return undefined;
  if (ms > Date.parse("9999-12-31T23:59:59.999Z")) return undefined;
  return { ms, isCut: /[1-9]/.test(fraction.slice(4)) };
}

function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}
