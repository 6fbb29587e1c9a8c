import { compilePolicy } from "@portcullis/core";
import { expect, test } from "vitest";
import {
  ACT_INPUT,
  compileText,
  compileWhen,
  issuesOf,
  policyText,
  scanProvider,
  urlProvider,
} from "./support/compile.ts";

const facts = [urlProvider(), scanProvider()];
const lit = (value: string) => ({ op: "lit", t: "string", value });
const declared = (members: string): string => `portcullis: 1
name: test
tools:
  act: { class: read, input: ${JSON.stringify(ACT_INPUT)}, facts: { dest: { type: url, at: /url, options: { schemes: [https] } }, out: { type: url, at: /note, optional: true }, all: { type: url, at: "/urls/*" } } }
  other: { class: read, input: ${JSON.stringify(ACT_INPUT)}, facts: { dest: { type: url, at: /note } } }
rules:
  - { id: r, effect: forbid, ${members} }
`;
const when = async (cel: string) =>
  (await compileText(declared(`tools: [act], when: ${JSON.stringify(cel)}`), facts)).rules[0]?.when;

test("lowers a typed function to a fact", async () => {
  expect(await compileWhen('url(args.url).host == "a"', { facts })).toEqual({
    op: "eq",
    t: "bool",
    a: { op: "fact", t: "string", type: "url@1", at: "/url", field: "host" },
    b: lit("a"),
  });
  expect(
    await compileWhen('url(args.nested["x-y"], {"schemes": ["http"]}).port > 1', { facts }),
  ).toMatchObject({
    a: { op: "fact", t: "int", at: "/nested/x-y", field: "port", options: { schemes: ["http"] } },
  });
  expect(
    await compileWhen("secrets(args).count > 0 || pii(args.id).count > 0", { facts }),
  ).toMatchObject({
    of: [
      { a: { op: "fact", type: "scan@2", at: "", field: "count", options: { kinds: ["secret"] } } },
      { a: { op: "fact", type: "scan@2", at: "/id", options: { kinds: ["pii"] } } },
    ],
  });
});

test("takes the variable of a quantifier, and ranges over a field", async () => {
  expect(
    await compileWhen('args.urls.all(u, url(u).hostWithin("a.example"))', { facts }),
  ).toMatchObject({
    body: {
      op: "hostWithin",
      a: { op: "fact", at: "", from: "u", field: "host" },
      b: lit("a.example"),
    },
  });
  expect(await compileWhen('url(args.url).parts.exists(p, p == "x")', { facts })).toMatchObject({
    op: "exists",
    over: { op: "fact", t: { list: "string" }, field: "parts" },
    body: { a: { op: "var", t: "string", name: "p", path: [] } },
  });
});

test("reads declared facts, as a whole only below has()", async () => {
  const options = { schemes: ["https"] };
  expect(await when("facts.dest.host == 'a'")).toMatchObject({
    a: { op: "fact", t: "string", type: "url@1", at: "/url", field: "host", options },
  });
  expect(await when("has(facts.out) && facts.out.port > 1")).toMatchObject({
    of: [
      { op: "has", a: { op: "fact", t: { map: "dyn" }, at: "/note", field: "", optional: true } },
      { a: { op: "fact", t: "int", field: "port", optional: true } },
    ],
  });
  expect(await when("facts.all.host.all(h, h == 'a')")).toMatchObject({
    over: { op: "fact", t: { list: "string" }, at: "/urls/*", field: "host" },
  });
  expect(await when('facts.dest.hostWithin("a")')).toMatchObject({
    op: "hostWithin",
    a: { field: "host" },
  });
  const document = await compileText(declared("tools: [act], when: has(facts.out)"), facts);
  expect(document.tools["act"]?.facts?.["dest"]).toEqual({ type: "url@1", at: "/url", options });
  expect(() => compilePolicy(document, { facts })).not.toThrow();
});

test.for<readonly [string, string]>([
  ['url(args.url).hots == "a"', "did you mean `host`?"],
  ['url(args.ur).host == "a"', "did you mean `url`"],
  ['url(context.url).host == "a"', "below `args`"],
  ['url("https://a").host == "a"', "takes a path"],
  ['url(args.url, {"scheme": 1}).host == "a"', "does not accept these options"],
  ['url(args.url, args.note).host == "a"', "literal map"],
  ['url(args.url, {"schemes": ["a"], "schemes": ["b"]}).host == "a"', "occurs twice"],
  ['url(args.url).inCidr("10.0.0.0/8")', "has no predicate `inCidr`"],
  ["url(args.url).hostWithin(args.note)", "a text that stands there"],
  ['args.url.hostWithin("a")', "follows a typed function"],
  ["url(args.url).host == 3", "never equal"],
  ["url(args.url) == args.url", "Read a field of the fact"],
  ["url(args.url).parts[0] == 'a'", "Only the field of a fact"],
  ["has(url(args.url).host)", "takes a path"],
  ["path(args.url).value == 'a'", "needs a fact provider"],
  ["session.calls.all(c, url(c.tool).host == 'a')", "below `args`"],
])("refuses %s", async ([cel, message]) => {
  const issues = await issuesOf(policyText(cel), facts);
  expect(issues.map((issue) => issue.message).join("\n")).toContain(message);
});

test.for<readonly [string, string]>([
  ["tools: [act], when: facts.dst.host == 'a'", "did you mean `dest`?"],
  ["tools: [act], when: facts.dest.hots == 'a'", "did you mean `host`?"],
  ["tools: [act], when: facts.dest == 'a'", "Read a field of the fact"],
  ["tools: [act], when: has(facts.dest.host)", "as a whole"],
  ["tools: [act], when: 'facts.all.hostWithin(\"a\")'", "inside `all` or `exists`"],
  ["tools: [act, other], when: facts.dest.host == 'a'", "differently"],
  ["tools: [act, other], when: facts.out.host == 'a'", "The tool `other` declares no fact `out`"],
])("refuses of declared facts %s", async ([members, message]) => {
  const issues = await issuesOf(declared(members), facts);
  expect(issues.map((issue) => issue.message).join("\n")).toContain(message);
});

test.for<readonly [string, string]>([
  ["{ type: ulr, at: /id }", "did you mean `url`?"],
  ["{ type: url, at: id }", "RFC 6901"],
  ["{ type: url, at: /ids }", "did you mean `id`?"],
  ["{ type: url, at: /id, options: { x: 1 } }", "does not accept these options"],
  ["{ type: url }", "`at` is missing"],
])("refuses the declaration %s", async ([fact, message]) => {
  const text = `portcullis: 1\nname: t\ntools:\n  a: { class: read, input: { type: object, properties: { id: { type: string } } }, facts: { d: ${fact} } }\n`;
  const issues = await issuesOf(text, facts);
  expect(issues.map((issue) => issue.message).join("\n")).toContain(message);
});
