import { isList, isObject } from "../evaluate/frame.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { Json } from "../json.ts";
import type { FoundLabels, ValueMarks } from "../ports/session-store.ts";
import type { ArgumentLabels, LeafLabels, Place } from "../argument-labels.ts";
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
import { wholeMarks } from "./source-marks.ts";
import type { LegalArgument } from "./value-sources.ts";

/** What the labels of arguments are found with. */
export interface ArgumentLookUp {
  readonly secret: FlowSecret;
  /** The user's own words. */
  readonly words: readonly string[] | undefined;
  readonly exempt: readonly Place[];
  /** Arguments that may come from declared results. */
  readonly legal: readonly LegalArgument[];
  /** All labels of the session. */
  readonly sessionLabels: readonly string[];
  find(marks: ValueMarks): Promise<FoundLabels>;
}

/** Longest text of an exempt argument: what is longer is no id. */
const MAX_EXEMPT = 64;
/** Most characters of arguments that are looked up; what is beyond carries everything. */
const MAX_CHARACTERS = 262_144;
const LEAST_COST = 32;
const MAX_SAID = 4096;
/** Most values that are asked for at the places that declare where they come from. */
const MAX_CLAIMS = 1024;
/** Most characters of the user's words that are searched for values of one call. */
const MAX_SEARCHED = 16_777_216;

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
  const isSearched = createBudget(MAX_SEARCHED);
  const isTooMuch = createBudget(MAX_CHARACTERS);
  for (const { value } of leavesOf(args)) {
    if (byLeaf.has(value)) continue;
    byLeaf.set(value, NOTHING);
    if (isTooPlain(value) || isUsers(value, words, isSearched)) continue;
    const spellings = variantsOf(value);
    const length = spellings.reduce((sum, { comparable }) => sum + comparable.length, 0);
    // Many short values cost as much as long ones.
    if (isTooMuch(Math.max(length, LEAST_COST))) {
      byLeaf.set(value, { labels: lookUp.sessionLabels, isDerived: false });
    } else {
      variants.push(...spellings.map(toVariant));
    }
  }
  const claims = claimsOf(args, lookUp.legal);
  const marks = [...variants, ...claims].flatMap((each) => each.marks);
  const runs = variants.map(({ squeezed }) => secret.shingles(squeezed));
  const exact = await secret.seal(marks);
  const shingles = joinRuns(runs);
  const found = await lookUp.find({ exact, shingles });
  if (found.exact.length !== marks.length || found.shingles.length !== shingles.length) {
    throw new TypeError("The session store answered something else than what was asked.");
  }
  let exactAt = 0;
  let shingleAt = 0;
  for (const [index, { value, marks: own, whole }] of variants.entries()) {
    const length = runs[index]?.length ?? 0;
    const held = found.exact.slice(exactAt, exactAt + own.length);
    const runsHeld = found.shingles.slice(shingleAt, shingleAt + length);
    const matched = matchedLabels(held, runsHeld);
    const isKnown =
      held.slice(0, whole).some((labels) => labels !== undefined) ||
      (length > 0 && runsHeld.every((labels) => labels !== undefined));
    exactAt += own.length;
    shingleAt += length;
    // Of a value with several spellings each adds what it was found by.
    const before = byLeaf.get(value) ?? NOTHING;
    const labels = new Set([...before.labels, ...matched, ...found.everywhere]);
    byLeaf.set(value, {
      labels: Object.freeze([...labels].toSorted()),
      isDerived: !isKnown && (before === NOTHING || before.isDerived),
    });
  }
  const legal = new Set<string>();
  for (const { pointer, marks: own } of claims) {
    const held = found.exact.slice(exactAt, exactAt + own.length);
    if (held.some((labels) => labels !== undefined)) legal.add(pointer);
    exactAt += own.length;
  }
  return { byLeaf, exempt, legal };
}

/** A value that may have come from a declared result, with what it would be known by. */
interface Claim {
  readonly pointer: string;
  readonly marks: readonly string[];
}

function claimsOf(args: Json, legal: readonly LegalArgument[]): readonly Claim[] {
  if (legal.length === 0) return [];
  const claims: Claim[] = [];
  for (const { value, path } of leavesOf(args)) {
    if (path === undefined || claims.length >= MAX_CLAIMS) continue;
    const sources = legal.filter(({ place }) => isPlace(path, place));
    const names = sources.flatMap((each) => each.sources);
    const whole = names.length === 0 ? [] : wholeMarks(value);
    const marks = names.flatMap((name) => whole.map((mark) => markOf.source(name, mark)));
    if (marks.length > 0) claims.push({ pointer: toPointer(path), marks });
  }
  return claims;
}

/** One spelling of a value, as it is looked up. */
interface Variant {
  readonly value: string | number;
  readonly marks: readonly string[];
  /** How many of the first marks stand for the whole value. */
  readonly whole: number;
  readonly squeezed: string;
}

/** One value of the arguments; names that look like data are values as well. */
export interface ArgumentLeaf {
  readonly value: string | number;
  /** Where it stands; undefined for a name, which is no value of the place that it names. */
  readonly path: readonly (string | number)[] | undefined;
}

const FIELD_NAME = /^[A-Za-z_$][A-Za-z_$-]*$/;

/** The values below a part of the arguments, with their pointers. */
export function leavesOf(value: Json, path: readonly (string | number)[] = []): ArgumentLeaf[] {
  if (typeof value === "string" || typeof value === "number") {
    return [{ value, path }];
  }
  if (isList(value)) return value.flatMap((item, index) => leavesOf(item, [...path, index]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => {
    const below = leavesOf(item, [...path, name]);
    return FIELD_NAME.test(name) ? below : [{ value: name, path: undefined }, ...below];
  });
}

/** Tells whether a value came from a result that the place declares. */
export function isLegal({ path }: ArgumentLeaf, legal: ReadonlySet<string>): boolean {
  return path !== undefined && legal.size > 0 && legal.has(toPointer(path));
}

/** Tells whether a value of the arguments carries no labels by its place. */
export function isExempt({ value, path }: ArgumentLeaf, exempt: readonly Place[]): boolean {
  if (path === undefined || (typeof value === "string" && value.length > MAX_EXEMPT)) return false;
  return exempt.some((place) => isPlace(path, place));
}

function isPlace(path: readonly (string | number)[], place: Place): boolean {
  return (
    path.length === place.length &&
    place.every((segment, index) => {
      const step = path[index];
      return segment === String(step) || (segment === "*" && typeof step === "number");
    })
  );
}

function isTooPlain(value: string | number): boolean {
  if (typeof value === "number") return numberMark(value) === undefined;
  const comparable = comparableText(value);
  return comparable === "" || isSmallNumber(comparable);
}

/** Tells whether the sum of what was asked for went over the bound. */
function createBudget(most: number): (cost: number) => boolean {
  let spent = 0;
  return (cost) => {
    spent += cost;
    return spent > most;
  };
}

function isUsers(
  value: string | number,
  words: SaidWords | undefined,
  isExhausted: (cost: number) => boolean,
): boolean {
  if (words === undefined || (typeof value === "string" && value.length > MAX_SAID)) return false;
  return isSaid(value, words, isExhausted) === true;
}

interface Spelling {
  readonly value: string | number;
  readonly comparable: string;
}

function variantsOf(value: string | number): readonly Spelling[] {
  const text = String(value);
  const comparable = comparableText(text);
  const decoded = comparableText(decodePercents(decodePercents(text)));
  return [...new Set([comparable, decoded])].map((each) => ({ value, comparable: each }));
}

function toVariant({ value, comparable }: Spelling): Variant {
  const squeezed = squeezedText(comparable);
  const whole = wholeMarks(typeof value === "number" ? value : comparable);
  const tokens = structuredTokens(comparable).map(markOf.text);
  const numbers = largeNumbers(comparable).map(markOf.number);
  const marks = [...new Set([...whole, ...tokens, ...numbers])];
  return { value, marks, whole: whole.length, squeezed };
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
  const labels = new Set(exact.flatMap((held) => held ?? []));
  // All of a short value, or enough of a result inside a longer one.
  const enough = Math.min(shingles.length, REVEALED_LENGTH - SHINGLE_LENGTH + 1);
  const streaks = new Map<string, number>();
  for (const held of shingles) {
    for (const label of streaks.keys()) if (held?.includes(label) !== true) streaks.delete(label);
    for (const label of held ?? []) {
      const length = (streaks.get(label) ?? 0) + 1;
      streaks.set(label, length);
      if (length >= enough) labels.add(label);
    }
  }
  return labels;
}
