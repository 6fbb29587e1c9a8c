import { expect, test } from "vitest";
import { WHEN_COLUMN, issuesOf, policyText } from "./support/compile.ts";

// The marked part (⟦ or ⟦…⟧) is where the problem must be reported; the marks are not in the text.
test.for<readonly [string, string]>([
  // Not CEL.
  ["args.n ⟦= 3", "write `==`"],
  ["args.on ⟦and args.on", "write `&&`"],
  ["args.on ⟦& args.on", "write `&&`"],
  ['args.id == ⟦"a', "Unterminated string"],
  ["⟦", "is empty"],
  ["(args.on⟦", "Not CEL"],
  ["⟦if", "reserved"],
  // Constructs outside of the subset.
  ["⟦args.tags.map(t, t) == args.tags", "`map` is not supported"],
  ['size(⟦args.tags.filter(t, t == "a")) > 0', "write `exists(i, …)`"],
  ["⟦cel.bind(a, args.n, a > 3)", "`cel.bind` is not supported"],
  ['⟦args.id + "a" == "b"', "does not join strings"],
  ['args.id == ⟦b"a"', "Bytes are not supported"],
  ["args.n == ⟦3u", "Unsigned ints"],
  ['args.tags[⟦args.n] == "a"', "An index is a whole number"],
  ['args.tags[⟦-1] == "a"', "An index is a whole number"],
  ["args.id in [⟦args.note]", "holds only constants"],
  ['args.any == ⟦{"a": 1}', "A map is only supported as the options"],
  ["args.id.matches(⟦args.note)", "patterns from data"],
  ['args.id.matches(⟦"(?=a)")', "RE2 syntax"],
  ['args.id.matches(⟦"(a)\\\\1")', "RE2 syntax"],
  ['args.id.matches(⟦"((a{20}){20}){2}")', "multiply to over 100"],
  [`args.id.matches(⟦"${"a".repeat(257)}")`, "at most 256"],
  ['⟦args.?note == "a"', "One optional member at the end"],
  ['⟦args.?nested.deep.orValue("") == "a"', "`orValue` follows an optional member"],
  ['⟦args.?nested.?deep.orValue("") == "a"', "One optional member"],
  ['args.?note.orValue(⟦args.id) == "a"', "takes one literal"],
  ["⟦args.?note.hasValue()", "has(a.b)"],
  ["⟦optional.of(args.n) == args.n", "Write `flow.of(args.x)`"],
  ["has(⟦args)", "takes a member"],
  ['has(⟦args["note"])', "in args"],
  ["⟦type(args.n) == int", "`type()` is not supported"],
  ["⟦dyn(args.n) == 3", "`dyn()` is not supported"],
  ["⟦now.getFullYear() > 2026", "Parts of a time"],
  ['⟦args.id.lowerAscii() == "a"', "Case mapping"],
  ['⟦startsWith(args.id, "a")', "x.startsWith"],
  ['⟦args.id.startWith("a")', "did you mean `startsWith`?"],
  ["⟦has(args.note, args.id)", "takes one member"],
  ['⟦url(args.url).host == "a"', "needs a fact provider"],
  ['⟦facts.dest.host == "a"', "declares no fact `dest`"],
  ['"secret" in flow.of(⟦context.a)', "below `args`"],
  ["⟦flow == flow", "Read `flow.session`"],
  ["flow.userSaid(⟦context.a)", "below `args`"],
  ["⟦args.userSaid(args.id)", "flow.userSaid"],
  // JSON has no times, so what is untyped is never one.
  ["(args.on ? ⟦context.end : now) <= now", "write `timestamp(…)`"],
  ["(args.on ? now - now : ⟦context.length) <= now - now", "write `duration(…)`"],
  ["now in ⟦context.ends", "write `timestamp(…)`"],
  ["now in ⟦args.any", "write `timestamp(…)`"],
  ["now in ⟦[1, 'a']", "write `timestamp(…)`"],
  ["⟦session.calls == args.any", "holds times"],
  ["args.any == ⟦session.calls[0]", "holds times"],
  ["⟦session == context.a", "holds times"],
  ["session.calls.exists(c, ⟦c in context.calls)", "holds times"],
  ["args.any in ⟦session.calls", "holds times"],
  ['duration(⟦"2562048h") > duration("1h")', "Not a duration"],
  ["⟦anomaly(args.x) > 3.0", "`anomaly` is not supported"],
  ["args.tags.all(⟦args, true)", "is taken"],
  ["args.tags.all(t, args.tags.all(⟦t, true))", "is taken"],
  ["args.tags.all(a, args.tags.all(b, ⟦args.tags.all(c, true)))", "nested at most 2"],
  ["⟦args.tags.all(i, t, true)", "two variables"],
  // Types.
  ["args.⟦amuont > 3", "has no member `amuont`"],
  ["args.⟦not > 3", "did you mean `note`"],
  ['args.nested.⟦dep == "a"', "did you mean `deep`"],
  ["args.items.exists(i, i.⟦prize > 1.0)", "did you mean `price`"],
  ["args.tags.⟦size == 1", "is a list, which has no member"],
  ["args.id.⟦x == 1", "is a string, which has no members"],
  ['args.nested[⟦0] == "a"', "its keys are texts"],
  ["⟦args.id == 1", "they are never equal. Write the text in quotes."],
  ['⟦args.n == "1"', "Write the number without quotes."],
  ["⟦args.id == null", "is never null"],
  ["⟦args.id < 3", "they have no order"],
  ["⟦args.on < true", "has no order"],
  ['⟦args.tags == "a"', "never equal"],
  ['args.color == ⟦"blue"', "is no value of its enum"],
  ['args.color in ⟦["red", "gren"]', "did you mean `green`"],
  ["⟦args.n && args.on", "not true or false"],
  ["⟦args.n", "This must be true or false"],
  ["⟦args.any", "This must be true or false"],
  ["!⟦args.id", "not true or false"],
  ["args.n in ⟦args.id", "looks into a list"],
  ["⟦args.n in args.tags", "the elements of `args.tags` are strings"],
  ["⟦3 in args.map", "Keys of a mapping are strings"],
  ['⟦"amuont" in args', "never has a member"],
  ["⟦args.n + 1.0 > 2", "they do not mix"],
  ["⟦args.x + 1 > 2", "Write the number with a point"],
  ["⟦args.any + 1 > 2", "they do not mix"],
  ["⟦args.x % 2.0 == 1", "is for two ints"],
  ["⟦args.maybe + 1.0 > 2", "does not join strings"],
  ["⟦-args.id == 1", "is for numbers"],
  ["⟦int(args.tags) > 1", "does not take a list"],
  ["now > ⟦context.deadline", "write `timestamp(…)`"],
  ["⟦now > args.when", "Write `timestamp(…)` around the string."],
  ['now > timestamp(⟦"2026-02-30T00:00:00Z")', "Not a time"],
  ['duration(⟦"1 hour") > duration("1h")', "Not a duration"],
  ['⟦args.tags.startsWith("a")', "is for strings"],
  ["size(⟦args.n) > 1", "`size` is for"],
  ["⟦args.n.all(a, true)", "looks at the elements"],
  ["args.tags.all(t, ⟦t)", "not true or false"],
  ["(⟦args.on ? 1 : 1.0) > 1", "One branch is an int, the other a double"],
  ["args.?x.orValue(⟦0) > 1", "such as `0.0`"],
  ["args.n == ⟦9007199254740992", "2^53−1"],
  ["args.n == ⟦-9007199254740992", "2^53−1"],
  ["args.x == ⟦1e999", "Not CEL"],
  ["has(⟦args.nothing)", "has no member `nothing`"],
  ['⟦resource.id == "a"', "declares no `resource`"],
  ['session.calls.exists(c, c.⟦args.order == "a")', "there are `tool`, `outcome`, `at`"],
  ['session.calls.exists(c, c.tool == ⟦"othr")', "did you mean `other`"],
  ['session.calls.exists(c, c.outcome == ⟦"complete")', "did you mean `completed`"],
  ['tool.class == ⟦"wriet"', "did you mean `write`"],
  ['⟦"supprt" in principal.user.roles', "is no declared role; did you mean `support`"],
  ['principal.agent.roles.exists(r, r == ⟦"root")', "is no declared role"],
  ['principal.agent.roles == ⟦["root"]', "is no declared role"],
  ["⟦amount > 3", "Unknown name `amount`"],
  ["⟦arg.n > 3", "did you mean `args`"],
  ["(⟦args.on ? args.any : 1) + 1 > 1", "they do not mix"],
  ["(⟦args.any.?b.orValue(1)) + 1 > 1", "they do not mix"],
])("refuses %s", async ([marked, message]) => {
  const when = marked.replace(/[⟦⟧]/g, "");
  const issues = await issuesOf(policyText(when));
  expect(issues.map((issue) => issue.message).join("\n")).toContain(message);
  const found = issues.find((issue) => issue.message.includes(message));
  const marks = JSON.stringify(marked).indexOf("⟦");
  // The text stands in double quotes, so the mark's column is its index in the JSON text.
  expect(found?.column).toBe(WHEN_COLUMN - 1 + marks);
});

test("lists every problem of a condition, not only the first", async () => {
  const issues = await issuesOf(
    policyText(
      'args.nope == 1 && args.id == 2 && args.tags.map(t, t) == [] && args.color == "blue"',
    ),
  );
  expect(issues.map(({ message }) => message.split(/[;.,]/)[0])).toHaveLength(4);
});

test.for<readonly [string, string, string]>([
  ["operators", `${"!".repeat(200)}args.on`, "nested more than 64 deep"],
  ["operators that the parser recurses on", `${"!".repeat(8000)}args.on`, "deep"],
  ["a chain", `args.n > ${Array.from({ length: 400 }, () => "1").join("+")}`, "deep"],
  ["parentheses", `${"(".repeat(400)}args.on${")".repeat(400)}`, "too large"],
  ["bytes", `args.id == "${"é".repeat(4100)}"`, "8192 bytes"],
  ["parts", Array.from({ length: 800 }, () => "args.n>1").join("||"), "at most"],
  ["list", `args.n in [${"1,".repeat(4097)}]`, "at most"],
])("holds a condition to the cap of %s", async ([, when, message]) => {
  const issues = await issuesOf(policyText(when));
  expect(issues.map((issue) => issue.message).join("\n")).toContain(message);
});
