import type { PolicyDocument, Rule, RuleTrace } from "@portcullis/core";
import { listClauses, traceByPlace } from "../text/list-clauses.ts";

/** How often something was seen both ways. */
export interface CoverageCount {
  /** Seen both ways. */
  readonly covered: number;
  readonly total: number;
}

/** How one clause of a condition was seen. */
export interface ClauseCoverage {
  /** Its CEL. */
  readonly text: string;
  readonly seenTrue: boolean;
  readonly seenFalse: boolean;
  /** It erred at least once; that covers nothing. */
  readonly seenError: boolean;
}

/** How one rule was seen by calls of its tools. */
export interface RuleCoverage {
  readonly id: string;
  readonly effect: Rule["effect"];
  /** `file:line:column` where it is known. */
  readonly source?: string;
  /** It applied to some call. */
  readonly seenApplying: boolean;
  /** It did not apply to some call of its tools. */
  readonly seenNotApplying: boolean;
  /** It names neither agents nor users and has no condition, so it applies to every call of its tools. */
  readonly isUnconditional: boolean;
  /** Applied, and unless it is unconditional also did not apply. */
  readonly covered: boolean;
  readonly clauses: readonly ClauseCoverage[];
}

/** Which rules and clauses of a policy were seen both ways. */
export interface PolicyCoverage {
  readonly rules: CoverageCount;
  readonly clauses: CoverageCount;
  /** Every rule, in the order of the policy. */
  readonly details: readonly RuleCoverage[];
}

/** Collects what `explainRules` says about many calls. */
export interface CoverageRecorder {
  /** Takes the traces of one call. */
  add(traces: readonly RuleTrace[]): void;
  /** What was seen so far. */
  report(): PolicyCoverage;
}

interface Seen {
  applying: boolean;
  notApplying: boolean;
  readonly clauses: ReadonlyMap<string, { yes: boolean; no: boolean; error: boolean }>;
}

/** Makes a recorder for the rules of a policy. */
export function createCoverageRecorder({ rules }: PolicyDocument): CoverageRecorder {
  const seen = new Map(rules.map((rule) => [rule.id, unseen(rule)]));
  return {
    add(traces) {
      for (const trace of traces) {
        const rule = seen.get(trace.id);
        if (rule !== undefined) note(rule, trace);
      }
    },
    report() {
      const details = rules.map((rule) => toRuleCoverage(rule, seen.get(rule.id) ?? unseen(rule)));
      const clauses = details.flatMap((rule) => rule.clauses);
      return {
        rules: { covered: details.filter(({ covered }) => covered).length, total: details.length },
        clauses: {
          covered: clauses.filter(({ seenTrue, seenFalse }) => seenTrue && seenFalse).length,
          total: clauses.length,
        },
        details,
      };
    },
  };
}

/**
 * Tells whether a count reaches a share in percent; nothing to cover is covered.
 *
 * @example
 * ```ts
 * isCovered({ covered: 9, total: 10 }, 90); // true
 * ```
 */
export function isCovered({ covered, total }: CoverageCount, percent: number): boolean {
  return covered * 100 >= total * percent;
}

function unseen({ when }: Rule): Seen {
  const clauses = when === undefined ? [] : listClauses(when);
  return {
    applying: false,
    notApplying: false,
    clauses: new Map(clauses.map(({ place }) => [place, { yes: false, no: false, error: false }])),
  };
}

function note(seen: Seen, { applies, condition }: RuleTrace): void {
  if (applies) seen.applying = true;
  else seen.notApplying = true;
  if (condition === undefined) return;
  const traces = traceByPlace(condition);
  for (const [place, clause] of seen.clauses) {
    const trace = traces.get(place);
    if (trace === undefined) continue;
    if (trace.value === true) clause.yes = true;
    else if (trace.value === false) clause.no = true;
    else clause.error = true;
  }
}

function toRuleCoverage(rule: Rule, seen: Seen): RuleCoverage {
  const { id, effect, at, agents, users, when } = rule;
  const isUnconditional = agents === undefined && users === undefined && when === undefined;
  const clauses = when === undefined ? [] : listClauses(when);
  return {
    id,
    effect,
    ...(at === undefined ? {} : { source: at }),
    seenApplying: seen.applying,
    seenNotApplying: seen.notApplying,
    isUnconditional,
    covered: seen.applying && (isUnconditional || seen.notApplying),
    clauses: clauses.map(({ place, text }) => {
      const clause = seen.clauses.get(place);
      return {
        text,
        seenTrue: clause?.yes === true,
        seenFalse: clause?.no === true,
        seenError: clause?.error === true,
      };
    }),
  };
}
