/** Bounds of one scan. */
export interface ScanLimits {
  /** UTF-16 code units; longer text is `truncated`. */
  readonly maxLength: number;
}

/** One finding; offsets in UTF-16 code units. */
export interface Finding {
  readonly kind: "secret" | "pii" | "injection" | "hidden";
  readonly rule: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: "high" | "medium" | "low";
}

/** The findings of one text; `truncated` is an error to whoever relies on them. */
export interface ScanResult {
  readonly status: "complete" | "truncated";
  readonly findings: readonly Finding[];
}

/** Finds secrets and personal data in text. */
export interface Scanner {
  readonly id: string;
  /** Kinds this scanner can find. */
  readonly kinds: readonly Finding["kind"][];
  scan(text: string, limits: ScanLimits): ScanResult;
}
