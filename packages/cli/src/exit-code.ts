/** Exit codes of every verb: done, found something, used wrongly, broken inside. */
export const EXIT = { ok: 0, findings: 1, usage: 2, internal: 3 } as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
