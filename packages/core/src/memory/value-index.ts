import type { FoundLabels, LabelledValues, ValueMarks } from "../ports/session-store.ts";
import { createNumberTable } from "./number-table.ts";
import type { NumberTable } from "./number-table.ts";

/** Which values of one session carry which labels. */
export interface ValueIndex {
  /** Bytes of memory that the index takes, about; for the bound over all sessions. */
  readonly bytes: number;
  /** Adds values; false once they no longer fit, and from then on. */
  add(values: LabelledValues): boolean;
  /** Labels of what was asked for; undefined where they cannot be told apart. */
  find(query: ValueMarks & { readonly keyId: string }): Omit<FoundLabels, "everywhere"> | undefined;
}

const MAX_LEAVES = 50_000;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_SETS = 4096;
const BYTES_OF_EXACT = 43;
const BYTES_OF_SHINGLE = 8;
// A text with its place in a map.
const MEMORY_OF_EXACT = 128;
const NONE: readonly string[] = Object.freeze([]);

/** Creates an empty index, bounded to 50 000 leaves and 4 MiB of hashes. */
export function createValueIndex(): ValueIndex {
  let leaves = 0;
  let hashed = 0;
  let keyId: string | undefined;
  let isFull = false;
  const exact = new Map<string, number>();
  let shingles: NumberTable = createNumberTable();
  const labels = createLabelSets();

  const giveUp = (): false => {
    isFull = true;
    exact.clear();
    shingles = createNumberTable();
    labels.clear();
    return false;
  };

  return {
    get bytes() {
      return exact.size * MEMORY_OF_EXACT + shingles.bytes;
    },
    add(values) {
      if (isFull) return false;
      keyId ??= values.keyId;
      leaves += values.leaves;
      const most = values.exact.length * BYTES_OF_EXACT + values.shingles.length * BYTES_OF_SHINGLE;
      // What is there already would cost nothing: the estimate errs to the side of giving up.
      if (keyId !== values.keyId || leaves > MAX_LEAVES || most > MAX_BYTES) return giveUp();
      const unite = labels.uniter(values.labels);
      for (const mark of values.exact) {
        const held = exact.get(mark);
        if (held === undefined) hashed += BYTES_OF_EXACT;
        exact.set(mark, unite(held ?? 0));
      }
      for (const hash of values.shingles) {
        const held = shingles.get(hash);
        if (held === 0) hashed += BYTES_OF_SHINGLE;
        shingles.set(hash, unite(held));
      }
      return hashed > MAX_BYTES || labels.size > MAX_SETS ? giveUp() : true;
    },
    find(query) {
      if (isFull) return undefined;
      if (keyId !== undefined && keyId !== query.keyId) return undefined;
      return {
        exact: query.exact.map((mark) => labels.of(exact.get(mark) ?? 0)),
        shingles: Array.from(query.shingles, (hash) => labels.of(shingles.get(hash))),
      };
    },
  };
}

interface LabelSets {
  readonly size: number;
  /** The labels of a set; set 0 is that of what nobody added. */
  of(id: number): readonly string[] | undefined;
  /** Gives for each set the one with these labels as well. */
  uniter(labels: readonly string[]): (held: number) => number;
  clear(): void;
}

/** A value carries a set of labels; sets are few, so each is kept once and known by its number. */
function createLabelSets(): LabelSets {
  let sets: (readonly string[])[] = [NONE];
  const ids = new Map<string, number>();
  const setWith = (held: number, labels: readonly string[]): number => {
    // One too many is as bad as thousands: the index is given up after this result.
    if (sets.length > MAX_SETS) return held;
    const all = Object.freeze([...new Set([...(sets[held] ?? NONE), ...labels])].toSorted());
    const name = JSON.stringify(all);
    const known = ids.get(name);
    if (known !== undefined) return known;
    ids.set(name, sets.length);
    return sets.push(all) - 1;
  };
  return {
    get size() {
      return sets.length;
    },
    of: (id) => (id === 0 ? undefined : sets[id]),
    uniter(labels) {
      const unions = new Map<number, number>();
      return (held) => {
        const united = unions.get(held) ?? setWith(held, labels);
        unions.set(held, united);
        return united;
      };
    },
    clear() {
      sets = [NONE];
      ids.clear();
    },
  };
}
