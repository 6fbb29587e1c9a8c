import type { Budget, Limit, Rate } from "@portcullis/core";
import { compileCondition } from "../cel/compile-condition.ts";
import { LIMIT_SCOPES, brokenLimitShape, limitShape } from "../shape/limit-shape.ts";
import type { LimitSource } from "../shape/limit-shape.ts";
import { matchShape } from "../shape/read-shape.ts";
import { locate, placeOf } from "../source/located.ts";
import type { LocatedScalar } from "../source/located.ts";
import { formatPlace } from "../source/source-text.ts";
import { parseDuration } from "../units/duration.ts";
import { parseRate } from "../units/rate.ts";
import type { Part, ReadFile } from "./build.ts";
import { entriesOf, originKey, scalarOf } from "./build.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { conditionContext } from "./surroundings.ts";
import type { Surroundings } from "./surroundings.ts";
import { resolveToolChoice } from "./tool-choice.ts";
import { createIdCheck } from "./unique-ids.ts";

const TOKENS = "tokens";

/** Unites and compiles the limits of all files, in their order. */
export function compileLimits(
  files: readonly ReadFile[],
  surroundings: Surroundings,
): readonly Limit[] {
  const { build } = surroundings;
  const checkId = createIdCheck("limit", build);
  return files
    .flatMap((file) => entriesOf(file, "limits"))
    .flatMap((part, index) => {
      build.origins.set(originKey(["limits", index]), part);
      const id = scalarOf(part.located, "id");
      if (typeof id?.value === "string") checkId(id.value, id, [...part.path, "id"]);
      const source = matchShape(limitShape, part.located);
      if (source !== undefined) return [compileLimit(source, part, surroundings)];
      // Its form was reported; what else is wrong with it is looked for as well.
      const broken = matchShape(brokenLimitShape, part.located);
      if (broken !== undefined) compileLimit(broken, part, surroundings);
      return [];
    });
}

function compileLimit(source: LimitSource, part: Part, surroundings: Surroundings): Limit {
  const { build, catalogue } = surroundings;
  const { located, path } = part;
  const { names, entries } = resolveToolChoice(source.tools, { located, path, catalogue, build });
  const rates = compileRates(source, part, surroundings);
  const budget = compileBudget(source, { part, entries, surroundings });
  return {
    id: source.id,
    ...(names === undefined ? {} : { tools: names }),
    per: LIMIT_SCOPES.filter((scope) => source.per.includes(scope)),
    ...(rates.length === 0 ? {} : { rates }),
    ...(budget === undefined ? {} : { budget }),
    ...(source.concurrent === undefined ? {} : { concurrent: source.concurrent }),
    at: formatPlace(placeOf(located, ["id"])),
  };
}

/** Reads `rate`, one or a list of windows, and `burst`. */
function compileRates(
  source: LimitSource,
  { located, path }: Part,
  { build }: Surroundings,
): readonly Rate[] {
  const { rate, burst } = source;
  const written = rate === undefined ? [] : typeof rate === "string" ? [rate] : rate;
  const rates = written.flatMap((text, index): Rate[] => {
    const inner = typeof rate === "string" ? ["rate"] : ["rate", index];
    const result = parseRate(text);
    if (result.ok) return [{ count: result.count, windowSeconds: result.windowSeconds }];
    build.issues.add(placeOf(located, inner), [...path, ...inner], result.message);
    return [];
  });
  if (burst === undefined) return rates;
  const [only] = rates;
  const burstPath = [...path, "burst"];
  if (only === undefined || written.length !== 1) {
    if (only !== undefined || written.length === 0) {
      build.issues.add(
        placeOf(located, ["burst"]),
        burstPath,
        "`burst` stands beside exactly one `rate`; write another limit for the other window.",
      );
    }
    return rates;
  }
  if (burst > only.count) {
    build.issues.add(
      placeOf(located, ["burst"]),
      burstPath,
      "`burst` lowers how many calls may come at once; it is at most the count of the rate.",
    );
  }
  return [{ ...only, burst }];
}

interface BudgetContext {
  readonly part: Part;
  readonly entries: readonly CatalogueEntry[];
  readonly surroundings: Surroundings;
}

function compileBudget(source: LimitSource, context: BudgetContext): Budget | undefined {
  const { budget } = source;
  if (budget === undefined) return undefined;
  const {
    part,
    surroundings: { build },
  } = context;
  const { located, path } = part;
  const windowSeconds = windowOf(budget, context);
  const isOfTokens = budget.unit === TOKENS;
  const refuse = (place: readonly PropertyKey[], message: string): void => {
    build.issues.add(placeOf(located, place), [...path, ...place], message);
  };
  if (isOfTokens && budget.cost !== undefined) {
    refuse(
      ["budget", "cost"],
      "A budget of tokens counts what was reported and takes no cost; remove it, or count under another unit.",
    );
  }
  if (isOfTokens && source.per.includes("tool")) {
    refuse(["per"], "Reported tokens belong to no tool; leave `tool` out, or name it in `tools`.");
  }
  if (windowSeconds === 0 && budget.soft !== undefined) {
    refuse(
      ["budget", "soft"],
      "A budget of one request has no soft threshold; lower its amount, or write another window.",
    );
  }
  const cost = isOfTokens ? undefined : costOf(context);
  if (windowSeconds === undefined) return undefined;
  return {
    unit: budget.unit,
    amount: budget.amount,
    windowSeconds,
    ...(cost === undefined ? {} : { cost }),
    ...(budget.soft === undefined ? {} : { soft: { at: budget.soft.at } }),
  };
}

/** The window in seconds; 0 stands for the model request that proposed the call. */
function windowOf(
  { unit, window }: NonNullable<LimitSource["budget"]>,
  { part, surroundings: { build } }: BudgetContext,
): number | undefined {
  if (window === "request" && unit === TOKENS) return 0;
  const duration = parseDuration(window);
  if (duration.ok) return duration.seconds;
  const message =
    window === "request"
      ? "Only a budget of tokens has a window of one request; write a window such as `24h`."
      : duration.message;
  build.issues.add(
    placeOf(part.located, ["budget", "window"]),
    [...part.path, "budget", "window"],
    message,
  );
  return undefined;
}

function costOf({ part, entries, surroundings }: BudgetContext): Budget["cost"] {
  const located = locate(part.located, ["budget", "cost"]);
  if (located?.kind !== "scalar") return undefined;
  if (typeof located.value === "number") return numberLiteral(located.value);
  const context = conditionContext(surroundings, entries, [...part.path, "budget", "cost"]);
  return compileNumber(located, context);
}

function compileNumber(
  scalar: LocatedScalar,
  context: ReturnType<typeof conditionContext>,
): Budget["cost"] {
  return compileCondition(scalar, { ...context, expected: "number" });
}

function numberLiteral(value: number): Budget["cost"] {
  return { op: "lit", t: Number.isInteger(value) ? "int" : "double", value };
}
