import type { DefinitionFinding, ToolDefinition } from "@portcullis/core";
import { foldLookAlikes } from "../internal/signals/confusables.ts";
import type { ToolLock } from "./tool-lock.ts";

/** A tool by server and name. */
interface NamedTool {
  readonly server: string;
  readonly name: string;
}

const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const SEPARATORS = /[\s_.-]/g;
const AFFIX =
  /^(?:best|secure|safe|new|real|true|official|trusted|improved|enhanced|advanced|super|my|the)(?:tool(?:for)?)?|(?:v?\d+|new|plus|pro|secure|safe|enhanced|advanced|improved|fixed|official|alt|tool|ex)$/;
/** Shorter names differ by one letter too often. */
const MIN_EDIT_LENGTH = 6;
/** Shorter texts are alike too often. */
const MIN_COPY_LENGTH = 24;

/**
 * Whether a tool that is not pinned passes itself off as a pinned one: the same name on another
 * server, a name that looks the same or differs by one letter or an affix, a copied description.
 */
export function findShadowing(
  lock: ToolLock,
  { server, definition }: { readonly server: string; readonly definition: ToolDefinition },
): readonly DefinitionFinding[] {
  const { name, description } = definition;
  for (const [key, pinned] of Object.entries(lock.servers)) {
    for (const [other, pin] of Object.entries(pinned.tools)) {
      if (key === server && other === name) continue;
      const how = nameLikeness(name, other);
      if (how !== undefined) return [shadowing("/name", { how, server: key, name: other })];
      const text = pin.definition?.description;
      if (key !== server && isCopy(description, text)) {
        const copied = { how: "has the description of", server: key, name: other };
        return [shadowing("/description", copied)];
      }
    }
  }
  return [];
}

function shadowing(
  path: string,
  { how, server, name }: NamedTool & { readonly how: string },
): DefinitionFinding {
  return {
    rule: "shadowing",
    severity: "error",
    path,
    message: `This tool is not pinned and ${how} the pinned tool ${name} of ${server}.`,
  };
}

function nameLikeness(name: string, pinned: string): string | undefined {
  if (name === pinned) return "has the name of";
  const [one, other] = [toSkeleton(name), toSkeleton(pinned)];
  if (one === other) return "has a name that looks like that of";
  if (Math.min(one.length, other.length) >= MIN_EDIT_LENGTH && isOneEditAway(one, other)) {
    return "has a name that differs by one letter from that of";
  }
  const stem = stripAffix(one);
  if (stem !== one && stem.length > 2 && (stem === other || stem === stripAffix(other))) {
    return "has a decorated form of the name of";
  }
  return undefined;
}

/** The name as it looks: one case, no separators, look-alikes as Latin letters. */
function toSkeleton(name: string): string {
  const plain = name.normalize("NFKC").replace(INVISIBLE, "");
  return foldLookAlikes(plain)
    .toLowerCase()
    .replace(SEPARATORS, "")
    .replaceAll("0", "o")
    .replaceAll("1", "l");
}

function stripAffix(skeleton: string): string {
  return skeleton.replace(AFFIX, "").replace(AFFIX, "");
}

function isOneEditAway(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  let same = 0;
  while (same < short.length && short[same] === long[same]) same += 1;
  return short.length === long.length
    ? short.slice(same + 1) === long.slice(same + 1)
    : short.slice(same) === long.slice(same + 1);
}

function isCopy(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined || one.length < MIN_COPY_LENGTH) return false;
  return squeeze(one) === squeeze(other);
}

function squeeze(text: string): string {
  return text.normalize("NFKC").replace(INVISIBLE, "").toLowerCase().replace(/\s+/g, " ").trim();
}
