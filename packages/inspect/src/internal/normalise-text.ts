import type { TextView } from "./text-view.ts";
import { createViewBuilder } from "./text-view.ts";

/** Characters that show nothing: zero-width and bidirectional ones, tags, selectors, fillers. */
const INVISIBLE = /^[\p{Cf}\p{Default_Ignorable_Code_Point}]$/u;
const BEYOND_ASCII = /[\u0080-\u{10ffff}]/u;
// A character beyond ASCII with the marks that compose with it, or a mark with its ASCII base.
const CLUSTER = /[^\u0080-\u{10ffff}]?[\u0080-\u{10ffff}]\p{M}*/gu;
// Longer heaps of marks are taken apart, as they compose no further.
const MAX_CLUSTER = 32;

/**
 * The text in compatibility form (NFKC, Unicode Standard Annex 15) without invisible characters, or
 * `undefined` where that is the text itself.
 */
export function normaliseText(text: string): TextView | undefined {
  if (!BEYOND_ASCII.test(text)) return undefined;
  const builder = createViewBuilder();
  let from = 0;
  let changed = false;
  for (const { index, 0: cluster } of text.matchAll(CLUSTER)) {
    const folded = foldCluster(cluster);
    if (folded === cluster) continue;
    changed = true;
    builder.copy(text.slice(from, index), from);
    from = index + cluster.length;
    builder.put(folded, { start: index, end: from });
  }
  if (!changed) return undefined;
  builder.copy(text.slice(from), from);
  return builder.build();
}

function foldCluster(cluster: string): string {
  const shown = Array.from(cluster)
    .filter((character) => !INVISIBLE.test(character))
    .join("");
  if (shown.length <= MAX_CLUSTER) return shown.normalize("NFKC");
  return Array.from(shown, (character) => character.normalize("NFKC")).join("");
}
