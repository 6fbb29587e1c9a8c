/** Everything that comes, as a list. */
export async function collectAll<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}
