import type { FactProvider, FactResult, Finding, Json, Scanner } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import { refuseUnknownOptions, textListOption } from "./internal/fact-options.ts";
import { extracted, failed } from "./internal/fact-result.ts";
import { createScanner } from "./scan.ts";

type Kind = Finding["kind"];

const VERSION = 1;
const MAX_LENGTH = 1_048_576;
const MAX_DEPTH = 64;
const MAX_NAME = 64;

/**
 * Providers of `secrets(x)`, `pii(x)` and `scan(x, {"kinds": […]})`: what a scanner finds in a
 * value, in the names of its members too.
 *
 * `count` is the number of findings, `kinds` and `rules` say which, sorted and each once. A value
 * with more text than can be scanned is `too-large`, never a count of zero. Without a scanner of
 * your own it is {@link createScanner}.
 *
 * @example
 * ```ts
 * import { scanFacts } from "@portcullis/inspect";
 *
 * const [secrets] = scanFacts();
 * secrets?.prepare({})({ body: "no secret here" }, { now: 0 });
 * // { ok: true, value: { count: 0, kinds: [], rules: [] } }
 * ```
 */
export function scanFacts(scanner?: Scanner): readonly FactProvider[] {
  let used = scanner;
  // A policy that reads none of them need not wait until the rules are compiled.
  const ready = (): Scanner => (used ??= createScanner());
  const fields = {
    count: "int",
    kinds: { list: "string" },
    rules: { list: "string" },
  } as const;
  const ofKind = (type: string, kind: Kind): FactProvider => ({
    type,
    version: VERSION,
    fields,
    prepare(options) {
      refuseUnknownOptions(type, options, []);
      const prepared = ready();
      return (value) => extract(prepared, [kind], value);
    },
  });
  return [
    ofKind("secrets", "secret"),
    ofKind("pii", "pii"),
    {
      type: "scan",
      version: VERSION,
      fields,
      prepare(options) {
        refuseUnknownOptions("scan", options, ["kinds"]);
        const prepared = ready();
        const kinds = toKinds(prepared, textListOption(options, "kinds") ?? prepared.kinds);
        return (value) => extract(prepared, kinds, value);
      },
    },
  ];
}

function toKinds(scanner: Scanner, names: readonly string[]): readonly Kind[] {
  const kinds = scanner.kinds.filter((kind) => names.includes(kind));
  if (kinds.length !== names.length || names.length === 0) {
    throw new PortcullisConfigError("kinds", `\`kinds\` may be ${scanner.kinds.join(", ")}.`);
  }
  return kinds;
}

function extract(scanner: Scanner, kinds: readonly Kind[], value: Json): FactResult {
  const findings: Finding[] = [];
  let left = MAX_LENGTH;
  const pending: { readonly value: Json; readonly name: string; readonly depth: number }[] = [
    { value, name: "", depth: 0 },
  ];
  const scan = (text: string, name: string): boolean => {
    left -= text.length;
    if (left < 0) return false;
    // A name says what its value is: `{"password": "…"}`.
    const lead = name === "" ? "" : `"${name.slice(-MAX_NAME)}": "`;
    const whole = lead === "" ? text : `${lead}${text}"`;
    const { status, findings: found } = scanner.scan(whole, { maxLength: MAX_LENGTH });
    findings.push(...found.filter(({ kind, end }) => kinds.includes(kind) && end > lead.length));
    return status === "complete";
  };
  for (let at = 0; at < pending.length; at += 1) {
    const next = pending[at];
    if (next === undefined) continue;
    const { value: part, name, depth } = next;
    if (depth > MAX_DEPTH) return failed("too-large");
    if (typeof part === "string" || typeof part === "number") {
      if (!scan(String(part), name)) return failed("too-large");
    } else if (Array.isArray(part)) {
      for (const item of part) pending.push({ value: item, name, depth: depth + 1 });
    } else if (typeof part === "object" && part !== null) {
      for (const [key, member] of Object.entries(part)) {
        if (!scan(key, "")) return failed("too-large");
        pending.push({ value: member, name: key, depth: depth + 1 });
      }
    }
  }
  return extracted({
    count: findings.length,
    kinds: distinct(findings.map(({ kind }) => kind)),
    rules: distinct(findings.map(({ rule }) => rule)),
  });
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
