import type { BenchResult } from "./bench-result.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Gate, Measured } from "./gated.ts";
import { installPeers } from "./install-peers.ts";
import { notRun } from "./not-run.ts";
import { FAMILIES, OURS } from "./peer-family.ts";
import type { FamilyAnswer, FamilyTask, PeerRow } from "./peer-family.ts";
import { askProcess } from "./run-apart.ts";

const SIZES = [100, 1000] as const;

/**
 * Times libraries that decide by rules beside ours: the same rules and requests, each family in a
 * process of its own with our evaluator in its rounds.
 *
 * Every contender must first answer all requests rightly. The bar: of those that look at all rules,
 * ours is the fastest.
 */
export async function benchPeers(): Promise<BenchResult> {
  const missing = installPeers();
  if (missing !== undefined) return notRun("peers", missing);
  return runGated("peers", measurePeers);
}

async function measurePeers(rounds: number): Promise<Measured> {
  const rows: PeerRow[] = [];
  const skipped: { readonly family: string; readonly reason: string }[] = [];
  for (const family of FAMILIES) {
    const answer = await runFamily({ family, sizes: SIZES, rounds });
    if ("rows" in answer) rows.push(...answer.rows);
    else skipped.push({ family, reason: answer.notRun });
  }
  return {
    results: [
      ...rows.map((row) => ({ ...row })),
      ...skipped.map(({ family, reason }) => ({ family, notRun: reason })),
    ],
    gates: SIZES.map((size) => toGate(rows, size)),
    lines: [
      line("contender, rules", "hit", "miss", "hit / ours"),
      ...SIZES.flatMap((size) => describeSize(rows, size)),
      ...skipped.map(({ family, reason }) => line(family, `not run: ${reason}`)),
    ],
  };
}

/** Ours against the peer that comes closest, each compared within its own process. */
function toGate(rows: readonly PeerRow[], size: number): Gate {
  const shares = hitsOf(rows, size)
    .filter(({ contender, collects }) => contender !== OURS && collects !== "first")
    .map((row) => 1 / slowdown(rows, row));
  return {
    gate: `ours / fastest that looks at all rules, hit at ${size} rules`,
    value: shares.length === 0 ? Number.NaN : Math.max(...shares),
    bar: 1,
    isStrict: true,
  };
}

function hitsOf(rows: readonly PeerRow[], size: number): readonly PeerRow[] {
  return rows.filter((row) => row.case === "hit" && row.rules === size);
}

/** How many times longer a row's contender takes than ours in the same process. */
function slowdown(rows: readonly PeerRow[], { family, rules, ...row }: PeerRow): number {
  const ours = rows.find((other) => {
    const isSame = other.family === family && other.rules === rules && other.case === row.case;
    return isSame && other.contender === OURS;
  });
  return row.medianNs / (ours?.medianNs ?? Number.NaN);
}

function describeSize(rows: readonly PeerRow[], size: number): readonly string[] {
  const hits = hitsOf(rows, size);
  const ours = hits.filter(({ contender }) => contender === OURS);
  const peers = hits.filter(({ contender }) => contender !== OURS);
  return [...ours.slice(0, 1), ...peers].map((hit) => {
    const miss = rows.find((row) => {
      const isSame = row.family === hit.family && row.rules === size && row.case === "miss";
      return isSame && row.contender === hit.contender;
    });
    const label = `${hit.contender}, ${size}${hit.collects === "all" ? "" : ` (${hit.collects})`}`;
    const factor = hit.contender === OURS ? "" : `x${slowdown(rows, hit).toPrecision(3)}`;
    return line(label, formatNs(hit.medianNs), formatNs(miss?.medianNs ?? Number.NaN), factor);
  });
}

async function runFamily(task: FamilyTask): Promise<FamilyAnswer> {
  return (await askProcess("peer-process.ts", task, task.family)) as FamilyAnswer;
}
