import type { RecordedFinding } from "../ports/decision-sink.ts";
import type { Scanner } from "../ports/scanner.ts";

/** Label of results in which the `signals` scanner found something, and of their sessions. */
export const SUSPICIOUS = "suspicious";

/** Looks at the texts of one result, together and in their order. */
export interface SignalWatch {
  /** Takes a text to be looked at. */
  add(text: string): void;
  /** Looks at what was added; true once something was found. */
  look(): boolean;
  /** What was found, each rule once. */
  findings(): readonly RecordedFinding[];
}

/** Longest text that is looked at in one piece, in UTF-16 code units. */
const MAX_LENGTH = 1_048_576;
/** Characters of earlier texts in which a signal may have begun. */
const CARRY = 4096;
const MOST_FINDINGS = 32;

/**
 * Creates the watch over one result. It only ever raises: what the scanner cannot look at to its end
 * counts as a finding, and without a scanner there is none.
 */
export function createSignalWatch(scanner: Scanner | undefined): SignalWatch {
  const rules = new Map<string, RecordedFinding>();
  let texts: string[] = [];
  let carried = "";
  return {
    add(text) {
      if (scanner !== undefined) texts.push(text);
    },
    look() {
      if (scanner !== undefined && texts.length > 0) {
        const text = [carried, ...texts].join("\n");
        texts = [];
        carried = text.slice(-CARRY);
        for (const finding of scan(scanner, text)) {
          if (rules.size < MOST_FINDINGS) rules.set(finding.rule, finding);
        }
      }
      return rules.size > 0;
    },
    findings: () => [...rules.values()],
  };
}

function scan(scanner: Scanner, text: string): readonly RecordedFinding[] {
  try {
    const { status, findings } = scanner.scan(text, { maxLength: MAX_LENGTH });
    const found = findings.map(({ rule }) => toFinding(rule));
    return status === "complete" ? found : [...found, NOT_INSPECTED];
  } catch {
    return [NOT_INSPECTED];
  }
}

function toFinding(rule: string): RecordedFinding {
  return { rule: rule.slice(0, 256), severity: "warning", path: "" };
}

const NOT_INSPECTED: RecordedFinding = Object.freeze(toFinding("not-inspected"));
