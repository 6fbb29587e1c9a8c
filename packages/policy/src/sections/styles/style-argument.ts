import type { LocatedScalar } from "../../source/located.ts";
import type { ToolTypes } from "../../types/root-types.ts";
import type { Type } from "../../types/type.ts";
import { compileArgumentPointer } from "../argument-path.ts";
import { scalarOf } from "../build.ts";
import type { Build, Part } from "../build.ts";

/** The argument that a style is about. */
export interface StyleArgument {
  /** As a condition writes it. */
  readonly text: string;
  readonly segments: readonly string[];
  /** A list of texts, each of which must be allowed. */
  readonly isList: boolean;
  readonly isNullable: boolean;
  /** The argument and what it lies in, as far as the schema does not require them; outermost first. */
  readonly mayBeAbsent: readonly string[];
}

/** Reads `query`, `args.target.url` or `/target/url`; `undefined` after a problem. */
export function readStyleArgument(
  written: string,
  {
    tool,
    part,
    build,
  }: {
    readonly tool: { readonly types: ToolTypes };
    readonly part: Part;
    readonly build: Build;
  },
): StyleArgument | undefined {
  const scalar = scalarOf(part.located, "argument");
  if (scalar === undefined) return undefined;
  const path = [...part.path, "argument"];
  const refuse = (message: string): undefined => {
    build.issues.add(scalar, path, message);
    return undefined;
  };
  const isPath = /^args[.[]|^\//.test(written);
  const pointer: LocatedScalar = isPath
    ? scalar
    : { ...scalar, value: `/${written.replaceAll("~", "~0").replaceAll("/", "~1")}` };
  const found = compileArgumentPointer(pointer, { tools: [tool.types], build, path });
  const [type] = found?.types ?? [];
  if (found === undefined || type === undefined) return undefined;
  const segments = found.pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (segments.some((segment) => segment === "*" || /^\d+$/.test(segment))) {
    return refuse("Name the whole list; a style looks at each of its elements.");
  }
  const parts = type.kind === "union" ? type.of : [type];
  const [kind, ...others] = parts.filter((each) => each.kind !== "null");
  const isList = kind?.kind === "list" && kind.of().kind === "string";
  if (kind === undefined || others.length > 0 || (kind.kind !== "string" && !isList)) {
    return refuse(
      "A style is about a text, or a list of texts; declare the type of this argument in the tool's `input`.",
    );
  }
  return {
    text: toCelPath(segments),
    segments,
    isList,
    isNullable: parts.some((each) => each.kind === "null"),
    mayBeAbsent: optionalPrefixes(tool.types.args, segments),
  };
}

function toCelPath(segments: readonly string[]): string {
  return segments.reduce(
    (text, segment) =>
      /^[A-Za-z_][A-Za-z0-9_]*$/.test(segment)
        ? `${text}.${segment}`
        : `${text}[${JSON.stringify(segment)}]`,
    "args",
  );
}

function optionalPrefixes(root: Type, segments: readonly string[]): readonly string[] {
  const found: string[] = [];
  let type: Type | undefined = root;
  segments.forEach((segment, index) => {
    const member: { readonly type: Type; readonly optional: boolean } | undefined =
      type?.kind === "object" ? type.member(segment) : undefined;
    if (member?.optional !== false) found.push(toCelPath(segments.slice(0, index + 1)));
    type = member?.type;
  });
  return found;
}
