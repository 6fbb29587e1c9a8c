import { isList, isObject } from "../evaluate/frame.ts";
import { isNumeric } from "../evaluate/static-type.ts";
import type { Json, JsonObject } from "../json.ts";
import { checkCondition } from "./check-node.ts";
import { checkIds, knownTools, locate, position, schemasOf } from "./check-rules.ts";
import type { DocumentContext } from "./check-rules.ts";
import type { IssueReport } from "./issue-report.ts";
import { name } from "./names.ts";
import { checkMembers, choice, list, number, object } from "./shape.ts";
import type { Check } from "./shape.ts";

const MAX_SECONDS = 366 * 86_400;
const SCOPES = ["agent", "user", "session", "tool", "tenant"] as const;

/** Checks all limits; ids are unique. */
export function checkLimits(context: DocumentContext): Check {
  return (report, value, path) => {
    if (!isList(value)) {
      report.add(path, "This must be a list of limits.");
      return;
    }
    value.forEach((limit, index) => {
      locate(report, limit);
      checkLimit(report, { context, value: limit, path: `${path}/${index}` });
    });
    checkIds(report, value, path);
    report.locate(undefined);
  };
}

function checkLimit(
  report: IssueReport,
  {
    context,
    value,
    path,
  }: { readonly context: DocumentContext; readonly value: Json; readonly path: string },
): void {
  const schemas = schemasOf(context.tools, isObject(value) ? value["tools"] : undefined);
  const limit = checkMembers(report, value, path, {
    required: { id: name, per: list(choice(SCOPES), { min: 1, isUnique: true }) },
    optional: {
      tools: knownTools(context.tools),
      rates: list(rate, { min: 1 }),
      budget: (into, budget, place) => {
        checkBudget(into, budget, { path: place, roles: context.roles, schemas });
      },
      concurrent: number({ min: 1 }),
      at: position,
    },
  });
  if (limit === undefined) return;
  const { budget, per } = limit;
  const isOfTokens = isObject(budget) && budget["unit"] === "tokens";
  if (isOfTokens && isList(per) && per.includes("tool")) {
    report.add(`${path}/per`, "Reported tokens belong to no tool; leave `tool` out.");
  }
  if (!["rates", "budget", "concurrent"].some((part) => Object.hasOwn(limit, part))) {
    report.add(path, "A limit needs `rates`, `budget` or `concurrent`.");
  }
}

const rate: Check = (report, value, path) => {
  const parts = checkMembers(report, value, path, {
    required: {
      count: number({ min: 1 }),
      windowSeconds: number({ min: 0.001, max: MAX_SECONDS, isWhole: false }),
    },
    optional: { burst: number({ min: 1 }) },
  });
  const { burst, count } = parts ?? {};
  if (typeof burst === "number" && typeof count === "number" && burst > count) {
    report.add(`${path}/burst`, "`burst` only lowers `count`; make it at most that.");
  }
};

const positive = number({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, isWhole: false });

function checkBudget(
  report: IssueReport,
  value: Json,
  {
    path,
    roles,
    schemas,
  }: {
    readonly path: string;
    readonly roles: ReadonlySet<string>;
    readonly schemas: ReturnType<typeof schemasOf>;
  },
): void {
  const budget = checkMembers(report, value, path, {
    required: {
      unit: name,
      amount: positive,
      windowSeconds: number({ min: 0, max: MAX_SECONDS, isWhole: false }),
    },
    optional: {
      cost: (into, node, place) => {
        const type = checkCondition({ report: into, roles, schemas }, node, place);
        if (!isNumeric(type) && type !== "dyn") into.add(place, "A cost must be a number.");
      },
      soft: object({ required: { at: number({ min: 0.001, max: 1, isWhole: false }) } }),
    },
  });
  if (budget !== undefined) checkTokens(report, budget, path);
}

// Tokens are counted as they are reported; only they have a window of one model request, 0.
function checkTokens(report: IssueReport, budget: JsonObject, path: string): void {
  if (budget["unit"] === "tokens") {
    if (Object.hasOwn(budget, "cost")) {
      report.add(`${path}/cost`, "A budget of tokens counts reported use and takes no cost.");
    }
    if (budget["windowSeconds"] === 0 && Object.hasOwn(budget, "soft")) {
      report.add(
        `${path}/soft`,
        "A budget of one request has no soft threshold; lower the amount.",
      );
    }
  } else if (budget["windowSeconds"] === 0) {
    report.add(`${path}/windowSeconds`, "Only a budget of tokens has a window of one request, 0.");
  }
}
