import type { Limit, PolicyDocument, Rule } from "@portcullis/core";
import { canonicalize } from "@portcullis/core";

/** One difference between two policies. */
export interface PolicyChange {
  /** `wider`: more may be permitted than before; `narrower`: only less. */
  readonly effect: "wider" | "narrower" | "other";
  readonly text: string;
}

/**
 * Lists what differs between two policies. A difference that could permit more is never called
 * narrower; going from enforce to shadow is wider.
 */
export function diffPolicies(
  before: PolicyDocument,
  after: PolicyDocument,
): readonly PolicyChange[] {
  return [
    ...diffModes(before, after),
    ...diffTools(before, after),
    ...diffRules(before.rules, after.rules),
    ...diffLimits(before.limits, after.limits),
    ...(["identity", "roles", "risk", "approval", "audit", "context"] as const).flatMap((part) =>
      isSame(before[part], after[part]) ? [] : [wider(`\`${part}\` changes`)],
    ),
  ];
}

function diffModes(before: PolicyDocument, after: PolicyDocument): readonly PolicyChange[] {
  if (before.mode === after.mode) return [];
  return after.mode === "shadow"
    ? [wider("the policy goes from enforce to shadow: nothing is denied by it any more")]
    : [narrower("the policy goes from shadow to enforce")];
}

function diffTools(before: PolicyDocument, after: PolicyDocument): readonly PolicyChange[] {
  const names = new Set([...Object.keys(before.tools), ...Object.keys(after.tools)]);
  return [...names].toSorted().flatMap((name) => {
    const [old, now] = [before.tools[name], after.tools[name]];
    if (old === undefined) return [wider(`tool ${name} is added`)];
    if (now === undefined) return [narrower(`tool ${name} is removed`)];
    return isSame(old, now) ? [] : [wider(`tool ${name} changes`)];
  });
}

function diffRules(before: readonly Rule[], after: readonly Rule[]): readonly PolicyChange[] {
  return pair(before, after).flatMap(([old, now]) => {
    if (old === undefined && now !== undefined) {
      const text = `rule ${now.id} (${now.effect}) is added`;
      return [isEnforced(now) && now.effect === "permit" ? wider(text) : narrower(text)];
    }
    if (old !== undefined && now === undefined) {
      const text = `rule ${old.id} (${old.effect}) is removed`;
      return [isEnforced(old) && old.effect !== "permit" ? wider(text) : narrower(text)];
    }
    if (old === undefined || now === undefined) return [];
    const [from, to] = [withoutPlace(old), withoutPlace(now)];
    if (isSame(from, to)) return [];
    if (isEnforced(old) && !isEnforced(now) && old.effect !== "permit") {
      return [wider(`rule ${now.id} (${now.effect}) goes from enforce to shadow`)];
    }
    const isText = isSame(withoutTexts(from), withoutTexts(to));
    const text = `rule ${now.id} (${now.effect}) changes`;
    return [isText ? { effect: "other", text: `${text} its texts` } : wider(text)];
  });
}

function diffLimits(before: readonly Limit[], after: readonly Limit[]): readonly PolicyChange[] {
  return pair(before, after).flatMap(([old, now]) => {
    if (old === undefined && now !== undefined) return [narrower(`limit ${now.id} is added`)];
    if (old !== undefined && now === undefined) return [wider(`limit ${old.id} is removed`)];
    if (old === undefined || now === undefined) return [];
    return isSame(withoutPlace(old), withoutPlace(now)) ? [] : [wider(`limit ${now.id} changes`)];
  });
}

function pair<T extends { readonly id: string }>(
  before: readonly T[],
  after: readonly T[],
): readonly (readonly [T | undefined, T | undefined])[] {
  const ids = new Set([...before, ...after].map(({ id }) => id));
  const byId = (list: readonly T[], id: string): T | undefined =>
    list.find((each) => each.id === id);
  return [...ids].toSorted().map((id) => [byId(before, id), byId(after, id)] as const);
}

function isEnforced({ mode }: Rule): boolean {
  return mode !== "shadow";
}

function withoutPlace(part: object): object {
  const { at: _at, text: _text, ...rest } = { at: "", text: "", ...part };
  return rest;
}

function withoutTexts(part: object): object {
  const { message: _message, hint: _hint, ...rest } = { message: "", hint: "", ...part };
  return rest;
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalize(a).text === canonicalize(b).text;
}

function wider(text: string): PolicyChange {
  return { effect: "wider", text };
}

function narrower(text: string): PolicyChange {
  return { effect: "narrower", text };
}
