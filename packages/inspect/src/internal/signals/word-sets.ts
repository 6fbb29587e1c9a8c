/** Words that one rule does not tell apart. */
export type WordSet = ReadonlySet<string>;

/** The words of a text, separated by spaces. */
export function words(text: string): WordSet {
  return new Set(text.split(" "));
}

/** Regular verbs in every form: `send` gives send, sends, sending and sended. */
export function verbs(text: string): WordSet {
  return new Set(text.split(" ").flatMap(toForms));
}

/** Several sets as one. */
export function union(...sets: readonly WordSet[]): WordSet {
  return new Set(sets.flatMap((set) => [...set]));
}

function toForms(verb: string): readonly string[] {
  if (verb.endsWith("e")) {
    const stem = verb.slice(0, -1);
    return [verb, `${verb}s`, `${verb}d`, `${stem}ing`];
  }
  if (/[^aeiou]y$/.test(verb)) {
    return [verb, `${verb.slice(0, -1)}ies`, `${verb.slice(0, -1)}ied`, `${verb}ing`];
  }
  const doubled = /^[^aeiou]*[aeiou][bdgmnprt]$/.test(verb) ? verb + (verb.at(-1) ?? "") : verb;
  const third = /(?:s|x|z|ch|sh)$/.test(verb) ? `${verb}es` : `${verb}s`;
  return [verb, third, `${doubled}ed`, `${doubled}ing`];
}
