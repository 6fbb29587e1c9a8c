import type { Change, Found, Operator, Place, Span } from "./checks.ts";
import { answersYesOrNo, checksOf, OUTSIDE } from "./checks.ts";
import { leaves, refuses } from "./refusals.ts";
import type { Node } from "./syntax.ts";
import { below, child, children, isFunction, lastName, parseModule } from "./syntax.ts";

/** One change of one module: `at` in the source is replaced by what `change` makes of it. */
export interface Mutant {
  /** Names the mutant by file, function, operator and code, never by line. */
  readonly key: string;
  /** Path below the root, with `/`. */
  readonly file: string;
  readonly line: number;
  readonly operator: Operator;
  readonly at: Span;
  readonly change: Change;
  /** Keys of mutants that do the same and more: what hides one of them hides this one as well. */
  readonly partOf: readonly string[];
}

/** Finds every check of a module, in the order of the source. */
export function findMutants(file: string, source: string): readonly Mutant[] {
  const found: Found[] = [];
  visit(parseModule(source), OUTSIDE, found);
  const seen = new Map<string, number>();
  const mutants = found
    .toSorted((a, b) => a.node.start - b.node.start || b.node.end - a.node.end)
    .map(({ operator, node, change, within }) => {
      const code = source.slice(node.start, node.end).replaceAll(/\s+/g, " ");
      const name = `${file} › ${within === "" ? "module" : within} › ${operator} › ${code}`;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      const key = count === 1 ? name : `${name} (${count})`;
      const line = source.slice(0, node.start).split("\n").length;
      return { key, file, line, operator, at: { start: node.start, end: node.end }, change };
    });
  return mutants.map((mutant) => ({
    ...mutant,
    partOf: mutants.filter((whole) => isPartOf(mutant, whole, source)).map(({ key }) => key),
  }));
}

type Placed = Pick<Mutant, "at" | "change">;

/** Whether `whole` forces the condition to what `part` forces one of its operands to. */
function isPartOf(part: Placed, whole: Placed, source: string): boolean {
  if (part === whole || part.change.kind !== "value" || whole.change.kind !== "value") return false;
  if (part.change.value !== whole.change.value) return false;
  if (part.at.start < whole.at.start || part.at.end > whole.at.end) return false;
  // An operand of the condition itself: not turned round, and in no call, callback or arm.
  let before = source.slice(whole.at.start, part.at.start);
  for (let shorter = ""; shorter !== before; before = before.replaceAll(/\([^()]*\)/g, "")) {
    shorter = before;
  }
  return !/=>|\?|!\s*\(|[\w\])]\(|\[/.test(before);
}

function visit(node: Node, place: Place, into: Found[]): void {
  if (node.type.startsWith("TSType") || node.type.startsWith("TSInterface")) return;
  into.push(...checksOf(node, place));
  const here = isFunction(node) ? inFunction(node, place) : nameOf(node, place);
  for (const part of below(node)) visit(part, placeOf(node, part, here), into);
}

function placeOf(parent: Node, part: Node, place: Place): Place {
  const plain = { ...place, guarded: false, counts: false };
  if (parent.type === "IfStatement" && part === child(parent, "consequent")) {
    return { ...plain, guarded: child(parent, "alternate") === undefined };
  }
  if (/^(For|While|DoWhile)Statement$/.test(parent.type) && part === child(parent, "test")) {
    return { ...plain, counts: true };
  }
  if (parent.type === "ConditionalExpression" && part === child(parent, "test")) {
    const arms = [child(parent, "consequent"), child(parent, "alternate")];
    return { ...plain, counts: arms.every((arm) => arm !== undefined && isNumber(arm)) };
  }
  const list = children(parent, "body");
  const index = list.indexOf(part);
  if (index === -1) return plain;
  const rest = list.slice(index + 1);
  // Only what leads straight to a refusal: the first statement after it that leaves the block.
  const leaving = rest.find(leaves);
  return {
    ...plain,
    refusesNext: leaving === undefined ? place.refusesNext : refuses(leaving),
    guarded: place.guarded && list.length === 1,
  };
}

function inFunction(node: Node, place: Place): Place {
  const id = child(node, "id");
  const own = id === undefined ? place.within : join(place.within, lastName(id));
  return { ...OUTSIDE, within: own, answers: answersYesOrNo(node) };
}

function nameOf(node: Node, place: Place): Place {
  if (node.type === "VariableDeclarator") {
    const id = child(node, "id");
    const value = child(node, "init");
    if (id === undefined || value === undefined || !isFunction(value)) return place;
    return { ...place, within: join(place.within, lastName(id)) };
  }
  if (node.type === "MethodDefinition" || node.type === "Property") {
    const key = child(node, "key");
    const value = child(node, "value");
    if (key === undefined || value === undefined || !isFunction(value)) return place;
    return { ...place, within: join(place.within, lastName(key)) };
  }
  return place;
}

function join(outer: string, name: string | undefined): string {
  return name === undefined || outer === "" ? (name ?? outer) : `${outer}.${name}`;
}

function isNumber(node: Node): boolean {
  if (node.type === "UnaryExpression") return node["operator"] === "-";
  return node.type === "Literal" && typeof node["value"] === "number";
}
