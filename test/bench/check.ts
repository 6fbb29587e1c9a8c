import { canonicalize, createSchemaCompiler } from "@portcullis/core";
import type { Guard, Json } from "@portcullis/core";
import type { BenchResult } from "./bench-result.ts";
import {
  createFields,
  createGuardedCalls,
  createNested,
  DIGEST,
  digestArgs,
  FIELDS_SCHEMA,
  GUARD_RULES,
  NESTED_SCHEMA,
} from "./call-load.ts";
import type { GuardedCall } from "./call-load.ts";
import { REQUESTS } from "./decision-load.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Measured } from "./gated.ts";
import { asyncContender, contender, measure, measureLatency, ratio } from "./measure.ts";
import type { Contender, Latency } from "./measure.ts";

const ARGS_OF_CALLS = "jcs + sha-256 of the calls";

/**
 * Times the parts of a check against `JSON.stringify` of the same arguments, and the whole check
 * against the part that nobody can leave out: the canonical form and its digest.
 */
export function benchCheck(): Promise<BenchResult> {
  return runGated("check", measureCheck);
}

async function measureCheck(rounds: number): Promise<Measured> {
  // Before there is a guard: its sessions and records would be garbage to collect for the parts.
  const parts = await measure(await createParts(), { rounds });
  const { guard, calls } = await createGuardedCalls();
  await checkCalls(guard, calls);
  const checks = await measure(createChecks(guard, calls), { rounds });
  const timings = [...parts, ...checks];
  const latencies: readonly (readonly [string, Latency])[] = [
    ["guard.check wall", await measureLatency(calls, (one) => check(guard, one))],
    ["guard.execute wall", await measureLatency(calls, (one) => execute(guard, one))],
  ];
  return {
    results: [
      ...timings.map(({ name, ...figures }) => ({ case: name, ...figures })),
      ...latencies.map(([name, figures]) => ({ case: name, rules: GUARD_RULES, ...figures })),
    ],
    gates: [
      {
        gate: "argument check / JSON.stringify, 15 fields",
        value: ratio(parts, "validate 15 fields", "stringify 15 fields"),
        bar: 1,
      },
      {
        gate: "JCS + SHA-256 / JSON.stringify, 1 KB",
        value: ratio(parts, "jcs + sha-256 1 KB", "stringify 1 KB"),
        bar: 5,
      },
      {
        gate: "guard.check / JCS + SHA-256, 1 KB, 1000 rules",
        value: ratio(checks, "guard.check 1 KB", ARGS_OF_CALLS),
        bar: 6,
      },
    ],
    lines: [
      ...timings.map(({ name, medianNs, minNs, maxNs }) => {
        return line(name, formatNs(medianNs), `${formatNs(minNs)} –`, formatNs(maxNs));
      }),
      ...latencies.map(([name, { p50Ns, p99Ns, p999Ns }]) => {
        const figures = [`p50 ${formatNs(p50Ns)}`, `p99 ${formatNs(p99Ns)}`];
        return line(name, ...figures, `p99.9 ${formatNs(p999Ns)}`);
      }),
    ],
  };
}

async function createParts(): Promise<readonly Contender[]> {
  const compiler = createSchemaCompiler({ digest: { ...DIGEST, hmacSha256: () => "" } });
  const options = { origin: "trusted", closed: true } as const;
  const validator = await compiler.compile(FIELDS_SCHEMA, options);
  const whole = await compiler.compile(NESTED_SCHEMA, options);
  const fields = createFields();
  const canonical = fields.map((args) => canonicalize(args).value);
  const spare = Array.from({ length: REQUESTS }, (_, amount) => ({
    path: `/data/${amount}`,
    amount,
  }));
  const nested = createNested(spare);
  const canonicalNested = nested.map((args) => canonicalize(args).value);
  if (!canonical.every((args) => validator.validate(args).ok)) throw new Error("Wrong fields.");
  if (!canonicalNested.every((args) => whole.validate(args).ok)) throw new Error("Wrong args.");
  return [
    contender("stringify 15 fields", fields, (args) => JSON.stringify(args)),
    contender("validate 15 fields", canonical, (args) => validator.validate(args)),
    contender("stringify 1 KB", nested, (args) => JSON.stringify(args)),
    contender("validate 1 KB", canonicalNested, (args) => whole.validate(args)),
    contender("jcs 1 KB", nested, (args) => canonicalize(args)),
    contender("jcs + sha-256 1 KB", nested, (args) => digestArgs(args)),
  ];
}

function createChecks(guard: Guard, calls: readonly GuardedCall[]): readonly Contender[] {
  return [
    contender(ARGS_OF_CALLS, calls, ({ call }) => digestArgs(call.args as Json)),
    asyncContender("guard.check 1 KB", calls, (one) => check(guard, one)),
    asyncContender("guard.execute 1 KB", calls, (one) => execute(guard, one)),
  ];
}

async function checkCalls(guard: Guard, calls: readonly GuardedCall[]): Promise<void> {
  for (const one of calls) {
    const { outcome } = await check(guard, one);
    const { kind } = await execute(guard, one);
    if (outcome !== "permit" || kind !== "completed") {
      throw new Error(`The guard refuses ${one.call.tool}: ${outcome}, ${kind}.`);
    }
  }
}

function check(guard: Guard, { call, context }: GuardedCall): ReturnType<Guard["check"]> {
  return guard.check(call, context);
}

async function execute(
  guard: Guard,
  { call, context }: GuardedCall,
): Promise<Awaited<ReturnType<Guard["execute"]>>> {
  const outcome = await guard.execute(call, context, () => "done");
  if (outcome.kind !== "completed") throw new Error(`A call ended as ${outcome.kind}.`);
  return outcome;
}
