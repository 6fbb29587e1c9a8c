import { canonicalize } from "@portcullis/core";
import type { CallVeto, ToolDefinition } from "@portcullis/core";

/** The definitions that a server has shown on one connection, or on several in a row. */
export interface Definitions {
  /** Number of the list that is asked for now; a change notice begins a new one. */
  readonly epoch: number;
  /** The server says that its tools have changed: none may be called before it is listed again. */
  markStale(): void;
  /**
   * Notes listed definitions and gives those that may be shown: no name twice, and each as it was
   * when it was seen first.
   */
  note(listed: readonly unknown[], epoch: number): readonly ToolDefinition[];
  /** The definition of a tool, with what stands against calling it. */
  find(name: string): {
    readonly definition?: ToolDefinition;
    readonly veto?: CallVeto;
  };
}

interface Listed {
  readonly text: string;
  readonly definition: ToolDefinition;
}

interface Known extends Listed {
  epoch: number;
  isChanged: boolean;
}

const MOST_TOOLS = 10_000;

/**
 * Creates an empty memory of definitions. A server's own side may change its tools as it likes;
 * there is nobody whom it could mislead about them.
 */
export function createDefinitions({ isOwn }: { readonly isOwn: boolean }): Definitions {
  const known = new Map<string, Known>();
  let epoch = 0;
  return {
    get epoch() {
      return epoch;
    },
    markStale() {
      epoch += 1;
    },
    note(listed, of) {
      const read = listed.map(readDefinition).filter((item) => item !== undefined);
      const counts = new Map<string, number>();
      for (const { definition } of read) {
        counts.set(definition.name, (counts.get(definition.name) ?? 0) + 1);
      }
      const isShown = ({ text, definition }: Listed): boolean => {
        const { name } = definition;
        const isTwice = counts.get(name) !== 1;
        const before = isOwn ? undefined : known.get(name);
        if (before === undefined) {
          if (known.size >= MOST_TOOLS && !known.has(name)) return false;
          known.set(name, { text, definition, epoch: of, isChanged: isTwice });
          return isOwn || !isTwice;
        }
        before.epoch = Math.max(before.epoch, of);
        if (isTwice || before.text !== text) before.isChanged = true;
        return !before.isChanged;
      };
      return read.filter(isShown).map(({ definition }) => definition);
    },
    find(name) {
      const found = known.get(name);
      if (isOwn) return found === undefined ? {} : { definition: found.definition };
      if (found === undefined) return epoch === 0 ? {} : { veto: "definition-stale" };
      const { definition } = found;
      if (found.isChanged) return { definition, veto: "definition-changed" };
      return found.epoch < epoch ? { definition, veto: "definition-stale" } : { definition };
    },
  };
}

function readDefinition(listed: unknown): Listed | undefined {
  try {
    // A transport within the process hands over live objects; what counts is what the wire carries.
    const { value, text } = canonicalize(JSON.parse(JSON.stringify(listed)));
    if (typeof value !== "object" || value === null || !("name" in value)) return undefined;
    const { name } = value;
    return typeof name === "string" ? { text, definition: { ...value, name } } : undefined;
  } catch {
    return undefined;
  }
}
