import type { Approvers } from "../policy-document.ts";
import type { ApprovalVote } from "../ports/approval-store.ts";

/** How far the votes meet the demands. */
export interface VoteCount {
  /** Places that distinct people fill now. */
  readonly filled: number;
  /** Places in all, at least one. */
  readonly places: number;
}

const ANYONE: readonly Approvers[] = [{ roles: [], count: 1 }];
const MOST_PLACES = 100;

/**
 * Counts how many of the demanded places the votes fill, one person in one place.
 *
 * A place is filled by anyone who holds one of its roles, or by anyone at all if it has none. No
 * demand means one person. A demand that is not a positive whole number of people, or is absurdly
 * large, can never be met.
 */
export function countVotes(
  votes: readonly ApprovalVote[],
  demands: readonly Approvers[],
): VoteCount {
  const asked = demands.length === 0 ? ANYONE : demands;
  const sum = asked.reduce((total, { count }) => total + count, 0);
  const isSound = asked.every(({ count }) => Number.isSafeInteger(count) && count > 0);
  if (!isSound || sum > MOST_PLACES) return { filled: 0, places: Infinity };
  const places = asked.flatMap(({ roles, count }) => Array.from({ length: count }, () => roles));
  const filled = matchMost(places, distinctPeople(votes), holdsOneOf);
  return { filled, places: places.length };
}

/** Tells whether votes that meet `held` would always meet `asked` too. */
export function coversDemands(held: readonly Approvers[], asked: readonly Approvers[]): boolean {
  const wanted = asked.length === 0 ? ANYONE : asked;
  const given = held.length === 0 ? ANYONE : held;
  return matchMost(wanted, given, isStricter) === wanted.length;
}

/** Demands that cover both lists: all of `asked`, and what of `held` it does not cover. */
export function uniteDemands(
  asked: readonly Approvers[],
  held: readonly Approvers[],
): readonly Approvers[] {
  const unused = [...asked];
  const left = held.filter((demand) => {
    const index = unused.findIndex((candidate) => isStricter(demand, candidate));
    if (index !== -1) unused.splice(index, 1);
    return index === -1;
  });
  return [...asked, ...left];
}

function holdsOneOf(roles: readonly string[], vote: ApprovalVote): boolean {
  return roles.length === 0 || roles.some((role) => vote.roles.includes(role));
}

function isStricter(demand: Approvers, candidate: Approvers): boolean {
  if (candidate.count < demand.count) return false;
  if (demand.roles.length === 0) return true;
  return candidate.roles.length > 0 && candidate.roles.every((role) => demand.roles.includes(role));
}

function distinctPeople(votes: readonly ApprovalVote[]): readonly ApprovalVote[] {
  return [...new Map(votes.map((vote) => [vote.approver, vote])).values()];
}

/** Size of the largest one-to-one matching (augmenting paths). */
function matchMost<A, B>(
  left: readonly A[],
  right: readonly B[],
  fits: (a: A, b: B) => boolean,
): number {
  const partner = new Map<number, number>();
  const place = (from: number, tried: Set<number>): boolean => {
    const wanted = left[from];
    if (wanted === undefined) return false;
    for (const [index, candidate] of right.entries()) {
      if (tried.has(index) || !fits(wanted, candidate)) continue;
      tried.add(index);
      const holder = partner.get(index);
      if (holder !== undefined && !place(holder, tried)) continue;
      partner.set(index, from);
      return true;
    }
    return false;
  };
  return left.filter((_, index) => place(index, new Set())).length;
}
