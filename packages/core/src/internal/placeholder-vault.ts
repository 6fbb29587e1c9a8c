import type { Random } from "../ports/runtime.ts";
import type { Placeholders } from "../redactor.ts";

/** What the placeholders of one session stand for. */
export interface SessionVault extends Placeholders {
  /** The value of a placeholder that this session was given. */
  valueOf(placeholder: string): string | undefined;
}

/** Values that were redacted, in memory alone: they are in no store, record or span. */
export interface PlaceholderVault {
  /** The vault of a session, by its ledger key, which names policy, tenant and user as well. */
  session(sessionKey: string): SessionVault;
}

const MOST_SESSIONS = 1000;
const MOST_VALUES = 1000;
const LONGEST_VALUE = 16_384;
const TAG_LENGTH = 8;

/**
 * Creates an empty vault.
 *
 * When it is full, the session that was used longest ago is forgotten, and its placeholders stand
 * for nothing any more. Each session has a random mark in its placeholders, so that none of them can
 * be guessed, or mean a value of another session or of an earlier process.
 */
export function createPlaceholderVault(random: Random): PlaceholderVault {
  const sessions = new Map<string, SessionVault>();
  return {
    session(sessionKey) {
      const vault = sessions.get(sessionKey) ?? createSession(random.id().slice(0, TAG_LENGTH));
      sessions.delete(sessionKey);
      sessions.set(sessionKey, vault);
      if (sessions.size > MOST_SESSIONS) {
        for (const oldest of sessions.keys()) {
          sessions.delete(oldest);
          break;
        }
      }
      return vault;
    },
  };
}

function createSession(tag: string): SessionVault {
  const placeholders = new Map<string, string>();
  const values = new Map<string, string>();
  let count = 0;
  return {
    of(value, { rule }) {
      const key = `${rule} ${value}`;
      const known = placeholders.get(key);
      if (known !== undefined) return known;
      count += 1;
      const placeholder = `[REDACTED:${rule}:${tag}-${count}]`;
      // What does not fit is redacted all the same, and cannot be restored.
      if (values.size < MOST_VALUES && value.length <= LONGEST_VALUE) {
        placeholders.set(key, placeholder);
        values.set(placeholder, value);
      }
      return placeholder;
    },
    valueOf: (placeholder) => values.get(placeholder),
  };
}
