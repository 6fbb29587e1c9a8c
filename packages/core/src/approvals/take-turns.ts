/** Runs work of the same key one after the other. */
export type TakeTurns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Creates a queue for each key, in this process only; a key without work is forgotten. */
export function createTurns(): TakeTurns {
  const tails = new Map<string, Promise<void>>();
  return async (key, work) => {
    const run = (tails.get(key) ?? Promise.resolve()).then(work);
    const tail = run.then(
      () => undefined,
      () => undefined,
    );
    tails.set(key, tail);
    try {
      return await run;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}
