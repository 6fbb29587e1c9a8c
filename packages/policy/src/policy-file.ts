/** A policy's main file, and how the files that it names are read. */
export interface PolicyFile {
  /** Name for messages and `at`, such as `policy.yaml`. */
  readonly file: string;
  /** Its content: YAML 1.2. */
  readonly text: string;
  /**
   * Reads a file that the policy names, by its path below the policy's folder (`rules/a.yaml`;
   * never absolute, never `..`). Absent = the policy may not name other files. Whoever implements
   * it over a file system resolves symbolic links and refuses what then lies outside.
   */
  readonly read?: (relativePath: string) => Promise<string>;
  /**
   * Names of the files in a folder below the policy's, `""` for the folder itself. Absent =
   * `include` takes no patterns.
   */
  readonly list?: (relativeFolder: string) => Promise<readonly string[]>;
}
