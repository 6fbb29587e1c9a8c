import { didYouMean, listed, quoted } from "../../text/suggest.ts";
import { refuse } from "../condition-error.ts";
import type { Draft } from "../draft.ts";
import { CONVERSIONS, lowerConversion } from "./conversions.ts";
import { FACT_TESTS, isFactFunction, lowerFactTest } from "./facts.ts";
import { lowerAnomaly } from "./anomaly.ts";
import { lowerLabelsOf, lowerUserSaid } from "./flow.ts";
import type { Call, Lowering, Scope } from "./lowering.ts";
import { lowerHas, lowerOrValue } from "./presence.ts";
import { QUANTIFIERS, lowerQuantifier } from "./quantifiers.ts";
import { STRING_TESTS, lowerMatches, lowerSize, lowerStringTest } from "./strings.ts";

/** Lowers a call of a function of the subset; any other is refused with what to write instead. */
export function lowerCall(call: Call, scope: Scope, lowering: Lowering): Draft {
  const { name, receiver } = call;
  const form = receiver === undefined ? GLOBAL : MEMBER;
  const lower = form.get(name);
  if (lower !== undefined) return lower(call, scope, lowering);
  if (receiver === undefined && isFactFunction(name, lowering)) {
    refuse(call.node, `Read a field of the fact: \`${name}(…).<field>\`.`);
  }
  return refuseCall(call, lowering);
}

type Lower = (call: Call, scope: Scope, lowering: Lowering) => Draft;

const GLOBAL: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["has", lowerHas],
  ["size", lowerSize],
  ["anomaly", lowerAnomaly],
  ["matches", lowerMatches],
  ...[...CONVERSIONS].map((name) => [name, lowerConversion] as const),
]);

const MEMBER: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["size", lowerSize],
  ["matches", lowerMatches],
  ["orValue", lowerOrValue],
  ["userSaid", lowerUserSaid],
  ["of", lowerLabelsOf],
  ...[...STRING_TESTS].map((name) => [name, lowerStringTest] as const),
  ...[...QUANTIFIERS.keys()].map((name) => [name, lowerQuantifier] as const),
  ...[...FACT_TESTS].map((name) => [name, lowerFactTest] as const),
]);

const INSTEAD: ReadonlyMap<string, string> = new Map([
  [
    "map",
    "`map` is not supported; write the test inside `all` or `exists`: `args.items.exists(i, i.price > 3)`.",
  ],
  ["filter", "`filter` is not supported; write `exists(i, …)`, or `exists_one`."],
  ["bind", "`cel.bind` is not supported; write the expression out where it is used."],
  ["existsOne", "Write `exists_one`."],
  [
    "transformList",
    "Macros over two variables are not supported; use `all`, `exists` or `exists_one`.",
  ],
  [
    "transformMap",
    "Macros over two variables are not supported; use `all`, `exists` or `exists_one`.",
  ],
  ["hasValue", "Write `has(a.b)`."],
  ["value", "Optional values end in `.orValue(<literal>)`."],
  ["or", "Optional values end in `.orValue(<literal>)`."],
  ["none", "Optional values are written `a.?b.orValue(<literal>)`."],
  ["type", "`type()` is not supported; types come from the tool's schema."],
  ["dyn", "`dyn()` is not supported; types come from the tool's schema."],
  ["uint", "Unsigned ints are not supported; write `int(…)`."],
  ["bytes", "Bytes are not supported; compare strings."],
  ["lowerAscii", "Case mapping is not supported; list the spellings, or use a typed function."],
  ["upperAscii", "Case mapping is not supported; list the spellings, or use a typed function."],
  ["split", "`split` is not supported; use `startsWith`, `endsWith`, `contains` or `matches`."],
  [
    "substring",
    "`substring` is not supported; use `startsWith`, `endsWith`, `contains` or `matches`.",
  ],
  ["indexOf", "`indexOf` is not supported; write `contains`."],
  ["trim", "`trim` is not supported; use `matches` with a pattern."],
  ["join", "`join` is not supported; use `all` or `exists`."],
  ["format", "`format` is not supported; compare the parts one by one."],
  ["replace", "`replace` is not supported; use `matches` with a pattern."],
  ["includes", "Write `contains` for a part of a string, or `x in list`."],
]);

function refuseCall({ node, name, receiver }: Call, lowering: Lowering): never {
  const instead = INSTEAD.get(name);
  if (instead !== undefined) return refuse(node, instead);
  if (
    /^get(FullYear|Month|Date|DayOf(Month|Week|Year)|Hours|Minutes|Seconds|Milliseconds)$/.test(
      name,
    )
  ) {
    return refuse(
      node,
      'Parts of a time are not supported; compare with `timestamp("2026-01-01T00:00:00Z")`.',
    );
  }
  if (receiver === undefined && FACT_FUNCTIONS.has(name)) {
    return refuse(
      node,
      `${quoted(name)} needs a fact provider of that type, and none was given to the compiler; pass it in \`facts\`.`,
    );
  }
  const known =
    receiver === undefined ? [...GLOBAL.keys(), ...lowering.providers.keys()] : [...MEMBER.keys()];
  const other = receiver === undefined ? MEMBER : GLOBAL;
  if (other.has(name)) {
    return refuse(
      node,
      receiver === undefined ? `Write \`x.${name}(…)\`.` : `Write \`${name}(…)\`.`,
    );
  }
  return refuse(
    node,
    `Unknown function ${quoted(name)}${didYouMean(name, known) || `; there are ${listed(known)}.`}`,
  );
}

const FACT_FUNCTIONS: ReadonlySet<string> = new Set([
  "url",
  "ip",
  "path",
  "shell",
  "sql",
  "email",
  "money",
  "scan",
  "secrets",
  "pii",
]);
