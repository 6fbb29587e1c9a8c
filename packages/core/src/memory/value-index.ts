import type { FoundLabels, LabelledValues, ValueMarks } from "../ports/session-store.ts";
import { createNumberTable } from "./number-table.ts";
import type { NumberTable } from "./number-table.ts";

/** Which values of one session carry which labels. */
export interface ValueIndex {
  /** Bytes of hashes held, for the bound over all sessions. */
  readonly bytes: number;
  /** Adds values; false once they no longer fit, and from then on. */
  add(values: LabelledValues): boolean;
  /** Labels of what was asked for; undefined where they cannot be told apart. */
  find(query: ValueMarks & { readonly keyId: string }): Omit<FoundLabels, "everywhere"> | undefined;
}

const MAX_LEAVES = 50_000;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_SETS = 60_000;
const BYTES_OF_EXACT = 43;
const BYTES_OF_SHINGLE = 8;
const NONE: readonly string[] = Object.freeze([]);

/** Creates an empty index, bounded to 50 000 leaves and 4 MiB of hashes. */
export function createValueIndex(): ValueIndex {
  let leaves = 0;
  let bytes = 0;
  let keyId: string | undefined;
  let isFull = false;
  let exact: Map<string, number> = new Map();
  let shingles: NumberTable = createNumberTable();
  // A value carries a set of labels; sets are few, so each is kept once.
  const sets: (readonly string[])[] = [NONE];
  const ids = new Map<string, number>();

  const setWith = (held: number, labels: readonly string[]): number => {
    const all = Object.freeze([...new Set([...(sets[held] ?? NONE), ...labels])].toSorted());
    const name = JSON.stringify(all);
    const known = ids.get(name);
    if (known !== undefined) return known;
    ids.set(name, sets.length);
    return sets.push(all) - 1;
  };
  const labelsOf = (id: number): readonly string[] => sets[id] ?? NONE;
  const giveUp = (): false => {
    isFull = true;
    exact = new Map();
    shingles = createNumberTable();
    bytes = 0;
    return false;
  };

  return {
    get bytes() {
      return bytes;
    },
    add(values) {
      if (isFull) return false;
      keyId ??= values.keyId;
      leaves += values.leaves;
      const most = values.exact.length * BYTES_OF_EXACT + values.shingles.length * BYTES_OF_SHINGLE;
      if (keyId !== values.keyId || leaves > MAX_LEAVES || sets.length > MAX_SETS) return giveUp();
      // What is there already costs nothing, so only the first estimate is rough.
      if (most > MAX_BYTES) return giveUp();
      const unions = new Map<number, number>();
      const unite = (held: number): number => {
        const united = unions.get(held) ?? setWith(held, values.labels);
        unions.set(held, united);
        return united;
      };
      for (const mark of values.exact) {
        const held = exact.get(mark);
        if (held === undefined) bytes += BYTES_OF_EXACT;
        exact.set(mark, unite(held ?? 0));
      }
      for (const hash of values.shingles) {
        const held = shingles.get(hash);
        if (held === 0) bytes += BYTES_OF_SHINGLE;
        shingles.set(hash, unite(held));
      }
      return bytes > MAX_BYTES ? giveUp() : true;
    },
    find(query) {
      if (isFull) return undefined;
      if (keyId !== undefined && keyId !== query.keyId) return undefined;
      return {
        exact: query.exact.map((mark) => labelsOf(exact.get(mark) ?? 0)),
        shingles: Array.from(query.shingles, (hash) => labelsOf(shingles.get(hash))),
      };
    },
  };
}
