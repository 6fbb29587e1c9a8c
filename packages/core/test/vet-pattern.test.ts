import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyPattern } from "../src/json-schema/vet-pattern.ts";
import { countSteps } from "./support/count-steps.ts";

const NATIVE = [
  "", "^", "$", "abc", "^[a-z]+$", "^a*b", "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$",
  "^\\d{4}-\\d{2}-\\d{2}$", "^\\d{1,3}(\\.\\d{1,3}){3}$", "^(?:ab)*$", "^(?<year>\\d{4})$",
  "^[\\w\\-.]+$", "^\\p{L}+$", "^\\u{1F600}*$", "^[^\\]]*\\]$", "a|b|c", "(a|b|c)x", "^(a|b)c*d$",
  "^.{1,5000}$", "a{0,300}", "^(?:a{2}){2,3}$", "^[(a+)+]*$", "^\\(a*\\)$", "\\bcat\\b", "^\\x61*$",
  "^\\cA*$", "^a{3,}$", "^a*?b", "^(?:(?:ab){3})*$", "^[\\](a+)+]$", "[{}]", "^\\{a*\\}$",
]; // prettier-ignore

const LINEAR = [
  "a*b", "\\s+$", "a+", "^(a+)+$", "^(a*)*$", "^(a|a)*$", "^(a|ab)+$", "^(a?)*$", "^(a{1,2})*$",
  "^a*a*$", "^a+b+$", "^a$|^b*$", "(^a*b)", "(?:^a*)b", "a{0,1000}b", "(a|b|c){10}",
  `^${"a?".repeat(30)}${"a".repeat(30)}$`, `^${"(a|a)".repeat(30)}$`, "^(?:(?:a{0,9}){0,9}){0,9}$",
  "^([a-z]{1,30} ?){1,30}$", "^a{1000000}$", "^a{0,1000}a*$", "^(a{1,2}|b)*$", "^[a]*[a]*$",
  "^(?:(?:){10000}){10000}$", "(?:a|b)*c",
  "^\\u{1}(a+)+$",
]; // prettier-ignore

describe("native", () => {
  test.for(NATIVE)("%s", (source) => {
    expect(classifyPattern(source).kind).toBe("native");
  });
});

test("a lazy repeat costs what a greedy one does", () => {
  for (const count of ["*", "+", "?", "{2,5}", "{2,}"]) {
    expect(classifyPattern(`^a${count}?b`)).toStrictEqual(classifyPattern(`^a${count}b`));
  }
});

describe("linear", () => {
  test.for(LINEAR)("%s", (source) => {
    expect(classifyPattern(source).kind).toBe("linear");
  });
});

describe("refused", () => {
  test.for<[string, string]>([
    ["(a)\\1", "backreference"],
    ["(?<x>a)\\k<x>", "backreference"],
    ["^(?:(a)|b)\\1$", "backreference"],
    ["(?=a)", "lookaround"],
    ["(?!a)b", "lookaround"],
    ["(?<=a)b", "lookaround"],
    ["(?<!a)b", "lookaround"],
    ["^(?:a(?=b))*$", "lookaround"],
    ["(", "regular expression"],
    ["a{,5}", "regular expression"],
    ["\\-", "regular expression"],
    ["[b-a]", "regular expression"],
    ["*", "regular expression"],
    ["a".repeat(1025), "1024"],
  ])("%s", ([source, reason]) => {
    const verdict = classifyPattern(source);
    expect(verdict).toMatchObject({ kind: "refused", reason: expect.stringContaining(reason) });
  });

  test.for(["", "g", "gu", "y", "m", "mu", "v", "uu", "x"])("the flags %s", (flags) => {
    expect(classifyPattern("a", flags).kind).toBe("refused");
  });

  test.for(["u", "iu", "su", "isu"])("not the flags %s", (flags) => {
    expect(classifyPattern("^a", flags).kind).toBe("native");
  });
});

const TAILS = ["", "!", "b", "\n", "é", "-", ")"];
const SEEDS = ["a", "ab", "aab", "1", "1.", " ", "abc", "😀", "{", "(", "]", "a1", "\u0001"];

/** How many times more steps the worst text of four times the length takes. */
function growthOf(source: string, length: number): number {
  return worstOf(source, 4 * length) / worstOf(source, length);
}

function worstOf(source: string, length: number): number {
  const counts = SEEDS.flatMap((seed) =>
    TAILS.map((tail) =>
      countSteps(source, seed.repeat(Math.ceil(length / seed.length)).slice(0, length) + tail),
    ),
  );
  return 1 + Math.max(...counts);
}

function join(items: readonly (readonly [string, string])[]): string {
  return items.map(([item, count]) => item + count).join("");
}

describe("what runs natively is linear", () => {
  test.for(NATIVE)("four times the text takes at most 6 times the steps: %s", (source) => {
    expect(growthOf(source, 64)).toBeLessThanOrEqual(6);
  });

  test.for(["a*b", "\\s+$", "^(a+)+$", "^a*a*$", "(?:a|b)*c", "^[a]*[a]*$"])(
    "and of %s, which is not native, more",
    (source) => {
      expect(growthOf(source, source === "^(a+)+$" ? 4 : 64)).toBeGreaterThan(6);
    },
  );

  test("so are random ones", () => {
    expect.hasAssertions();
    const atom = fc.constantFrom("a", "b", "[ab]", ".", "\\w", "(?:a|b)", "(a)", "(?:ab)");
    const repeat = fc.constantFrom("", "*", "+", "?", "{0,3}", "{2}", "{1,}");
    const sequence = fc.array(fc.tuple(atom, repeat), { minLength: 1, maxLength: 5 });
    const group = fc.tuple(sequence, repeat).map(([items, count]) => `(?:${join(items)})${count}`);
    const body = fc.array(
      fc.oneof(
        sequence.map((items) => join(items)),
        group,
      ),
      { maxLength: 3 },
    );
    const source = fc.tuple(fc.constantFrom("^", ""), body, fc.constantFrom("$", "c", ""));
    fc.assert(
      fc.property(source, ([start, parts, end]) => {
        const pattern = `${start}${parts.join("")}${end}`;
        const isNative = classifyPattern(pattern).kind === "native";
        expect(isNative ? growthOf(pattern, 24) : 1).toBeLessThanOrEqual(6);
      }),
      { numRuns: 200 },
    );
  });
});

test("vetting itself ends on hostile patterns", () => {
  const hostile = [
    "(".repeat(500) + ")".repeat(500),
    "(?:".repeat(250) + ")*".repeat(250),
    "(?:".repeat(80) + "){0,9999}".repeat(80),
    `^(?:${"(?:)".repeat(200)}){9999}$`,
    "(?:(?:(?:){9999}){9999}){9999}",
    "(?:|".repeat(200) + ")".repeat(200),
    "(?:a{9}){9}".repeat(90),
    "(?:){999999999}",
    `^(?:${"(?:)".repeat(200)}){99999}$`,
  ];
  for (const source of hostile) expect(classifyPattern(source)).toHaveProperty("kind");
});
