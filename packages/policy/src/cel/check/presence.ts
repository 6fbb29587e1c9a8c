import { quoted } from "../../text/suggest.ts";
import { BOOL, DYN, EITHER_NUMBER, comparable, describeType } from "../../types/type.ts";
import type { Type } from "../../types/type.ts";
import { describePath } from "../draft.ts";
import type { Draft, HasDraft, OrValueDraft, PathDraft } from "../draft.ts";
import { fail } from "./checking.ts";
import type { Checking } from "./checking.ts";
import { findFact } from "./facts.ts";
import { checkPath, findMember } from "./paths.ts";

/** Checks `has(a.b)`; a member that no tool of the rule declares is a mistake. */
export function checkHas(draft: HasDraft, checking: Checking): Type {
  if (draft.a.op === "declared-fact") {
    findFact(draft.a, checking);
    return BOOL;
  }
  const member = findMember(draft.a, checking);
  if (member === undefined) return BOOL;
  if (member.type.kind === "sealed") checkPath(draft.a, checking);
  noteMember(draft.a, member, checking);
  return BOOL;
}

/** Checks `a.?b.orValue(v)`. */
export function checkOrValue(draft: OrValueDraft, checking: Checking): Type {
  const member = findMember(draft.a, checking);
  if (member === undefined) return DYN;
  noteMember(draft.a, member, checking);
  const literal = checking.check(draft.b);
  if (!member.declared) return literal;
  if (member.type.kind === "sealed") {
    const path = describePath(draft.a);
    const message = `${quoted(path)} is ${describeType(member.type)}; write \`has(${path}) && …\`.`;
    fail(checking, draft.a.span, message);
    return DYN;
  }
  if (member.type.kind === "dyn") return literal.kind === "int" ? EITHER_NUMBER : literal;
  if (member.type.kind === literal.kind) return member.type;
  if (member.type.kind === "union" && comparable(member.type, literal)) return DYN;
  const hint =
    member.type.kind === "double" && literal.kind === "int"
      ? " Write the number with a point, such as `0.0`."
      : "";
  fail(
    checking,
    draft.b.span,
    `${quoted(describePath(draft.a))} is ${describeType(member.type)}; a value for its absence must be one too.${hint}`,
  );
  return DYN;
}

/** Notes the type of a member; one that this tool does not declare is wrong only if no tool does. */
function noteMember(
  path: PathDraft,
  member: NonNullable<ReturnType<typeof findMember>>,
  checking: Checking,
): void {
  if (member.declared) checking.types.set(path, member.type);
  else checking.soft.push({ draft: path, message: member.message });
}

/**
 * Whether an operand is true or false for this tool whatever the call: `has()` of what the tool
 * does not declare is false, and what follows from that.
 */
export function knownTruth(draft: Draft, checking: Checking): boolean | undefined {
  if (draft.op === "lit") return typeof draft.value === "boolean" ? draft.value : undefined;
  if (draft.op === "has") return knownPresence(draft, checking);
  if (draft.op === "not") {
    const inner = knownTruth(draft.a, checking);
    return inner === undefined ? undefined : !inner;
  }
  if (draft.op !== "and" && draft.op !== "or") return undefined;
  const decisive = draft.op === "or";
  const known = draft.of.map((operand) => knownTruth(operand, checking));
  if (known.includes(decisive)) return decisive;
  return known.includes(undefined) ? undefined : !decisive;
}

function knownPresence(draft: HasDraft, checking: Checking): false | undefined {
  if (draft.a.op !== "path") return undefined;
  const member = findMember(draft.a, { ...checking, problems: [], soft: [] });
  // Noted even where this operand is not checked, so that nobody takes it for undeclared.
  if (member?.declared === true) checking.types.set(draft.a, member.type);
  return member?.declared === false ? false : undefined;
}
