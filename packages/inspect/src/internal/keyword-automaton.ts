/** Finds many keywords in one pass over a text. */
export interface KeywordAutomaton {
  /** Number of states, for tests and figures. */
  readonly states: number;
  /**
   * Reports every occurrence, overlapping ones too, in the order of their ends: the keyword's index
   * in the list that was compiled, and the offset behind its last character. A `false` ends the
   * pass.
   */
  scan(text: string, hit: (keyword: number, end: number) => boolean): void;
}

/** Most keywords' characters together; the table's entries are 16 bits wide. */
const MAX_STATES = 65_000;
const UNITS = 65_536;

/**
 * Compiles keywords into one automaton (Aho and Corasick 1975) with a transition for every state
 * and class of characters, so that a pass does the same work for each character whatever the text.
 *
 * Letters match in either case. Characters that stand in no keyword share one class.
 *
 * @throws {TypeError} for an empty keyword, or when the keywords are too many.
 */
export function compileKeywords(keywords: readonly string[]): KeywordAutomaton {
  const folded = keywords.map(fold);
  if (folded.includes("")) throw new TypeError("A keyword is empty.");
  const { classes, count } = classify(folded);
  const trie = buildTrie(folded, classes);
  const shift = Math.ceil(Math.log2(count));
  const { table, firstAccepting, outputs } = link(trie, 1 << shift);
  return {
    states: trie.length,
    scan(text, hit) {
      let state = 0;
      for (let index = 0; index < text.length; index += 1) {
        state = table[(state << shift) | (classes[text.charCodeAt(index)] ?? 0)] ?? 0;
        if (state >= firstAccepting) {
          for (const keyword of outputs[state - firstAccepting] ?? []) {
            if (!hit(keyword, index + 1)) return;
          }
        }
      }
    },
  };
}

interface Node {
  readonly next: Map<number, number>;
  /** Keywords that end here; after linking also those that are suffixes. */
  readonly ends: number[];
  fail: number;
}

function fold(text: string): string {
  // A character whose lower case has another length would shift the offsets.
  return Array.from({ length: text.length }, (_, index) => foldUnit(text.charAt(index))).join("");
}

function foldUnit(unit: string): string {
  const lower = unit.toLowerCase();
  return lower.length === 1 ? lower : unit;
}

function classify(keywords: readonly string[]): { classes: Uint8Array; count: number } {
  const used = new Set(keywords.join(""));
  const classes = new Uint8Array(UNITS);
  let count = 1;
  for (const unit of used) {
    if (count > 255) throw new TypeError("The keywords have too many different characters.");
    const upper = unit.toUpperCase();
    classes[unit.charCodeAt(0)] = count;
    if (upper.length === 1 && foldUnit(upper) === unit) classes[upper.charCodeAt(0)] = count;
    count += 1;
  }
  return { classes, count: Math.max(2, count) };
}

function buildTrie(keywords: readonly string[], classes: Uint8Array): readonly Node[] {
  const root: Node = { next: new Map(), ends: [], fail: 0 };
  const nodes = [root];
  for (const [keyword, text] of keywords.entries()) {
    let node = root;
    for (let index = 0; index < text.length; index += 1) {
      const unit = classes[text.charCodeAt(index)] ?? 0;
      const known = node.next.get(unit);
      let child = known === undefined ? undefined : nodes[known];
      if (child === undefined) {
        child = { next: new Map(), ends: [], fail: 0 };
        node.next.set(unit, nodes.length);
        nodes.push(child);
        if (nodes.length > MAX_STATES) throw new TypeError("The keywords are too many.");
      }
      node = child;
    }
    node.ends.push(keyword);
  }
  return nodes;
}

interface Linked {
  readonly table: Uint16Array;
  /** States from this number on report keywords. */
  readonly firstAccepting: number;
  readonly outputs: readonly (readonly number[])[];
}

function link(nodes: readonly Node[], width: number): Linked {
  const order = breadthFirst(nodes);
  const isAccepting = (id: number): boolean => (nodes[id]?.ends.length ?? 0) > 0;
  // Accepting states come last, so that the pass compares once for each character.
  const sorted = [
    ...order.filter((id) => !isAccepting(id)),
    ...order.filter((id) => isAccepting(id)),
  ];
  const renumbered = new Uint16Array(nodes.length);
  for (const [number, id] of sorted.entries()) renumbered[id] = number;
  const table = new Uint16Array(nodes.length * width);
  for (const id of order) {
    const node = nodes[id];
    const row = (renumbered[id] ?? 0) * width;
    const failRow = (renumbered[node?.fail ?? 0] ?? 0) * width;
    for (let unit = 0; unit < width; unit += 1) {
      const child = node?.next.get(unit);
      if (child !== undefined) table[row + unit] = renumbered[child] ?? 0;
      else if (id !== 0) table[row + unit] = table[failRow + unit] ?? 0;
    }
  }
  const accepting = sorted.filter((id) => isAccepting(id));
  return {
    table,
    firstAccepting: nodes.length - accepting.length,
    outputs: accepting.map((id) => nodes[id]?.ends ?? []),
  };
}

/** Sets each state's fail link, hands on what ends there, and gives the states nearest first. */
function breadthFirst(nodes: readonly Node[]): readonly number[] {
  const order = [0];
  for (let at = 0; at < order.length; at += 1) {
    const id = order[at] ?? 0;
    const node = nodes[id];
    for (const [unit, childId] of node?.next ?? []) {
      const child = nodes[childId];
      if (child === undefined) continue;
      order.push(childId);
      if (id === 0) continue;
      let fail = node?.fail ?? 0;
      while (fail !== 0 && nodes[fail]?.next.has(unit) !== true) fail = nodes[fail]?.fail ?? 0;
      child.fail = nodes[fail]?.next.get(unit) ?? 0;
      child.ends.push(...(nodes[child.fail]?.ends ?? []));
    }
  }
  return order;
}
