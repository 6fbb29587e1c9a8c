import type { Risk, RiskFactor, RiskLevel, ToolClass } from "@portcullis/core";
import { compileCondition } from "../cel/compile-condition.ts";
import { matchShape } from "../shape/read-shape.ts";
import { riskFactorShape, riskShape } from "../shape/risk-shape.ts";
import type { RiskLevelSource, RiskSource } from "../shape/risk-shape.ts";
import type { TOOL_CLASSES } from "../shape/tool-shape.ts";
import { locate, placeOf } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { formatPlace } from "../source/source-text.ts";
import { compileApproval } from "./approval.ts";
import type { ReadFile } from "./build.ts";
import { scalarOf } from "./build.ts";
import { conditionContext } from "./surroundings.ts";
import type { Surroundings } from "./surroundings.ts";

/** Base score of each class where a policy says nothing. */
const DEFAULT_RISK_BASE: Readonly<Record<ToolClass, number>> = {
  read: 5,
  write: 30,
  delete: 60,
  execute: 60,
  send: 40,
  pay: 50,
  delegate: 20,
};

/** Compiles `risk:` of the main file. */
export function compileRisk(main: ReadFile, surroundings: Surroundings): Risk {
  const located = locate(main.content, ["risk"]);
  const source = located === undefined ? undefined : matchShape(riskShape, located);
  const add = located === undefined ? [] : compileFactors(located, surroundings);
  if (located === undefined || source === undefined) {
    return { base: DEFAULT_RISK_BASE, add, approval: [] };
  }
  const deny = denyOf(source);
  return {
    base: baseOf(source),
    add,
    approval: compileLevels(source, located, surroundings),
    ...(deny === undefined ? {} : { deny }),
  };
}

function baseOf({ base = {} }: RiskSource): Risk["base"] {
  const score = (name: ToolClass): number => base[name] ?? DEFAULT_RISK_BASE[name];
  return {
    read: score("read"),
    write: score("write"),
    delete: score("delete"),
    execute: score("execute"),
    send: score("send"),
    pay: score("pay"),
    delegate: score("delegate"),
  } satisfies Record<(typeof TOOL_CLASSES)[number], number>;
}

/** Additions count for every tool, so they must fit every tool of the catalogue. */
function compileFactors(risk: Located, surroundings: Surroundings): readonly RiskFactor[] {
  const list = locate(risk, ["add"]);
  if (list?.kind !== "list") return [];
  return list.items.flatMap((located, index) => {
    const when = scalarOf(located, "when");
    const source = matchShape(riskFactorShape, located);
    if (when === undefined || source === undefined) return [];
    const path = ["risk", "add", index, "when"];
    const entries = [...surroundings.catalogue.values()];
    const condition = compileCondition(when, conditionContext(surroundings, entries, path));
    if (condition === undefined) return [];
    const { points, factor } = source;
    return [{ when: condition, points, factor, at: formatPlace(when), text: source.when }];
  });
}

function denyOf({ thresholds }: RiskSource): Risk["deny"] {
  const deny = thresholds?.deny;
  if (deny === undefined) return undefined;
  if (typeof deny === "number") return { from: deny };
  return {
    from: deny.from,
    ...(deny.notify === undefined ? {} : { notify: { channel: deny.notify.channel } }),
  };
}

function compileLevels(
  { thresholds }: RiskSource,
  risk: Located,
  { approval, roles, build }: Surroundings,
): readonly RiskLevel[] {
  const written = thresholds?.approval;
  if (written === undefined) return [];
  const sources = toLevels(written);
  const levels = sources.map((source, index): RiskLevel => {
    const inner = [
      "thresholds",
      "approval",
      ...(sources.length > 1 || isLevels(written) ? [index] : []),
    ];
    const located = locate(risk, inner) ?? risk;
    const path = ["risk", ...inner];
    const earlier = sources.findIndex(({ from }) => from === source.from);
    if (earlier < index) {
      build.issues.add(
        placeOf(located, ["from"]),
        [...path, "from"],
        "Two levels begin at the same score; remove one.",
      );
    }
    const deny = denyOf({ thresholds });
    if (deny !== undefined && source.from >= deny.from) {
      build.issues.add(
        placeOf(located, ["from"]),
        [...path, "from"],
        "From the score of `deny` on every call is refused; begin this level below it.",
      );
    }
    const terms = compileApproval(source, { located, path, defaults: approval, roles, build });
    return { from: source.from, ...terms };
  });
  return levels.toSorted((a, b) => a.from - b.from);
}

type Written = NonNullable<NonNullable<RiskSource["thresholds"]>["approval"]>;

function toLevels(written: Written): readonly RiskLevelSource[] {
  if (typeof written === "number") return [{ from: written }];
  return isLevels(written) ? written : [written];
}

function isLevels(written: Written): written is readonly RiskLevelSource[] {
  return Array.isArray(written);
}
