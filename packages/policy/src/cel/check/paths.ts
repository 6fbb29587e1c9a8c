import { didYouMean, listed, quoted } from "../../text/suggest.ts";
import { typeOfRoot } from "../../types/root-types.ts";
import { DYN, describeType, isMapping, unionOf } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import { describePath } from "../draft.ts";
import type { PathDraft, Segment } from "../draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";

/** The type of a path; reading what is not declared is an error. */
export function checkPath(path: PathDraft, checking: Checking): Type {
  const type = followPath(path, path.segments.length, checking) ?? DYN;
  if (type.kind !== "sealed") return type;
  if (type.isWhole !== true && typeof path.root !== "string") return type;
  const message =
    type.isWhole === true
      ? `Name one of the arguments, such as ${quoted(`${describePath(path)}.id`)}; the others are not kept.`
      : "Read arguments of earlier calls through a variable: `session.calls.exists(c, c.args.id == args.id)`.";
  fail(checking, path.span, message);
  return DYN;
}

/** Whether a member is declared for this tool, with its type; `undefined` after an error. */
export function findMember(
  path: PathDraft,
  checking: Checking,
): { readonly declared: boolean; readonly type: Type; readonly message: string } | undefined {
  const holder = followPath(path, path.segments.length - 1, checking);
  const last = path.segments.at(-1);
  if (holder === undefined || last === undefined) return undefined;
  const parent = { ...path, segments: path.segments.slice(0, -1) };
  const step = readStep(holder, last, parent);
  if (step.kind === "found") return { declared: true, type: step.type, message: "" };
  if (step.kind === "undeclared") return { declared: false, type: DYN, message: step.message };
  fail(checking, last, step.message);
  return undefined;
}

function followPath(path: PathDraft, length: number, checking: Checking): Type | undefined {
  const { tool, context } = checking;
  const { root } = path;
  let type =
    typeof root === "string" ? typeOfRoot(root, tool, context) : checking.variables.get(root);
  if (type === undefined) {
    fail(
      checking,
      path.span,
      `The tool ${quoted(tool.name)} declares no \`resource\`, so it cannot be read; declare it in the catalogue.`,
    );
    return undefined;
  }
  for (let index = 0; index < length; index += 1) {
    const segment = path.segments[index];
    if (segment === undefined) return undefined;
    const parent = { ...path, segments: path.segments.slice(0, index) };
    const step = readStep(type, segment, parent);
    if (step.kind !== "found") {
      const whose = root === "args" ? ` (tool ${quoted(tool.name)})` : "";
      fail(
        checking,
        segment,
        step.message.replace(/(\?|\.)$/, (end) => `${whose}${end}`),
      );
      return undefined;
    }
    type = step.type;
  }
  return type;
}

type Step =
  | { readonly kind: "found"; readonly type: Type }
  | { readonly kind: "undeclared"; readonly message: string }
  | { readonly kind: "wrong"; readonly message: string };

function readStep(holder: Type, segment: Segment, parent: PathDraft): Step {
  const { key } = segment;
  if (holder.kind === "dyn") return { kind: "found", type: DYN };
  if (holder.kind === "sealed") return readSealed(holder, segment, parent);
  if (holder.kind === "union") return readUnion(holder.of, segment, parent);
  if (holder.kind === "list") {
    if (typeof key === "number") return { kind: "found", type: holder.of() };
    return {
      kind: "wrong",
      message: `${quoted(describePath(parent))} is a list, which has no member ${quoted(key)}; use \`exists\` or \`all\`, or an index.`,
    };
  }
  if (!isMapping(holder)) {
    return {
      kind: "wrong",
      message: `${quoted(describePath(parent))} is ${describeType(holder)}, which has no members.`,
    };
  }
  if (typeof key === "number") {
    return {
      kind: "wrong",
      message: `${quoted(describePath(parent))} is a mapping; its keys are texts, not numbers.`,
    };
  }
  if (holder.kind === "map") return { kind: "found", type: holder.of() };
  const member = holder.member(key);
  if (member !== undefined) return { kind: "found", type: member.type };
  if (holder.rest !== undefined) return { kind: "found", type: holder.rest };
  const near =
    didYouMean(key, holder.names) ||
    (holder.names.length === 0 ? "; it has none." : `; there are ${listed(holder.names)}.`);
  return {
    kind: "undeclared",
    message: `${quoted(describePath(parent))} has no member ${quoted(key)}${near}`,
  };
}

/** A named argument of an earlier call, or a member of one. */
function readSealed(
  { names }: Extract<Type, { kind: "sealed" }>,
  { key }: Segment,
  parent: PathDraft,
): Step {
  if (typeof key === "number") {
    return {
      kind: "wrong",
      message: `Elements of ${quoted(describePath(parent))} are not kept, only the whole list; compare that.`,
    };
  }
  if (names?.has(key) !== false) return { kind: "found", type: { kind: "sealed" } };
  const near = didYouMean(key, names) || `; there are ${listed(names)}.`;
  return { kind: "undeclared", message: `No tool has an argument ${quoted(key)}${near}` };
}

/** A member of one of several types: those that have it count; the others are errors at run time. */
function readUnion(parts: readonly Type[], segment: Segment, parent: PathDraft): Step {
  const steps = parts.map((part) => readStep(part, segment, parent));
  const found = steps.flatMap((step) => (step.kind === "found" ? [step.type] : []));
  if (found.length > 0) return { kind: "found", type: unionOf(found) };
  const [first] = steps.filter((step) => step.kind === "undeclared");
  return first ?? steps[0] ?? { kind: "found", type: DYN };
}
