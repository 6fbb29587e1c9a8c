import { CONDITION_LIMITS } from "@portcullis/core";
import type { Rule } from "@portcullis/core";
import { compileCondition } from "../cel/compile-condition.ts";
import { STYLES, styleShape } from "../shape/style-shape.ts";
import type { StyleSource } from "../shape/style-shape.ts";
import { matchShape } from "../shape/read-shape.ts";
import { placeOf } from "../source/located.ts";
import type { LocatedScalar } from "../source/located.ts";
import { formatPlace } from "../source/source-text.ts";
import { didYouMean, listed, quoted } from "../text/suggest.ts";
import { entriesOf, originKey } from "./build.ts";
import type { Part, ReadFile } from "./build.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { commandRefusals } from "./styles/commands.ts";
import { endpointRefusals } from "./styles/endpoints.ts";
import { rootRefusals } from "./styles/roots.ts";
import { sqlRefusals } from "./styles/sql.ts";
import { readStyleArgument } from "./styles/style-argument.ts";
import type { StyleArgument } from "./styles/style-argument.ts";
import type { StyleContext, StyleRefusal } from "./styles/style-context.ts";
import { conditionContext } from "./surroundings.ts";
import type { Surroundings } from "./surroundings.ts";

/** Typed function that each style rests on. */
const FACTS: Readonly<Record<(typeof STYLES)[number], string>> = {
  sql: "sql",
  endpoints: "url",
  commands: "shell",
  roots: "path",
};

/**
 * Lowers the styles of all files to forbid rules, one for each list; `ruleCount` rules stand before
 * those that it makes. A style never grants, and what its typed function cannot read is refused,
 * because an error in a forbid applies.
 */
export function compileStyles(
  files: readonly ReadFile[],
  surroundings: Surroundings,
  ruleCount: number,
): readonly Rule[] {
  const { build } = surroundings;
  const taken = new Map<string, Part>();
  const rules: Rule[] = [];
  for (const part of files.flatMap((file) => entriesOf(file, "styles"))) {
    const source = matchShape(styleShape, part.located);
    if (source === undefined) continue;
    for (const rule of compileStyle(source, { part, taken, surroundings })) {
      build.origins.set(originKey(["rules", ruleCount + rules.length]), part);
      rules.push(rule);
    }
  }
  return rules;
}

interface StyleParts {
  readonly part: Part;
  readonly taken: Map<string, Part>;
  readonly surroundings: Surroundings;
}

function compileStyle(source: StyleSource, parts: StyleParts): readonly Rule[] {
  const { part, taken, surroundings } = parts;
  const { build } = surroundings;
  const tool = toolOf(source, parts);
  if (tool === undefined) return [];
  const argument = readStyleArgument(source.argument, { tool, part, build });
  if (argument === undefined) return [];
  const id = idOf(source.tool, argument.segments);
  const first = taken.get(id);
  if (first !== undefined) {
    build.issues.add(
      placeOf(part.located, ["argument"]),
      [...part.path, "argument"],
      `This argument has a style already, at ${formatPlace(first.located)}; unite both, or write rules.`,
    );
    return [];
  }
  taken.set(id, part);
  const style = STYLES.find((name) => source[name] !== undefined) ?? "sql";
  const provider = build.providers.get(FACTS[style]);
  if (provider === undefined) {
    const place = placeOf(part.located, [style]);
    const message = `This style needs the typed function ${quoted(FACTS[style])}, and no provider of it was given; pass it in \`facts\`.`;
    build.issues.add(place, [...part.path, style], message);
    return [];
  }
  const context: StyleContext = {
    operand: argument.isList ? "item" : argument.text,
    depth: argument.isList ? 1 : 0,
    provider,
    report: (inner, message) => {
      build.issues.add(placeOf(part.located, inner), [...part.path, ...inner], message);
    },
  };
  return refusalsOf(source, context).flatMap((refusal) => {
    const when = guard(refusal, argument, source.optional === true);
    const rule = toRule(source, { id, when, refusal, tool, parts });
    return rule === undefined ? [] : [rule];
  });
}

function refusalsOf(source: StyleSource, context: StyleContext): readonly StyleRefusal[] {
  const { sql, endpoints, commands, roots } = source;
  if (sql !== undefined) return sqlRefusals(sql, context);
  if (endpoints !== undefined) return endpointRefusals(endpoints, context);
  if (commands !== undefined) return commandRefusals(commands, context);
  return roots === undefined ? [] : rootRefusals(roots, context);
}

/** The condition of one forbid: any element of a list that is refused refuses the call. */
function guard(
  { refused }: StyleRefusal,
  { text, isList, isNullable, mayBeAbsent }: StyleArgument,
  isOptional: boolean,
): string {
  const whole = isList ? `${text}.exists(item, ${refused})` : refused;
  if (!isOptional) return whole;
  const present = [
    ...mayBeAbsent.map((path) => `has(${path})`),
    ...(isNullable ? [`${text} != null`] : []),
  ];
  return present.length === 0 ? whole : `${present.join(" && ")} && (${whole})`;
}

function toRule(
  source: StyleSource,
  {
    id,
    when,
    refusal,
    tool,
    parts: { part, surroundings },
  }: {
    readonly id: string;
    readonly when: string;
    readonly refusal: StyleRefusal;
    readonly tool: CatalogueEntry;
    readonly parts: StyleParts;
  },
): Rule | undefined {
  const { located, path } = part;
  if (when.length > CONDITION_LIMITS.sourceBytes) {
    const message = `The lists of this style make a condition of more than ${CONDITION_LIMITS.sourceBytes} bytes; write fewer or shorter entries, or rules.`;
    surroundings.build.issues.add(located, path, message);
    return undefined;
  }
  // Problems of the lowered text belong to the style; there is no place of its own to point at.
  const scalar: LocatedScalar = {
    source: located.source,
    start: located.start,
    end: located.end,
    kind: "scalar",
    style: "plain",
    value: when,
  };
  const condition = compileCondition(scalar, conditionContext(surroundings, [tool], path));
  if (condition === undefined) return undefined;
  const hint = source.hint ?? refusal.hint;
  return {
    id: refusal.list === "allow" ? id : `${id}:${refusal.list}`,
    effect: "forbid",
    tools: [source.tool],
    when: condition,
    message: source.message ?? refusal.message,
    ...(hint === undefined ? {} : { hint }),
    ...(source.mode === undefined ? {} : { mode: source.mode }),
    at: formatPlace(located),
    text: when,
  };
}

function toolOf(
  source: StyleSource,
  { part, surroundings }: StyleParts,
): CatalogueEntry | undefined {
  const { catalogue, build } = surroundings;
  const tool = catalogue.get(source.tool);
  if (tool !== undefined) return tool;
  if (build.unread.size > 0) return undefined;
  const near =
    didYouMean(source.tool, catalogue.keys()) ||
    (catalogue.size === 0 ? "." : `; there are ${listed(catalogue.keys())}.`);
  build.issues.add(
    placeOf(part.located, ["tool"]),
    [...part.path, "tool"],
    source.tool.includes("*")
      ? "A style names one tool; write an entry for each."
      : `The tool ${quoted(source.tool)} is not in the catalogue${near}`,
  );
  return undefined;
}

function idOf(tool: string, segments: readonly string[]): string {
  return `style:${tool}:${segments.join(".")}`;
}
