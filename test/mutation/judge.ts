import type { Result } from "./run-mutants.ts";

/** How many mutants of something were noticed. */
interface Count {
  readonly mutants: number;
  readonly killed: number;
  readonly timedOut: number;
  readonly explained: number;
}

/** What a run says about the tests. */
export interface Judgement {
  /** One line for each mutant that is not as it should be; none when all is well. */
  readonly complaints: readonly string[];
  readonly counts: Count & { readonly files: Readonly<Record<string, Count>> };
  readonly summary: string;
}

/** Why mutants survive: the keys of those that survive for a reason, by the reason. */
export type Reasons = Readonly<Record<string, readonly string[]>>;

/**
 * Compares survivors with the explained ones, both ways: a survivor without a reason is wrong, and
 * so is a reason for what no longer survives. Who survives as a part of an explained survivor needs
 * no reason of its own. Only a run of everything can tell that a reason belongs to nothing.
 */
export function judge(
  results: readonly Result[],
  reasons: Reasons,
  { isWhole }: { readonly isWhole: boolean },
): Judgement {
  const explained = new Set(Object.values(reasons).flat());
  const known = new Set(results.map(({ mutant }) => mutant.key));
  const living = new Set(
    results.filter(({ outcome }) => lives(outcome)).map(({ mutant }) => mutant.key),
  );
  const hasReason = ({ mutant }: Result): boolean =>
    [mutant.key, ...mutant.partOf].some((key) => explained.has(key) && living.has(key));
  const unexplained = results
    .filter((result) => lives(result.outcome) && !hasReason(result))
    .map(({ mutant, outcome }) => `${outcome}: ${mutant.file}:${mutant.line}\n  ${mutant.key}`);
  const noticed = results
    .filter(({ mutant, outcome }) => !lives(outcome) && explained.has(mutant.key))
    .map(({ mutant, by }) => `explained but noticed, by ${by}:\n  ${mutant.key}`);
  const gone = [...explained]
    .filter((key) => isWhole && !known.has(key))
    .map((key) => `explained but not there any more:\n  ${key}`);
  const blank = Object.entries(reasons)
    .filter(([reason]) => reason.trim() === "")
    .flatMap(([, keys]) => keys.map((key) => `explained without a word:\n  ${key}`));
  const countOf = (some: readonly Result[]): Count => ({
    mutants: some.length,
    killed: some.filter(({ outcome }) => outcome === "killed").length,
    timedOut: some.filter(({ outcome }) => outcome === "timed out").length,
    explained: some.filter((result) => lives(result.outcome) && hasReason(result)).length,
  });
  const files = [...new Set(results.map(({ mutant }) => mutant.file))];
  const ofFile = (file: string): readonly Result[] =>
    results.filter(({ mutant }) => mutant.file === file);
  const counts = {
    ...countOf(results),
    files: Object.fromEntries(files.map((file) => [file, countOf(ofFile(file))])),
  };
  const { mutants, killed, timedOut } = counts;
  const share = ((100 * (killed + timedOut)) / Math.max(1, mutants)).toFixed(1);
  return {
    complaints: [...unexplained, ...noticed, ...gone, ...blank],
    counts,
    summary: `${mutants} mutants: ${killed} failed a test, ${timedOut} never ended (${share} %), ${counts.explained} survive for a reason, ${unexplained.length} for none`,
  };
}

function lives(outcome: Result["outcome"]): boolean {
  return outcome === "survived" || outcome === "not reached";
}
