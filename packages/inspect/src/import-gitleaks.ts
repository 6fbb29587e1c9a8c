import { PortcullisConfigError } from "@portcullis/core";
import { parse } from "smol-toml";
import type { ScanRule } from "./user-rules.ts";
import { compileScanRule } from "./user-rules.ts";

/** Options of {@link importGitleaks}. */
export interface ImportGitleaksOptions {
  /**
   * What is done with a rule that cannot be run here: `refuse` (the default) throws, `skip` leaves
   * it out and names it.
   */
  readonly unsupported?: "refuse" | "skip";
}

/** What a file of gitleaks' became. */
export interface ImportedRules {
  /** For `secretScanner({ rules })` or `createScanner({ rules })`. */
  readonly rules: readonly ScanRule[];
  /** Rules that were left out, and why. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
}

const MAX_LENGTH = 1_048_576;
const MAX_RULES = 2000;

/**
 * Reads the rules of a configuration file of gitleaks (TOML): identifier, pattern, keywords, group,
 * entropy, and exceptions by pattern or stop word.
 *
 * Patterns run on the linear engine, around their keywords. Exceptions by path or commit have no
 * meaning for a text and never apply; a rule for paths alone is unsupported, as is one without a
 * keyword of three characters.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the text is not TOML, has no rules, or, unless
 * they are skipped, has one that cannot be run here.
 *
 * @example
 * ```ts
 * import { importGitleaks } from "@portcullis/inspect";
 *
 * importGitleaks(`
 *   [[rules]]
 *   id = "acme-key"
 *   regex = '''acme_[a-z0-9]{16}'''
 *   keywords = ["acme_"]
 * `).rules; // [{ id: "acme-key", pattern: "acme_[a-z0-9]{16}", … }]
 * ```
 */
export function importGitleaks(
  toml: string,
  { unsupported = "refuse" }: ImportGitleaksOptions = {},
): ImportedRules {
  const file = readToml(toml);
  const entries = tablesOf(file, "rules");
  if (entries.length === 0 || entries.length > MAX_RULES) {
    throw refusal(`The file needs 1 to ${MAX_RULES} rules.`);
  }
  const everywhere = exceptionsOf(file);
  const rules: ScanRule[] = [];
  const skipped: { readonly id: string; readonly reason: string }[] = [];
  for (const entry of entries) {
    const id = textOf(entry, "id") ?? "";
    try {
      const rule = toRule(id, entry, everywhere);
      compileScanRule(rule);
      rules.push(rule);
    } catch (error) {
      if (!(error instanceof PortcullisConfigError) || unsupported === "refuse") throw error;
      skipped.push({ id, reason: error.message });
    }
  }
  return { rules, skipped };
}

type Table = Readonly<Record<string, unknown>>;

function readToml(toml: string): Table {
  if (toml.length > MAX_LENGTH) throw refusal("The file is larger than 1 MiB.");
  try {
    return parse(toml);
  } catch {
    throw refusal("The file is not TOML.");
  }
}

function toRule(id: string, entry: Table, everywhere: readonly string[]): ScanRule {
  const pattern = textOf(entry, "regex");
  if (pattern === undefined) throw refusal(`The rule \`${id}\` has no pattern for texts.`);
  const group = numberOf(entry, "secretGroup");
  const entropy = numberOf(entry, "entropy");
  return {
    id: id.toLowerCase().replaceAll("_", "-"),
    keywords: textsOf(entry, "keywords"),
    pattern,
    allow: [...exceptionsOf(entry), ...everywhere],
    group: group ?? firstGroup(pattern),
    ...(entropy === undefined ? {} : { entropy }),
  };
}

// As gitleaks does it: the first group is the secret where no other is named.
function firstGroup(pattern: string): number {
  const withoutClasses = pattern.replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/g, "");
  return /\((?!\?)|\(\?P?</.test(withoutClasses) ? 1 : 0;
}

/** The patterns under which a finding is none. */
function exceptionsOf(table: Table): readonly string[] {
  const lists = [...tablesOf(table, "allowlist"), ...tablesOf(table, "allowlists")];
  return lists.flatMap((list) => {
    const needsMore = textOf(list, "condition")?.toUpperCase() === "AND";
    // Together with a path or a commit it would never apply.
    if (needsMore && ["paths", "commits"].some((name) => textsOf(list, name).length > 0)) return [];
    const target = textOf(list, "regexTarget") ?? "secret";
    const patterns = target === "line" ? [] : textsOf(list, "regexes");
    const words = textsOf(list, "stopwords").map((word) => `(?i)${escapePattern(word)}`);
    return [...patterns, ...words];
  });
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function tablesOf(table: Table, name: string): readonly Table[] {
  const value = memberOf(table, name);
  return (Array.isArray(value) ? value : [value]).filter(isTable);
}

function textsOf(table: Table, name: string): readonly string[] {
  const value = memberOf(table, name) ?? [];
  if (Array.isArray(value)) {
    const texts = value.filter((text) => typeof text === "string");
    if (texts.length === value.length) return texts;
  }
  throw refusal(`\`${name}\` must be a list of texts.`);
}

function textOf(table: Table, name: string): string | undefined {
  const value = memberOf(table, name);
  if (value === undefined || typeof value === "string") return value;
  throw refusal(`\`${name}\` must be a text.`);
}

function numberOf(table: Table, name: string): number | undefined {
  const value = memberOf(table, name);
  if (value === undefined || typeof value === "number") return value;
  throw refusal(`\`${name}\` must be a number.`);
}

function memberOf(table: Table, name: string): unknown {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusal(message: string): PortcullisConfigError {
  return new PortcullisConfigError("toml", message);
}
