/**
 * Members of the policy language that this release does not read, by mapping and key, with what
 * it offers instead. They are refused, never ignored.
 */
const NOT_YET: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  policy: {
    alerts: "Alerts are not supported in this release; watch the exported decisions instead.",
  },
  tool: {
    effects:
      "Effect bounds belong to dry runs, which are not supported in this release; write rules on `args`.",
  },
  audit: {
    retention: "Retention is not supported in this release; set it where the records are stored.",
  },
  obligation: {
    dryRun:
      "Dry runs are not supported in this release; write `approval` to put a person in between.",
    limit: "Limits are not obligations of a rule; write them under `limits`.",
  },
};

/** The sentence for a member that belongs to the language but not to this release. */
export function notYet(mapping: string, key: string): string | undefined {
  const members = Object.hasOwn(NOT_YET, mapping) ? NOT_YET[mapping] : undefined;
  return members !== undefined && Object.hasOwn(members, key) ? members[key] : undefined;
}
