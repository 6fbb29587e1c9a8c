type Part =
  | { readonly kind: "one"; readonly accepts: (character: string) => boolean }
  | { readonly kind: "start" | "end" | "edge" | "inside" }
  | { readonly kind: "all"; readonly parts: readonly Part[] }
  | { readonly kind: "any"; readonly parts: readonly Part[] }
  | { readonly kind: "repeat"; readonly part: Part; readonly min: number; readonly max: number; readonly isLazy: boolean }; // prettier-ignore

const ATOM = /^(?:\[(?:\\.|[^\]\\])*\]|\\(?:u\{[^}]*\}|u.{4}|x..|c.|[pP]\{[^}]*\}|.)|[^])/u;
const REPEAT = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})(\??)/;

/**
 * Searches like a plain backtracking engine and counts its attempts to match one item, which no
 * platform's engine tells. The plainest reading, so that it can judge a vetting of patterns.
 */
export function countSteps(source: string, text: string): number {
  const whole = parse(source);
  const characters = Array.from(text);
  const isWord = (at: number): boolean => /^\w$/.test(characters[at] ?? "");
  let steps = 0;
  const match = (part: Part, at: number, next: (at: number) => boolean): boolean => {
    if (part.kind === "all") return matchAll(part.parts, at, next);
    if (part.kind === "any") return part.parts.some((one) => match(one, at, next));
    if (part.kind === "repeat") return matchRepeat(part, at, { done: 0, next });
    steps += 1;
    if (part.kind === "one") {
      const character = characters[at];
      return character !== undefined && part.accepts(character) && next(at + 1);
    }
    if (part.kind === "start") return at === 0 && next(at);
    if (part.kind === "end") return at === characters.length && next(at);
    return (isWord(at - 1) !== isWord(at)) === (part.kind === "edge") && next(at);
  };
  const matchAll = (parts: readonly Part[], at: number, next: (at: number) => boolean): boolean => {
    const [first, ...others] = parts;
    if (first === undefined) return next(at);
    return match(first, at, (after) => matchAll(others, after, next));
  };
  const matchRepeat = (
    part: Extract<Part, { kind: "repeat" }>,
    at: number,
    { done, next }: { readonly done: number; readonly next: (at: number) => boolean },
  ): boolean => {
    steps += 1;
    const again = (): boolean =>
      done < part.max &&
      match(part.part, at, (after) => {
        // What matches nothing is not repeated for ever.
        if (after === at && done >= part.min) return false;
        return matchRepeat(part, after, { done: done + 1, next });
      });
    if (done < part.min) return again();
    return part.isLazy ? next(at) || again() : again() || next(at);
  };
  for (let at = 0; at <= characters.length; at += 1) if (match(whole, at, () => true)) break;
  return steps;
}

function parse(source: string): Part {
  let rest = source;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const found = pattern.exec(rest);
    if (found !== null) rest = rest.slice(found[0].length);
    return found;
  };
  const isOver = (): boolean => rest === "" || /^[|)]/.test(rest);
  const readAny = (): Part => {
    const parts = [readAll()];
    while (take(/^\|/) !== null) parts.push(readAll());
    return { kind: "any", parts };
  };
  const readAll = (): Part => {
    const parts: Part[] = [];
    while (!isOver()) parts.push(readRepeat(readOne()));
    return { kind: "all", parts };
  };
  const readRepeat = (part: Part): Part => {
    const found = take(REPEAT);
    if (found === null) return part;
    const [sign = "", low, comma, high, lazy] = found;
    const bounds: Readonly<Record<string, readonly [number, number]>> = {
      "*": [0, Infinity],
      "+": [1, Infinity],
      "?": [0, 1],
    };
    const written: readonly [number, number] = [
      Number(low),
      comma === undefined ? Number(low) : Number(high || Infinity),
    ];
    const [min, max] = bounds[sign.charAt(0)] ?? written;
    return { kind: "repeat", part, min, max, isLazy: lazy === "?" };
  };
  const readOne = (): Part => {
    if (take(/^\((?:\?(?::|<\w+>))?/) !== null) {
      const part = readAny();
      take(/^\)/);
      return part;
    }
    if (take(/^\^/) !== null) return { kind: "start" };
    if (take(/^\$/) !== null) return { kind: "end" };
    if (take(/^\\b/) !== null) return { kind: "edge" };
    if (take(/^\\B/) !== null) return { kind: "inside" };
    const atom = new RegExp(`^${take(ATOM)?.[0] ?? ""}$`, "u");
    return { kind: "one", accepts: (character) => atom.test(character) };
  };
  const whole = readAny();
  if (rest !== "") throw new Error(`cannot read ${source}`);
  return whole;
}
