import type { SessionStore } from "@portcullis/core";

/**
 * Takes a session for new at its first use in this run and at no later one: a line that is refused
 * before its session is opened must not make the next one an unknown session, and a session that
 * the store had to drop must not come back as a new one.
 */
export function withNewSessions(store: SessionStore): SessionStore {
  const opened = new Set<string>();
  const open: SessionStore["open"] = (request) => {
    const isNew = !opened.has(request.key);
    // A mere check changes nothing in the store, so the session is as new as before.
    if (request.entry !== undefined) opened.add(request.key);
    return store.open({ ...request, isNew });
  };
  return {
    open,
    close: (...end) => store.close(...end),
    addLabels: (...labels) => store.addLabels(...labels),
    addValues: (...values) => store.addValues(...values),
    findLabels: (key, query) => store.findLabels(key, { ...query, isNew: !opened.has(key) }),
    addUsage: (...use) => store.addUsage(...use),
  };
}
