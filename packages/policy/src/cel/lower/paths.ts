import { ROOTS } from "@portcullis/core";
import { didYouMean, listed, quoted } from "../../text/suggest.ts";
import { refuse } from "../condition-error.ts";
import type { DeclaredFactDraft, PathDraft, Segment } from "../draft.ts";
import type { CelNode } from "../parse-cel.ts";
import { sourceOf } from "./lowering.ts";
import type { Lowering, Scope } from "./lowering.ts";

/** Lowers `a.b["c"][0]`; `undefined` where the access starts from something else than a name. */
export function lowerPath(node: CelNode, scope: Scope, lowering: Lowering): PathDraft | undefined {
  const segments: Segment[] = [];
  let current: CelNode = node;
  while (current.op !== "id") {
    if (current.op === ".") {
      const [holder, name] = current.args;
      segments.unshift({ key: name, start: current.end - name.length, end: current.end });
      current = holder;
    } else if (current.op === "[]") {
      const [holder, index] = current.args;
      segments.unshift({ key: indexOf(index, lowering), start: index.start, end: index.end });
      current = holder;
    } else {
      return undefined;
    }
  }
  const root = rootOf(current, scope);
  if (root === "flow" && segments.length === 0) {
    refuse(node, "Read `flow.session`, `flow.of(args.x)` or `flow.userSaid(args.x)`.");
  }
  return { op: "path", span: node, root, segments };
}

/** Lowers a path that must be one, such as the operand of `has`. */
export function requirePath(
  node: CelNode,
  scope: Scope,
  { lowering, use }: { readonly lowering: Lowering; readonly use: string },
): PathDraft {
  return (
    lowerPath(node, scope, lowering) ??
    refuse(
      node,
      `${use} takes a path such as \`args.a.b\`, not ${quoted(sourceOf(node, lowering))}.`,
    )
  );
}

/** Reads `facts.<name>` or `facts.<name>.<field>`; `undefined` where the path is another. */
export function declaredFactOf(path: PathDraft): DeclaredFactDraft | undefined {
  if (path.root !== "facts") return undefined;
  const [name, field, ...more] = path.segments;
  if (typeof name?.key !== "string")
    refuse(path.span, "Read a declared fact: `facts.<name>.<field>`.");
  const [extra] = more;
  if (extra !== undefined) {
    refuse(extra, "Only the field of a fact can be read; use `exists` or `all` for what is in it.");
  }
  if (field === undefined) return { op: "declared-fact", span: path.span, name: name.key };
  if (typeof field.key !== "string") refuse(field, "Read a field of the fact by its name.");
  return { op: "declared-fact", span: path.span, name: name.key, field: field.key };
}

function rootOf(node: Extract<CelNode, { op: "id" }>, scope: Scope): PathDraft["root"] {
  const name = node.args;
  const variable = scope.variables.find((candidate) => candidate.name === name);
  if (variable !== undefined) return variable;
  const roots: readonly string[] = [...ROOTS, "facts"];
  if (roots.includes(name)) return name;
  const known = [...scope.variables.map((candidate) => candidate.name), ...roots];
  const near = didYouMean(name, known);
  return refuse(
    node,
    near === ""
      ? `Unknown name ${quoted(name)}; a condition reads ${listed(roots)}. A text stands in quotes; an argument is \`args.${name}\`.`
      : `Unknown name ${quoted(name)}${near}`,
  );
}

function indexOf(index: CelNode, lowering: Lowering): string | number {
  if (index.op === "value") {
    if (typeof index.args === "string") return index.args;
    if (typeof index.args === "bigint" && index.args <= 1_000_000n) return Number(index.args);
  }
  return refuse(
    index,
    `An index is a whole number or a text that stands there, not ${quoted(sourceOf(index, lowering))}; use \`exists\` or \`all\` to look at elements, or \`in\` for keys.`,
  );
}
