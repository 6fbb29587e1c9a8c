import { isList, isObject } from "../evaluate/frame.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { Json } from "../json.ts";
import type { FoundLabels, ValueMarks } from "../ports/session-store.ts";
import { isSaid, prepareWords } from "../user-said.ts";
import type { SaidWords } from "../user-said.ts";
import {
  comparableText,
  isSmallNumber,
  largeNumbers,
  numberMark,
  REVEALED_LENGTH,
  SHINGLE_LENGTH,
  squeezedText,
  structuredTokens,
} from "./comparable-text.ts";
import type { FlowSecret } from "./flow-secret.ts";
import { joinRuns } from "./keyed-shingles.ts";
import { markOf } from "./labelled-values.ts";

/** What one value of the arguments carries. */
export interface LeafLabels {
  readonly labels: readonly string[];
  /** True where it is neither the user's own nor found in a result. */
  readonly isDerived: boolean;
}

/** The labels of the arguments of one call. */
export interface ArgumentLabels {
  /** By value; a value that is not there was not looked up. */
  readonly byLeaf: ReadonlyMap<string | number, LeafLabels>;
  /** Pointers of arguments whose values carry no labels; a segment may be `*`. */
  readonly exempt: readonly string[];
}

/** What the labels of arguments are found with. */
export interface ArgumentLookUp {
  readonly secret: FlowSecret;
  /** The user's own words. */
  readonly words: readonly string[] | undefined;
  readonly exempt: readonly string[];
  /** All labels of the session. */
  readonly sessionLabels: readonly string[];
  find(marks: ValueMarks): Promise<FoundLabels>;
}

/** Longest text of an exempt argument: what is longer is no id. */
const MAX_EXEMPT = 64;
/** Most characters of arguments that are looked up; beyond, every value carries everything. */
const MAX_CHARACTERS = 262_144;
const MAX_SAID = 4096;

const NOTHING: LeafLabels = Object.freeze({ labels: Object.freeze([]), isDerived: false });

/** Finds the labels of every value in the arguments of a call. */
export async function findArgumentLabels(
  args: Json,
  lookUp: ArgumentLookUp,
): Promise<ArgumentLabels> {
  const { secret, exempt } = lookUp;
  const words = lookUp.words === undefined ? undefined : prepareWords(lookUp.words);
  const byLeaf = new Map<string | number, LeafLabels>();
  const variants: Variant[] = [];
  let characters = 0;
  for (const { value } of leavesOf(args)) {
    if (byLeaf.has(value)) continue;
    byLeaf.set(value, NOTHING);
    if (isTooPlain(value) || isUsers(value, words)) continue;
    characters += String(value).length;
    if (characters > MAX_CHARACTERS) {
      byLeaf.set(value, { labels: lookUp.sessionLabels, isDerived: false });
    } else {
      variants.push(...variantsOf(value));
    }
  }
  const marks = variants.flatMap((variant) => variant.marks);
  const runs = variants.map(({ squeezed }) => secret.shingles(squeezed));
  const exact = await secret.seal(marks);
  const shingles = joinRuns(runs);
  const found = await lookUp.find({ exact, shingles });
  if (found.exact.length !== marks.length || found.shingles.length !== shingles.length) {
    throw new TypeError("The session store answered something else than what was asked.");
  }
  let exactAt = 0;
  let shingleAt = 0;
  for (const [index, { value, marks: own }] of variants.entries()) {
    const length = runs[index]?.length ?? 0;
    const matched = matchedLabels(
      found.exact.slice(exactAt, exactAt + own.length),
      found.shingles.slice(shingleAt, shingleAt + length),
    );
    exactAt += own.length;
    shingleAt += length;
    // Of a value with several spellings each adds what it was found by.
    const before = byLeaf.get(value) ?? NOTHING;
    const labels = new Set([...before.labels, ...matched, ...found.everywhere]);
    byLeaf.set(value, {
      labels: Object.freeze([...labels].toSorted()),
      isDerived: matched.size === 0 && (before === NOTHING || before.isDerived),
    });
  }
  return { byLeaf, exempt };
}

/** One spelling of a value, as it is looked up. */
interface Variant {
  readonly value: string | number;
  readonly marks: readonly string[];
  readonly squeezed: string;
}

/** One value of the arguments; names that look like data are values as well. */
export interface ArgumentLeaf {
  readonly value: string | number;
  readonly pointer: string;
}

const FIELD_NAME = /^[A-Za-z_$][A-Za-z_$-]*$/;

/** The values below a part of the arguments, with their pointers. */
export function leavesOf(value: Json, path: readonly (string | number)[] = []): ArgumentLeaf[] {
  if (typeof value === "string" || typeof value === "number") {
    return [{ value, pointer: toPointer(path) }];
  }
  if (isList(value)) return value.flatMap((item, index) => leavesOf(item, [...path, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const below = leavesOf(item, [...path, name]);
    if (FIELD_NAME.test(name)) return below;
    // A name cannot be exempt: it is no value of the place that it names.
    return [{ value: name, pointer: toPointer([...path, name, ""]) }, ...below];
  });
}

/** Tells whether a value of the arguments carries no labels by its place. */
export function isExempt({ value, pointer }: ArgumentLeaf, exempt: readonly string[]): boolean {
  if (typeof value === "string" && value.length > MAX_EXEMPT) return false;
  return exempt.some((place) => isPlace(pointer, place));
}

function isPlace(pointer: string, place: string): boolean {
  if (!place.includes("*")) return pointer === place;
  const [segments, wanted] = [pointer.split("/"), place.split("/")];
  return (
    segments.length === wanted.length &&
    wanted.every((segment, index) => {
      const found = segments[index] ?? "";
      return segment === found || (segment === "*" && /^\d+$/.test(found));
    })
  );
}

function isTooPlain(value: string | number): boolean {
  if (typeof value === "number") return numberMark(value) === undefined;
  const comparable = comparableText(value);
  return comparable === "" || isSmallNumber(comparable);
}

function isUsers(value: string | number, words: SaidWords | undefined): boolean {
  if (words === undefined || (typeof value === "string" && value.length > MAX_SAID)) return false;
  return isSaid(value, words, () => false) === true;
}

function variantsOf(value: string | number): readonly Variant[] {
  const text = String(value);
  const comparable = comparableText(text);
  const decoded = comparableText(decodePercents(text));
  return [...new Set([comparable, decoded])].map((spelling) => {
    const squeezed = squeezedText(spelling);
    const texts = [spelling, squeezed, ...structuredTokens(spelling)];
    const mark = typeof value === "number" ? numberMark(value) : undefined;
    const numbers = [...largeNumbers(spelling), ...(mark === undefined ? [] : [mark])];
    const marks = [...texts.map(markOf.text), ...numbers.map(markOf.number)];
    return { value, marks: [...new Set(marks)], squeezed };
  });
}

function decodePercents(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

function matchedLabels(
  exact: FoundLabels["exact"],
  shingles: FoundLabels["shingles"],
): ReadonlySet<string> {
  const labels = new Set(exact.flat());
  // All of a short value, or enough of a result inside a longer one.
  const enough = Math.min(shingles.length, REVEALED_LENGTH - SHINGLE_LENGTH + 1);
  const streaks = new Map<string, number>();
  for (const held of shingles) {
    for (const label of streaks.keys()) if (!held.includes(label)) streaks.delete(label);
    for (const label of held) {
      const length = (streaks.get(label) ?? 0) + 1;
      streaks.set(label, length);
      if (length >= enough) labels.add(label);
    }
  }
  return labels;
}
