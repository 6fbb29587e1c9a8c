/** What two generations of an SDK, whose types differ, have in common in a test. */
export type Loose = ReturnType<typeof JSON.parse>;
