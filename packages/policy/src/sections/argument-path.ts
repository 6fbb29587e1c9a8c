import type { VarNode } from "@portcullis/core";
import { ConditionError } from "../cel/condition-error.ts";
import { lowerCondition } from "../cel/lower/lower-condition.ts";
import { pointerOf } from "../source/issue-list.ts";
import type { LocatedScalar } from "../source/located.ts";
import { placeWithin } from "../source/scalar-offsets.ts";
import { listed, didYouMean, quoted } from "../text/suggest.ts";
import type { ToolTypes } from "../types/root-types.ts";
import { DYN, toStaticType, unionOf } from "../types/type.ts";
import type { Type } from "../types/type.ts";
import type { Build } from "./build.ts";

/** What a path to an argument is read against. */
export interface ArgumentPathContext {
  readonly tools: readonly ToolTypes[];
  readonly build: Build;
  /** Path of the text within its file. */
  readonly path: readonly PropertyKey[];
}

/** Reads `args.a.b` as a typed path; `undefined` after a problem. */
export function compileArgumentPath(
  scalar: LocatedScalar,
  context: ArgumentPathContext,
): VarNode | undefined {
  const { build, path } = context;
  const segments = parseArgumentPath(scalar, context);
  if (segments === undefined) return undefined;
  const types = context.tools.map(({ args }) => typeAt(args, segments));
  const missing = types.find((type) => !type.ok);
  if (missing?.ok === false) {
    build.issues.add(scalar, path, missing.message);
    return undefined;
  }
  const [first] = types;
  return {
    op: "var",
    t: first?.ok === true ? toStaticType(first.type) : "dyn",
    name: "args",
    path: segments,
  };
}

/** Reads `args.a.b` or `/a/b` as an RFC 6901 pointer and the type there, per tool. */
export function compileArgumentPointer(
  scalar: LocatedScalar,
  context: ArgumentPathContext,
): { readonly pointer: string; readonly types: readonly Type[] } | undefined {
  const { build, path } = context;
  const text = String(scalar.value);
  const segments = text.startsWith("/")
    ? text
        .slice(1)
        .split("/")
        .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"))
    : parseArgumentPath(scalar, context);
  if (segments === undefined) return undefined;
  const types: Type[] = [];
  for (const { args, name } of context.tools) {
    const found = typeAt(args, segments);
    if (!found.ok) {
      build.issues.add(scalar, path, `${found.message} (tool ${quoted(name)})`);
      return undefined;
    }
    types.push(found.type);
  }
  return { pointer: pointerOf(segments), types };
}

function parseArgumentPath(
  scalar: LocatedScalar,
  { build, path }: ArgumentPathContext,
): readonly (string | number)[] | undefined {
  try {
    const { draft, problems } = lowerCondition(String(scalar.value), new Map());
    for (const problem of problems) {
      build.issues.add(
        placeWithin(scalar, problem.span.start, problem.span.end),
        path,
        problem.message,
      );
    }
    if (problems.length > 0) return undefined;
    if (draft.op === "path" && draft.root === "args" && draft.segments.length > 0) {
      return draft.segments.map(({ key }) => key);
    }
    build.issues.add(scalar, path, "Name an argument, such as `args.amount`.");
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    build.issues.add(placeWithin(scalar, error.span.start, error.span.end), path, error.message);
  }
  return undefined;
}

/** The type below another, or why there is none; `*` stands for every element of a list. */
export function typeAt(
  root: Type,
  segments: readonly (string | number)[],
): { readonly ok: true; readonly type: Type } | { readonly ok: false; readonly message: string } {
  let type = root;
  for (const segment of segments) {
    const next = stepInto(type, String(segment));
    if (next === undefined) return { ok: false, message: absence(type, String(segment)) };
    type = next;
  }
  return { ok: true, type };
}

function stepInto(type: Type, segment: string): Type | undefined {
  if (type.kind === "dyn") return DYN;
  if (type.kind === "list") return /^(\*|\d+)$/.test(segment) ? type.of() : undefined;
  if (type.kind === "map") return type.of();
  if (type.kind === "object") return type.member(segment)?.type ?? type.rest;
  if (type.kind !== "union") return undefined;
  const found = type.of.map((part) => stepInto(part, segment)).filter((part) => part !== undefined);
  return found.length === 0 ? undefined : unionOf(found);
}

function absence(type: Type, segment: string): string {
  const names = type.kind === "object" ? type.names : [];
  const near =
    didYouMean(segment, names) || (names.length === 0 ? "." : `; there are ${listed(names)}.`);
  return `There is no argument ${quoted(segment)} here${near}`;
}
