import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "../src/json.ts";
import { userSaid } from "../src/user-said.ts";

type Case = readonly [value: Json, words: string];

describe("said", () => {
  test.for<Case>([
    ["ann@x.com", "Write to ann@x.com."],
    ["ann@x.com", "ann@x.com"],
    ["ann@x.com", "(ann@x.com), please"],
    ["ann@x.com", "<ann@x.com>"],
    ["ann@x.com", "Is it ann@x.com?"],
    ["ann@x.com", "'ann@x.com'"],
    ["Ann@X.com", "write to ann@x.COM"],
    ["Straße 1", "Go to STRAßE 1"],
    ["ÀÉ", "to àé"],
    ["a  b\nc", "x a b c y"],
    ["file", "the ﬁle"],
    ["file", "the ｆｉｌｅ"],
    ["ﬁle", "the ﬁle"],
    ["ｆｉｌｅ", "the ｆｉｌｅ"],
    ["你好，世界", "说 你好，世界"],
    ["a\u00A0b", "x a b c"],
    ["a b", "x a\u00A0b c"],
    ["caf\u00E9", "the cafe\u0301"],
    ["cafe\u0301", "the café"],
    ["bill-december.txt", "pay 'bill-december.txt' now"],
    ["Paul", "pay Paul's bill"],
    ["Paul", "pay Paul’s bill"],
    ["https://x.com/a", "open https://x.com/a, then stop"],
    ["https://x.com", "open https://x.com/"],
    ["GB29NWBK60161331926819", "to GB29NWBK60161331926819."],
    ["12", "give me 12"],
    ["12", "$12 please"],
    ["12", "12, then 13"],
    ["日本", "行く 日本 へ"],
    ["😀 ok", "say 😀 ok!"],
    [10, "pay 10"],
    [10, "pay 10.00"],
    [10, "pay $10"],
    [10, "pay $10."],
    [10, "pay €10, please"],
    [10, "pay 10 EUR"],
    [10, "(10)"],
    [10, "10"],
    [10.5, "pay 10.50"],
    [1000, "pay 1,000"],
    [1000.5, "pay 1,000.50"],
    [1234567, "pay 1,234,567"],
    [-5, "set it to -5"],
    [0, "set it to 0"],
    [0.1, "0.1"],
    [10, "１０"],
    [true, "make it true"],
    [false, "make it False"],
    [null, "set it to null"],
    [["ann", 10], "pay ann 10"],
    [[["a"], "b"], "a and b"],
    [{ to: "ann", amount: 10 }, "pay ann 10"],
    [{ deep: { to: ["ann"] } }, "pay ann"],
  ])("%j by %j", ([value, words]) => {
    expect(userSaid(value, [words])).toBe(true);
  });
});

describe("not said", () => {
  test.for<Case>([
    ["mıcrosoft.com", "open microsoft.com"],
    ["giessen.de", "open gießen.de"],
    ["gießen.de", "open giessen.de"],
    ["Straße 1", "Go to STRASSE 1"],
    ["ﬁle", "the file"],
    ["ｆｉｌｅ", "the file"],
    ["ſecret", "the secret"],
    ["ann@x․com", "write to ann@x.com"],
    ["\u212A9", "call K9"],
    ["ⓐnn", "call ann"],
    ["ＡＮＮ", "call ａｎｎ"],
    ["ann", "ann‿evil"],
    ["12", "12٫5"],
    [12, "12٬500"],
    [10, "pay 10 000 euro"],
    [0, "pay 10 000 euro"],
    [10000, "pay 10 000 euro"],
    [10, "pay 10\u00A0000"],
    [5, "5 000 000.50"],
    ["12", "2012"],
    ["12", "12.5"],
    ["12", "1.12"],
    ["12", "12,500"],
    ["12", "-12"],
    ["12", "+12"],
    ["12", "−12"],
    ["12", "x12"],
    ["12", "12x"],
    ["12", "12_3"],
    ["12", "12-3"],
    ["12", "12:30"],
    ["12", "12/3"],
    ["12", "12é"],
    ["12", "12\u0301"],
    ["12", "12\u200B34"],
    ["12", "12٣"],
    ["12", "12𝟑"],
    ["ann@x.com", "joann@x.com"],
    ["ann@x.com", "jo.ann@x.com"],
    ["ann@x.com", "jo+ann@x.com"],
    ["ann@x.com", "ann@x.com.evil"],
    ["ann@x.com", "ann@x.com-evil.org"],
    ["ann@x.com", "ann@x.company"],
    ["ann@x.com", "ann@x.com@evil.org"],
    ["x.com", "ann@x.com"],
    ["x.com", "https://x.com"],
    ["ann", "ann@x.com"],
    ["ann", "joann"],
    ["ann", "anna"],
    ["ann", "ann's-evil"],
    ["ann", "ann'sevil"],
    ["ann", "O'ann"],
    ["ann", "ann…evil"],
    ["ann", "𝒳ann"],
    ["https://x.com", "https://x.com.evil/"],
    ["https://x.com/a", "https://x.com/a/b"],
    ["https://x.com/a", "https://x.com/ab"],
    ["https://x.com/a", "https://x.com/a?b=c"],
    ["/etc", "/etc/passwd"],
    ["etc/passwd", "/etc/passwd"],
    ["file", "./file"],
    ["file", "~file"],
    ["/etc", "x/etc"],
    ["GB29NWBK60161331926819", "XGB29NWBK60161331926819"],
    ["GB29NWBK60161331926819", "GB29NWBK601613319268190"],
    ["GB29NWBK60161331926819", "GB29NWBK60161331926819-X"],
    ["pay bob", "pay ann and bob"],
    ["", "anything"],
    [" ", "any thing"],
    ["\u200B", "a\u200Bb"],
    [".", "a. b"],
    ["@", "ann @ x"],
    [10, "100"],
    [10, "110"],
    [10, "10.5"],
    [10, "10.05"],
    [10, "1,010"],
    [10, "10,000"],
    [10, "10,00"],
    [10, "1e10"],
    [10, "10e2"],
    [10, "10k"],
    [10, "x10"],
    [10, "-10"],
    [10, "10-20"],
    [20, "10-20"],
    [10, "10/20"],
    [10, "10:30"],
    [10, "v10.1.2"],
    [10, "2012-10-01"],
    [5, ".5"],
    [-5, "5"],
    [-5, "10-5"],
    [-10, "x-10"],
    [1, "1,0"],
    [1000, "1,00,0"],
    [1234567, "1234,567"],
    [10, "ten"],
    [10, "٣"],
    [101, "10½"],
    [1e16, "10000000000000001"],
    [0.1, "0.10000000000000001"],
    [true, "untrue"],
    [[], "anything"],
    [{}, "anything"],
    [[[]], "anything"],
    [["ann", []], "ann"],
    [["ann", "bob"], "pay ann"],
    [["bob", "ann"], "pay ann"],
    [{ to: "ann", amount: 10 }, "pay ann"],
    [{ to: "ann", note: "" }, "pay ann"],
  ])("%j by %j", ([value, words]) => {
    expect(userSaid(value, [words])).toBe(false);
  });

  test("a value across two of the user's messages", () => {
    expect(userSaid("pay bob", ["pay", "bob"])).toBe(false);
    expect(userSaid(["pay", "bob"], ["pay", "bob"])).toBe(true);
  });

  test("anything where the user said nothing", () => {
    expect(userSaid("a", [])).toBe(false);
    expect(userSaid("a", [""])).toBe(false);
  });
});

describe("for all inputs", () => {
  const token = fc.stringMatching(/^[a-z0-9]{1,8}(?:[@.-][a-z0-9]{1,8}){0,2}$/);

  test("a token between spaces is said", () => {
    fc.assert(
      fc.property(token, fc.array(token), fc.array(token), (value, left, right) => {
        expect(userSaid(value, [[...left, value, ...right].join(" ")])).toBe(true);
      }),
    );
  });

  test("a part of a longer token is not said by it alone", () => {
    fc.assert(
      fc.property(
        token,
        fc.stringMatching(/^[a-z0-9]{1,4}$/),
        fc.boolean(),
        (value, more, front) => {
          const longer = front ? more + value : value + more;
          fc.pre(!longer.split(/[@.-]/).includes(value) || value.length === longer.length);
          expect(userSaid(value, [longer])).toBe(false);
        },
      ),
    );
  });

  test("a number is said by its own decimal spellings and not by a longer one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 0, max: 9 }),
        (value, digit) => {
          expect(userSaid(value, [`pay ${value} now`])).toBe(true);
          expect(userSaid(value, [`pay ${value}.00 now`])).toBe(true);
          expect(userSaid(value, [`pay ${value}${digit} now`])).toBe(false);
          expect(userSaid(value, [`pay ${value}.${digit}1 now`])).toBe(false);
        },
      ),
    );
  });

  test("nothing throws, whatever is asked", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.string({ unit: "binary" })), (value, words) => {
        expect(typeof userSaid(value as Json, words)).toBe("boolean");
      }),
    );
  });

  test("repetitive texts stay linear", () => {
    const text = "a".repeat(200_000);
    // Quadratic, this would take minutes and so the test's time.
    expect(userSaid("a".repeat(100_000), [text])).toBe(false);
    expect(userSaid(`-${"-a".repeat(50_000)}`, ["-a".repeat(100_000)])).toBe(false);
  });
});
