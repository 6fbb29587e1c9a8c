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

/**
 * Compares survivors with the explained ones, both ways: a survivor without a reason is wrong, and
 * so is a reason for what no longer survives. Only a run of everything can tell that a reason
 * belongs to nothing.
 */
export function judge(
  results: readonly Result[],
  explained: Readonly<Record<string, string>>,
  { isWhole }: { readonly isWhole: boolean },
): Judgement {
  const known = new Set(results.map(({ mutant }) => mutant.key));
  const unexplained = results
    .filter(({ mutant, outcome }) => lives(outcome) && !Object.hasOwn(explained, mutant.key))
    .map(({ mutant, outcome }) => `${outcome}: ${mutant.file}:${mutant.line}\n  ${mutant.key}`);
  const noticed = results
    .filter(({ mutant, outcome }) => !lives(outcome) && Object.hasOwn(explained, mutant.key))
    .map(({ mutant, by }) => `explained but noticed, by ${by}:\n  ${mutant.key}`);
  const gone = Object.keys(explained)
    .filter((key) => isWhole && !known.has(key))
    .map((key) => `explained but not there any more:\n  ${key}`);
  const blank = Object.keys(explained)
    .filter((key) => explained[key]?.trim() === "")
    .map((key) => `explained without a word:\n  ${key}`);
  const files = [...new Set(results.map(({ mutant }) => mutant.file))];
  const ofFile = (file: string): readonly Result[] =>
    results.filter(({ mutant }) => mutant.file === file);
  const counts = {
    ...countOf(results, explained),
    files: Object.fromEntries(files.map((file) => [file, countOf(ofFile(file), explained)])),
  };
  const { mutants, killed, timedOut } = counts;
  const share = ((100 * (killed + timedOut)) / Math.max(1, mutants)).toFixed(1);
  return {
    complaints: [...unexplained, ...noticed, ...gone, ...blank],
    counts,
    summary: `${mutants} mutants: ${killed} failed a test, ${timedOut} never ended (${share} %), ${counts.explained} survive for a reason, ${unexplained.length} for none`,
  };
}

function countOf(results: readonly Result[], explained: Readonly<Record<string, string>>): Count {
  const count = (test: (result: Result) => boolean): number => results.filter(test).length;
  return {
    mutants: results.length,
    killed: count(({ outcome }) => outcome === "killed"),
    timedOut: count(({ outcome }) => outcome === "timed out"),
    explained: count(
      ({ mutant, outcome }) => lives(outcome) && Object.hasOwn(explained, mutant.key),
    ),
  };
}

function lives(outcome: Result["outcome"]): boolean {
  return outcome === "survived" || outcome === "not reached";
}
