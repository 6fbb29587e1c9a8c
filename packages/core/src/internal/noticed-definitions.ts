import type { RefusedDefinition } from "./judge-definition.ts";

/** What was already put on record about the definitions of a guard's tools. */
export interface NoticedDefinitions {
  /** Whether this is news about the tool; undefined is the news that nothing is against it. */
  isNews(tool: string, refused: RefusedDefinition | undefined): boolean;
}

const MOST_TOOLS = 10_000;

/**
 * Creates an empty memory. Servers list the same tools again and again, so each refusal of a tool is
 * news once, and once more after it was lifted. When the memory is full, the oldest is forgotten.
 */
export function createNoticedDefinitions(): NoticedDefinitions {
  const noticed = new Map<string, string>();
  return {
    isNews(tool, refused) {
      if (refused === undefined) return noticed.delete(tool);
      const { code, findings } = refused;
      const state = JSON.stringify([code, findings.map(({ rule, path }) => [rule, path])]);
      if (noticed.get(tool) === state) return false;
      noticed.delete(tool);
      noticed.set(tool, state);
      const [oldest] = noticed.keys();
      if (noticed.size > MOST_TOOLS && oldest !== undefined) noticed.delete(oldest);
      return true;
    },
  };
}
