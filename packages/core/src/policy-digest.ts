import { canonicalize } from "./canonical-json.ts";
import { DOCUMENT_LIMITS } from "./policy/document-limits.ts";
import type { PolicyDocument } from "./policy-document.ts";

/**
 * The text that a policy's digest covers: its canonical JSON without positions and texts of
 * conditions, rules and limits sorted by id. So policies that mean the same have one digest
 * wherever they were written, and a new version of a fact provider gives another.
 *
 * @example
 * ```ts
 * declare const digest: Digest;
 * declare const policy: PolicyDocument;
 * const policyDigest = await digest.sha256(policyDigestText(policy));
 * ```
 */
export function policyDigestText(document: PolicyDocument): string {
  const { rules, limits, risk } = document;
  return canonicalize(
    {
      ...document,
      rules: rules.map(withoutSource).toSorted(byId),
      limits: limits.map(withoutSource).toSorted(byId),
      risk: { ...risk, add: risk.add.map(withoutSource) },
    },
    DOCUMENT_LIMITS,
  ).text;
}

// Only the part's own `at` is a position: a fact has an `at` too, its pointer.
function withoutSource<T extends { readonly at?: string; readonly text?: string }>(
  part: T,
): Omit<T, "at" | "text"> {
  const { at: _at, text: _text, ...rest } = part;
  return rest;
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
