const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * Reads `YYYY-MM-DDTHH:MM:SSZ` as milliseconds since the epoch. A date that no calendar has, which
 * the platform would move into the next month, is undefined like any other form.
 */
export function readTime(text: string): number | undefined {
  if (!FORM.test(text)) return undefined;
  const time = Date.parse(text);
  return !Number.isNaN(time) && toTimeText(time) === text ? time : undefined;
}

/** Writes a time to the second, which documents hold. */
export function toTimeText(time: number): string {
  return new Date(Math.floor(time / 1000) * 1000).toISOString().replace(".000Z", "Z");
}
