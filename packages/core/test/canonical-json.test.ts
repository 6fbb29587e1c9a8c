import { createContext, runInContext } from "node:vm";
import canonicalizeByNpm from "canonicalize";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CanonicalLimits } from "../src/canonical-json.ts";
import { canonicalize } from "../src/canonical-json.ts";
import { PortcullisError } from "../src/errors.ts";

function refusalOf(value: unknown, limits?: CanonicalLimits): string {
  try {
    canonicalize(value, limits);
  } catch (error) {
    const isRefusal = PortcullisError.isInstance(error) && error.code === "ERR_ARGUMENTS_INVALID";
    if (!isRefusal) throw error;
    return `${error.fields.reason} ${error.fields.issues?.[0]?.path}`;
  }
  return "accepted";
}

// In the text of a value: a member named `__proto__`, or a lone surrogate (others stand as they are).
const HOLDS_WHAT_IS_REFUSED = /(?<!\\)"__proto__":|(?<!\\)(?:\\\\)*\\ud[89a-f]/;

describe("text follows RFC 8785", () => {
  test.for<[string, unknown, string]>([
    ["scalars", [null, true, false, "a"], '[null,true,false,"a"]'],
    [
      "no white space, members sorted",
      { b: [1, { d: 1, c: 2 }], a: {} },
      '{"a":{},"b":[1,{"c":2,"d":1}]}',
    ],
    ["minus zero is zero", [-0, 0], "[0,0]"],
    ["largest and smallest", [Number.MAX_VALUE, 5e-324], "[1.7976931348623157e+308,5e-324]"],
    [
      "exponent from 1e21",
      [1e20, 1e21, 123456789012345680000],
      "[100000000000000000000,1e+21,123456789012345680000]",
    ],
    ["exponent below 1e-6", [1e-6, 1e-7, 0.000001234], "[0.000001,1e-7,0.000001234]"],
    [
      "shortest digits",
      [0.1 + 0.2, Number("9007199254740993"), 333333333.3333333],
      "[0.30000000000000004,9007199254740992,333333333.3333333]",
    ],
    ["integers without a point", [1.0, 4.5, 2e-3, 1e30], "[1,4.5,0.002,1e+30]"],
    [
      "names by UTF-16 code units, not by code points",
      { "\u{1F600}": 1, "\uFB33": 2, "\u20AC": 3, "\r": 4, "1": 5, "\u0080": 6 },
      '{"\\r":4,"1":5,"\u0080":6,"\u20AC":3,"\u{1F600}":1,"\uFB33":2}',
    ],
    ["index-like names as text", { "10": 1, "9": 2, "01": 3, "": 4 }, '{"":4,"01":3,"10":1,"9":2}'],
    ["capital letters first", { a: 1, B: 2, A: 3 }, '{"A":3,"B":2,"a":1}'],
    ["short escapes", '\b\t\n\f\r"\\', '"\\b\\t\\n\\f\\r\\"\\\\"'],
    ["other controls in lower-case hex", "\u0000\u001F\u000B", '"\\u0000\\u001f\\u000b"'],
    ["nothing else is escaped", "/\u007F\u2028\u2029<é€😀", '"/\u007F\u2028\u2029<é€😀"'],
  ])("%s", ([, value, text]) => {
    expect(canonicalize(value).text).toBe(text);
  });

  test.for([
    [["__proto__"], true],
    [{ a: '"__proto__":' }, true],
    [{ 'x"__proto__': 1 }, true],
    ["\\ud800", true],
    [JSON.parse('{"__proto__":1}'), false],
    [["\uD800"], false],
  ])("%j is told apart", ([value, isStrict]) => {
    expect(HOLDS_WHAT_IS_REFUSED.test(JSON.stringify(value))).toBe(!isStrict);
    expect(refusalOf(value) === "accepted").toBe(isStrict);
  });

  test("equals the npm package on plain JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const isStrict = refusalOf(value) === "accepted";
        expect(isStrict).toBe(!HOLDS_WHAT_IS_REFUSED.test(JSON.stringify(value)));
        expect(isStrict ? canonicalize(value).text : "").toBe(
          isStrict ? canonicalizeByNpm(value) : "",
        );
      }),
      { numRuns: 500 },
    );
  });

  test("the copy is what the text says, and says it again", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(refusalOf(value) === "accepted");
        const { value: copy, text } = canonicalize(value);
        expect(copy).toStrictEqual(JSON.parse(text));
        expect(canonicalize(copy).text).toBe(text);
      }),
    );
  });
});

test("many names come in canonical order too", () => {
  const names = Array.from({ length: 40 }, (_, index) => `n${(index * 7) % 40}`);
  const { value, text } = canonicalize(Object.fromEntries(names.map((name) => [name, 0])));
  expect(Object.keys(value as object)).toStrictEqual(names.toSorted());
  expect(text).toBe(`{${names.toSorted().map((name) => `"${name}":0`)}}`);
});

describe("the copy", () => {
  test("is private, deeply frozen and made of ordinary objects", () => {
    const source = { list: [{ a: 1 }], nested: { b: [2] } };
    const copy = canonicalize(source).value as typeof source;
    source.nested.b.push(3);
    expect(copy).toStrictEqual({ list: [{ a: 1 }], nested: { b: [2] } });
    for (const part of [copy, copy.list, copy.list[0], copy.nested, copy.nested.b]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.keys(canonicalize({ b: 1, a: 2 }).value as object)).toStrictEqual(["a", "b"]);
  });

  test("has zero where minus zero came", () => {
    expect(Object.is(canonicalize(-0).value, 0)).toBe(true);
  });

  test("takes objects and arrays of another realm and objects without a prototype", () => {
    const foreign: unknown = runInContext('({ a: [{ b: 1 }], c: "d" })', createContext());
    expect(canonicalize(foreign).text).toBe('{"a":[{"b":1}],"c":"d"}');
    expect(canonicalize(Object.assign(Object.create(null), { a: 1 })).text).toBe('{"a":1}');
  });

  test("holds names of Object.prototype as own members", () => {
    const source = JSON.parse('{"constructor":1,"toString":2,"hasOwnProperty":3}') as object;
    const { value, text } = canonicalize(source);
    expect(text).toBe('{"constructor":1,"hasOwnProperty":3,"toString":2}');
    expect(Object.keys(value as object)).toStrictEqual([
      "constructor",
      "hasOwnProperty",
      "toString",
    ]);
    expect(Object.isFrozen(value)).toBe(true);
  });

  test("is not given to a setter that somebody put on Object.prototype", () => {
    const seen: unknown[] = [];
    const root: object = Object.prototype;
    Object.defineProperty(root, "leak", {
      configurable: true,
      set(value) {
        seen.push(value);
      },
    });
    try {
      expect(
        Object.hasOwn(canonicalize(JSON.parse('{"leak":"secret"}')).value as object, "leak"),
      ).toBe(true);
    } finally {
      Reflect.deleteProperty(Object.prototype, "leak");
    }
    expect(seen).toStrictEqual([]);
  });
});

class Account {
  readonly id = 1;
}
class Items extends Array<number> {}
function argumentsOf(_first: number): unknown {
  return arguments;
}
const cyclic: { self?: unknown } = {};
cyclic.self = { inner: cyclic };
const imitation = { constructor: 1, hasOwnProperty: 1, isPrototypeOf: 1, valueOf: 1 };
const sparse: number[] = [1];
sparse[2] = 3;

describe("refuses what is not JSON", () => {
  test.for<[string, unknown, string]>([
    ["undefined", undefined, ""],
    ["an undefined member", { a: undefined }, "/a"],
    ["an undefined element", [1, undefined], "/1"],
    ["a function", { a: () => 1 }, "/a"],
    ["a symbol", [Symbol("s")], "/0"],
    ["a symbol as a name", { a: { [Symbol("s")]: 1 } }, "/a"],
    ["a hidden symbol as a name", Object.defineProperty({}, Symbol("s"), { value: 1 }), ""],
    ["a bigint", { a: [1n] }, "/a/0"],
    ["NaN", { a: Number.NaN }, "/a"],
    ["Infinity", [Infinity], "/0"],
    ["a high surrogate alone", { a: "x\uD800" }, "/a"],
    ["a low surrogate alone", ["\uDC00\uD800"], "/0"],
    ["a lone surrogate in a name", { "\uD800": 1 }, "/\uD800"],
    ["a sparse array", { a: sparse }, "/a"],
    ["an array with a property", Object.assign([1], { extra: 1 }), ""],
    ["an array with a hidden property", Object.defineProperty([1], "extra", { value: 1 }), ""],
    ["an array with a symbol", Object.assign([1], { [Symbol("s")]: 1 }), ""],
    ["an array whose hole is balanced by a property", Object.assign([1, , 3], { extra: 1 }), "/1"], // oxlint-disable-line no-sparse-arrays
    [
      "an array with a getter",
      Object.defineProperty([1], 0, { get: () => 1, enumerable: true }),
      "/0",
    ],
    ["an instance of a subclass of Array", Items.of(1), ""],
    ["an array without a prototype", Object.setPrototypeOf([1], null), ""],
    ["a Map", { a: new Map() }, "/a"],
    ["a Set", new Set(), ""],
    ["a Date", [new Date(0)], "/0"],
    ["a RegExp", /a/, ""],
    ["a typed array", new Uint8Array(1), ""],
    ["a buffer", new ArrayBuffer(1), ""],
    ["a boxed string", Object("a"), ""],
    ["an error", new Error("e"), ""],
    ["a promise", Promise.resolve(1), ""],
    ["an arguments object", argumentsOf(1), ""],
    ["an instance of a class", { a: new Account() }, "/a"],
    ["an object that inherits", Object.create({ a: 1 }), ""],
    ["an object that inherits from an imitation", Object.create(imitation), ""],
    ["an object that inherits from nothing much", Object.create(Object.create(null)), ""],
    ["an own toJSON", { a: 1, toJSON: () => 2 }, "/toJSON"],
    [
      "a getter",
      {
        get a() {
          return 1;
        },
      },
      "/a",
    ],
    ["a setter", { set a(_: number) {} }, "/a"],
    ["a hidden member", Object.defineProperty({}, "a", { value: 1 }), "/a"],
    ["a member named __proto__", JSON.parse('{"a":{"__proto__":{"b":1}}}'), "/a/__proto__"],
    ["a cycle", cyclic, "/self/inner"],
  ])("%s", ([, value, path]) => {
    expect(refusalOf(value)).toBe(`not-plain ${path}`);
  });

  test("names the place by pointer and holds no value", () => {
    const bad = { "a/b": [{ "c~d": { secret: "swordfish", at: new Date(0) } }] };
    expect(() => canonicalize(bad)).toThrow(
      expect.objectContaining({
        message: 'The value at "/a~1b/0/c~0d/at" is not a plain object.',
        fields: {
          reason: "not-plain",
          issues: [{ path: "/a~1b/0/c~0d/at", message: "is not a plain object" }],
        },
      }),
    );
  });

  test("never calls a getter, toJSON, valueOf or toString", () => {
    let calls = 0;
    const call = (): number => (calls += 1);
    const traps = { toJSON: call, valueOf: call, toString: call };
    const withGetter = Object.defineProperty({}, "a", { get: call, enumerable: true });
    for (const value of [traps, withGetter, { a: withGetter }, [Object.create(traps)]]) {
      expect(refusalOf(value)).toMatch(/^not-plain/);
    }
    const root: object = Object.prototype;
    Object.defineProperty(root, "toJSON", { configurable: true, value: call });
    try {
      expect(canonicalize({ "1": "x", b: [1] }).text).toBe('{"1":"x","b":[1]}');
      expect(canonicalize({ b: [1], a: "x" }).text).toBe('{"a":"x","b":[1]}');
    } finally {
      Reflect.deleteProperty(Object.prototype, "toJSON");
    }
    expect(calls).toBe(0);
  });

  test("leaves undefined members out only when asked, and nothing else", () => {
    const limits = { dropUndefined: true };
    expect(canonicalize({ a: 1, b: undefined, c: { d: undefined } }, limits).text).toBe(
      '{"a":1,"c":{}}',
    );
    expect(refusalOf([undefined], limits)).toBe("not-plain /0");
    expect(refusalOf(undefined, limits)).toBe("not-plain ");
    const accessor = Object.defineProperty({}, "a", { set() {}, enumerable: true });
    expect(refusalOf(accessor, limits)).toBe("not-plain /a");
    expect(refusalOf({ a: () => 1 }, limits)).toBe("not-plain /a");
  });
});

describe("a Proxy", () => {
  test("is read once per property and only that snapshot is used", () => {
    const reads = new Map<PropertyKey, number>();
    const values = ["first", "second", "third"];
    const moving = new Proxy<Record<string, unknown>>(
      { a: "first", b: [1] },
      {
        getOwnPropertyDescriptor(target, name) {
          const count = reads.get(name) ?? 0;
          reads.set(name, count + 1);
          const found = Reflect.getOwnPropertyDescriptor(target, name);
          return name === "a" ? { ...found, configurable: true, value: values[count] } : found;
        },
        get() {
          throw new Error("not by get");
        },
      },
    );
    const { value, text } = canonicalize(moving);
    expect(text).toBe('{"a":"first","b":[1]}');
    expect(value).toStrictEqual({ a: "first", b: [1] });
    expect([...reads]).toStrictEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  test("that throws is refused without its message", () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("swordfish");
        },
      },
    );
    expect(refusalOf({ a: hostile })).toMatch(/^not-plain/);
    expect(() => canonicalize(hostile)).not.toThrow(/swordfish/);
  });

  test("that never ends is refused", () => {
    const handler: ProxyHandler<object> = {
      ownKeys: () => ["a"],
      getOwnPropertyDescriptor: () => ({
        configurable: true,
        enumerable: true,
        value: new Proxy({}, handler),
      }),
    };
    const endless = new Proxy({}, handler);
    expect(refusalOf(endless)).toMatch(/^too-large/);
  });
});

function nested(levels: number): unknown {
  return Array.from({ length: levels }).reduce<unknown>((inner) => [inner], 1);
}

describe("limits", () => {
  test.for<[string, unknown, CanonicalLimits, string]>([
    ["64 levels", nested(64), {}, "accepted"],
    ["65 levels", nested(65), {}, `too-large ${"/0".repeat(64)}`],
    ["20 000 levels", nested(20_000), {}, `too-large ${"/0".repeat(64)}`],
    ["a text of the limit", "x".repeat(1_048_574), {}, "accepted"],
    ["a text over the limit", "x".repeat(1_048_575), {}, "too-large "],
    ["a long name", { ["x".repeat(2_000_000)]: 1 }, {}, `too-large /${"x".repeat(2_000_000)}`],
    ["escapes count", "\n".repeat(10), { maxLength: 21 }, "too-large "],
    ["escapes fit", "\n".repeat(10), { maxLength: 22 }, "accepted"],
    ["small values add up", [1, 2, 3], { maxLength: 6 }, "too-large "],
    ["100 000 values", Array.from({ length: 99_999 }, () => 1), {}, "accepted"],
    ["100 001 values", Array.from({ length: 100_000 }, () => 1), {}, "too-large "],
    ["values in objects count", [{ a: 1 }, { b: 1 }], { maxNodes: 4 }, "too-large /1"],
    ["values of scalars count", [1, { a: 1, b: 2 }, 3], { maxNodes: 5 }, "too-large /2"],
    ["a huge empty array", Object.assign([], { length: 4_000_000_000 }), {}, "too-large "],
  ])("%s", ([, value, limits, expected]) => {
    expect(refusalOf(value, limits)).toBe(expected);
  });

  test("an object met twice is no cycle, but counts twice", () => {
    const shared = { a: 1 };
    expect(canonicalize([shared, shared]).text).toBe('[{"a":1},{"a":1}]');
    const doubling = Array.from({ length: 60 }).reduce<unknown>((inner) => [inner, inner], 1);
    expect(refusalOf(doubling)).toMatch(/^too-large/);
  });
});
