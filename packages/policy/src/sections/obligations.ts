import type { Obligation } from "@portcullis/core";
import type { ObligationSource } from "../shape/rule-shape.ts";
import { locate } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { describeType, maybe } from "../types/type.ts";
import { compileApproval } from "./approval.ts";
import { compileArgumentPointer } from "./argument-path.ts";
import { scalarOf } from "./build.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import type { Surroundings } from "./surroundings.ts";

/** Where an obligation stands, and about which tools. */
export interface ObligationContext {
  readonly located: Located;
  readonly path: readonly PropertyKey[];
  readonly entries: readonly CatalogueEntry[];
  readonly surroundings: Surroundings;
}

/** Compiles one entry of `obligations`; a redaction of both sides becomes two. */
export function compileObligation(
  source: ObligationSource,
  context: ObligationContext,
): readonly Obligation[] {
  const { located, path, entries, surroundings } = context;
  const { approval, clamp, redact, notify } = source;
  if (approval !== undefined) {
    const terms = compileApproval(approval, {
      located: locate(located, ["approval"]) ?? located,
      path: [...path, "approval"],
      defaults: surroundings.approval,
      roles: surroundings.roles,
      build: surroundings.build,
      tools: entries.map(({ types }) => types),
    });
    return [{ type: "approval", ...terms }];
  }
  if (redact !== undefined) {
    const targets = (["args", "result"] as const).filter((target) => redact[target] === true);
    return targets.map((target) => ({ type: "redact", target, kinds: redact.kinds }));
  }
  if (notify !== undefined) {
    const { channel, priority = "normal", required = false } = notify;
    return [{ type: "notify", channel, priority, required }];
  }
  return clamp === undefined ? [] : compileClamp(clamp, context);
}

function compileClamp(
  clamp: NonNullable<ObligationSource["clamp"]>,
  { located, path, entries, surroundings: { build } }: ObligationContext,
): readonly Obligation[] {
  const scalar = scalarOf(locate(located, ["clamp"]), "path");
  if (scalar === undefined) return [];
  const inner = [...path, "clamp", "path"];
  const tools = entries.map(({ types }) => types);
  const found = compileArgumentPointer(scalar, { tools, build, path: inner });
  if (found === undefined) return [];
  const wrong = found.types.find((type) => !maybe(type, "int", "double"));
  if (wrong !== undefined) {
    build.issues.add(
      scalar,
      inner,
      `A clamp holds a number; this argument is ${describeType(wrong)}.`,
    );
    return [];
  }
  const { min, max, oneOf } = clamp;
  return [
    {
      type: "clamp",
      path: found.pointer,
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(oneOf === undefined ? {} : { oneOf }),
    },
  ];
}
