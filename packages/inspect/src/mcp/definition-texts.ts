/** One text of a definition. */
export interface DefinitionText {
  /** RFC 6901 pointer. */
  readonly path: string;
  readonly text: string;
  /** Whether it is a member's name and not a value. */
  readonly isName: boolean;
}

/** Deepest nesting that is looked at; core refuses what is deeper. */
const MAX_DEPTH = 64;

/** Every text of a definition that a model may see, values and names alike, with its place. */
export function definitionTexts(definition: object): readonly DefinitionText[] {
  const texts: DefinitionText[] = [];
  walk(definition, { path: "", depth: 0, texts });
  return texts;
}

interface Walk {
  readonly path: string;
  readonly depth: number;
  readonly texts: DefinitionText[];
}

function walk(value: unknown, { path, depth, texts }: Walk): void {
  if (typeof value === "string") {
    texts.push({ path, text: value, isName: false });
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (depth === MAX_DEPTH) throw new RangeError("The definition is nested too deeply.");
  for (const [name, member] of Object.entries(value)) {
    const inner = `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (!Array.isArray(value)) texts.push({ path: inner, text: name, isName: true });
    walk(member, { path: inner, depth: depth + 1, texts });
  }
}
