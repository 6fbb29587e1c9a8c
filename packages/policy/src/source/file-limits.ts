/** Bounds of one file. */
export const FILE_LIMITS = {
  /** UTF-16 code units of one file. */
  length: 1_048_576,
  /** Values inside values. */
  depth: 48,
  /** Values of one file, those that aliases repeat included. */
  values: 100_000,
  /** Aliases (`*name`) of one file. */
  aliases: 100,
} as const;
