import { evaluate } from "@marcbachmann/cel-js";
import { compilePolicy, evaluatePolicy, trustedPrincipal } from "@portcullis/core";
import type { JsonObject } from "@portcullis/core";
import { expect, test } from "vitest";
import { compileText, policyText } from "./support/compile.ts";

const principal = trustedPrincipal({
  agent: { id: "bot" },
  user: { id: "user:ann", roles: ["support"] },
});
const session = { calls: [], truncated: false, labels: ["untrusted"], turn: 2, startedAt: 0 };
const now = Date.UTC(2026, 10, 20);

/** True, false or error, as a permit and a forbid with the same condition tell. */
async function truth(cel: string, args: JsonObject): Promise<"true" | "false" | "error"> {
  const permit = policyText(cel).replace("effect: forbid", "effect: permit");
  const asPermit = compilePolicy(await compileText(permit));
  const asForbid = compilePolicy(await compileText(policyText(cel)));
  const request = { tool: "act", args, principal, session, now } as never;
  const isPermitted = evaluatePolicy(asPermit, request).verdict === "permit";
  const isForbidden = evaluatePolicy(asForbid, request).code === "forbidden-by-rule";
  if (isPermitted && isForbidden) return "true";
  return isForbidden ? "error" : "false";
}

/** The same by the library that also parses our conditions. */
function reference(cel: string, args: JsonObject): "true" | "false" | "error" {
  const typed = Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      name === "n" || name === "m" ? BigInt(Number(value)) : value,
    ]),
  );
  try {
    const value: unknown = evaluate(cel, { args: typed });
    return value === true ? "true" : value === false ? "false" : "error";
  } catch {
    return "error";
  }
}

const ARGS: readonly JsonObject[] = [
  {
    id: "a",
    n: 7,
    m: 2,
    x: 1.5,
    on: true,
    tags: ["x", "y"],
    note: "hello",
    map: { k: 1 },
    any: 3,
    maybe: null,
  },
  { id: "b", n: -7, m: 0, x: 0, on: false, tags: [], any: "3", maybe: "m" },
];

test.for([
  'args.id == "a"',
  "args.n > 1 && args.x < 2.0",
  "args.n / args.m > 2",
  "args.n % 2 == 1",
  "args.n % 2 == -1",
  "args.n / 2 == -3",
  "-args.n == 7",
  "args.x >= 1",
  "args.n == 7.0",
  'args.note == "hello" || args.id == "b"',
  'args.note == "hello" && args.id == "a"',
  'args.id == "b" || args.note == "x"',
  "!args.on",
  "args.on ? args.n > 0 : args.n < 0",
  'has(args.note) && args.note.startsWith("he")',
  'args.tags.all(t, t == "x")',
  'args.tags.exists(t, t == "x")',
  'args.tags.exists_one(t, t == "x")',
  'args.tags[0] == "x"',
  '"x" in args.tags',
  "args.n in [7, 8]",
  "size(args.tags) == 2",
  "size(args.id) == 1",
  'args.id.matches("^[a-z]$")',
  "args.any == 3",
  "args.any > 2",
  "args.maybe == null",
  'args.maybe == "m"',
  "int(args.x) == 1",
  'string(args.n) == "7"',
  "double(args.n) > 6.5",
  'args.nested.deep == "a"',
  "has(args.nested.deep)",
  '"k" in args.map',
  'timestamp("2026-01-01T00:00:00Z") < timestamp("2026-01-02T00:00:00Z")',
  'duration("1h") > duration("59m")',
])("%s means the same to core and to CEL", async (cel) => {
  for (const args of ARGS) {
    expect(`${JSON.stringify(args)} ${await truth(cel, args)}`).toBe(
      `${JSON.stringify(args)} ${reference(cel, args)}`,
    );
  }
});

test.for<readonly [string, string]>([
  ['"support" in principal.user.roles', "true"],
  ['"admin" in principal.user.roles', "false"],
  ['"untrusted" in flow.session', "true"],
  ["session.turn == 2", "true"],
  ['now > timestamp("2026-11-19T00:00:00Z")', "true"],
  ['args.?note.orValue("none") == "none"', "false"],
  ['session.calls.exists(c, c.tool == "act")', "false"],
  ["flow.userSaid(args.id)", "error"],
  ["context.nothing == 1", "error"],
  // What may be of another type than the branch beside it keeps its own.
  ["int(args.on ? args.any : 1) == 3", "true"],
  ['string(args.on ? args.any : "a") == "3"', "true"],
  ['string(args.?any.orValue("a")) == "3"', "true"],
  ["double(args.on ? args.any : 1.5) + 0.0 == 3.0", "true"],
  ['(args.on ? args.any : "a").startsWith("3")', "error"],
  // Narrower than CEL, whose ints have 64 bits and whose doubles have infinity.
  ["args.n + 9007199254740991 > 0", "error"],
  ["args.x / 0.0 > 1", "error"],
])("%s is %s", async ([cel, expected]) => {
  expect(await truth(cel, ARGS[0] ?? {})).toBe(expected);
});
