import { Composer, Parser, isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Document, Node as YamlNode, Scalar } from "yaml";
import { FILE_LIMITS } from "./file-limits.ts";
import { refuseHiddenCharacters } from "./hidden-characters.ts";
import type { IssueList } from "./issue-list.ts";
import type { Located, LocatedEntry, LocatedScalar, ScalarStyle } from "./located.ts";
import type { Place, SourceText } from "./source-text.ts";
import { surveyTokens } from "./survey-tokens.ts";
import { quoted } from "../text/suggest.ts";

/**
 * Reads one YAML 1.2 document into values that know their places; strict where YAML is lax.
 *
 * Refused, each with its place: syntax errors and warnings, a second document, directives other
 * than `%YAML 1.2`, tags, merge keys, keys that are not text or occur twice, `__proto__`, aliases
 * to what holds them, numbers that JSON cannot hold exactly, hidden characters, anything over
 * {@link FILE_LIMITS}. `undefined` where nothing could be read.
 */
export function readYaml(source: SourceText, issues: IssueList): Located | undefined {
  if (source.text.length > FILE_LIMITS.length) {
    issues.add(
      { source, start: 0, end: 0 },
      [],
      `The file is longer than ${FILE_LIMITS.length} characters; divide it with \`include\`.`,
    );
    return undefined;
  }
  const before = issues.count();
  refuseHiddenCharacters(source, issues);
  const tokens = [...new Parser().parse(source.text)];
  if (!surveyTokens(tokens, source, issues)) return undefined;

  const [document, second] = [
    ...new Composer({
      version: "1.2",
      schema: "core",
      strict: true,
      merge: false,
      // The library compares every key with every other; ours are compared below, in one pass.
      uniqueKeys: false,
      prettyErrors: false,
    }).compose(tokens, true, source.text.length),
  ];
  if (second !== undefined) {
    issues.add(
      { source, start: second.range[0], end: second.range[1] },
      [],
      "A second document begins here; a policy file is one document. Remove the `---`, or use `include`.",
    );
  }
  if (document === undefined) return undefined;
  const problems = [...document.errors, ...document.warnings];
  for (const [index, problem] of problems.entries()) {
    // Once the parser is lost, what it does not expect is a consequence.
    if (index > 0 && problem.code === "UNEXPECTED_TOKEN") continue;
    issues.add(
      { source, start: problem.pos[0], end: problem.pos[1] },
      [],
      sentence(problem.code, problem.message),
    );
  }
  if (issues.count() > before) return undefined;
  if (document.contents === null || isEmpty(document.contents)) {
    issues.add({ source, start: 0, end: 0 }, [], "The file is empty.");
    return undefined;
  }
  return convert(document, source, issues);
}

function isEmpty(contents: YamlNode): boolean {
  return isScalar(contents) && contents.value === null && contents.source === "";
}

function sentence(code: string, message: string): string {
  if (code === "TAB_AS_INDENT") return "A tab indents this line; indent with spaces.";
  if (code === "BLOCK_AS_IMPLICIT_KEY" || code === "BLOCK_IN_FLOW") {
    return `Not YAML: ${message}. A text that holds \`: \` must stand in quotes.`;
  }
  return `Not YAML: ${message.replace(/\.$/, "")}.`;
}

interface Conversion {
  readonly source: SourceText;
  readonly issues: IssueList;
  readonly anchors: Map<string, YamlNode>;
  readonly open: Set<YamlNode>;
  values: number;
  aliases: number;
  /** How deep the value is, repeated ones included. */
  depth: number;
  exceeded: boolean;
}

function convert(
  document: Document.Parsed,
  source: SourceText,
  issues: IssueList,
): Located | undefined {
  const state: Conversion = {
    source,
    issues,
    anchors: new Map(),
    open: new Set(),
    values: 0,
    aliases: 0,
    depth: 0,
    exceeded: false,
  };
  return document.contents === null ? undefined : convertNode(document.contents, state);
}

function convertNode(node: YamlNode, state: Conversion): Located | undefined {
  const place = rangeOf(node, state.source);
  state.values += 1;
  if (state.values > FILE_LIMITS.values || state.depth > FILE_LIMITS.depth) {
    if (!state.exceeded) {
      state.issues.add(
        place,
        [],
        `The file holds more than ${FILE_LIMITS.values} values, or nests them more than ${FILE_LIMITS.depth} deep, with what its aliases repeat.`,
      );
    }
    state.exceeded = true;
    return undefined;
  }
  if (isAlias(node)) return convertAlias(node.source, place, state);
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined) state.anchors.set(anchor, node);

  state.depth += 1;
  state.open.add(node);
  const result = convertContent(node, place, state);
  state.open.delete(node);
  state.depth -= 1;
  return result;
}

function convertAlias(name: string, place: Place, state: Conversion): Located | undefined {
  state.aliases += 1;
  const target = state.anchors.get(name);
  if (state.aliases > FILE_LIMITS.aliases) {
    state.issues.add(place, [], `The file has more than ${FILE_LIMITS.aliases} aliases.`);
    return undefined;
  }
  if (target === undefined) {
    state.issues.add(place, [], `No anchor ${quoted(`&${name}`)} stands before this alias.`);
    return undefined;
  }
  if (state.open.has(target)) {
    state.issues.add(place, [], `The alias ${quoted(`*${name}`)} stands within what it repeats.`);
    return undefined;
  }
  return convertNode(target, state);
}

function convertContent(node: YamlNode, place: Place, state: Conversion): Located | undefined {
  if (isScalar(node)) return convertScalar(node, place, state.issues);
  if (isSeq(node)) {
    const items: Located[] = [];
    for (const item of node.items) {
      const located = convertItem(item, place, state);
      if (located !== undefined) items.push(located);
    }
    return { kind: "list", ...place, items };
  }
  if (!isMap(node)) return undefined;
  const entries = new Map<string, LocatedEntry>();
  for (const { key, value } of node.items) {
    const name = convertKey(key, place, state);
    const located = convertItem(value, name?.place ?? place, state);
    if (name === undefined || located === undefined) continue;
    if (entries.has(name.text)) {
      state.issues.add(
        name.place,
        [],
        `The key ${quoted(name.text)} occurs twice here; remove one.`,
      );
      continue;
    }
    entries.set(name.text, { key: name.place, value: located });
  }
  return { kind: "map", ...place, entries };
}

function convertItem(item: unknown, fallback: Place, state: Conversion): Located | undefined {
  if (isScalar(item) || isSeq(item) || isMap(item) || isAlias(item))
    return convertNode(item, state);
  // A flow pair without a value, such as `{a}`.
  if (item === null || item === undefined) {
    return { kind: "scalar", ...fallback, value: null, style: "plain" };
  }
  state.issues.add(fallback, [], "Write a pair inside a list as a mapping: `{ key: value }`.");
  return undefined;
}

function convertKey(
  key: unknown,
  fallback: Place,
  state: Conversion,
): { readonly text: string; readonly place: Place } | undefined {
  if (!isScalar(key)) {
    const place = isSeq(key) || isMap(key) || isAlias(key) ? rangeOf(key, state.source) : fallback;
    state.issues.add(place, [], "A key must be a plain text, not a list, mapping or alias.");
    return undefined;
  }
  const place = rangeOf(key, state.source);
  if (typeof key.value !== "string") {
    state.issues.add(place, [], "This key is not a text in YAML; write it in quotes.");
    return undefined;
  }
  if (key.value === "<<" && key.type === "PLAIN") {
    state.issues.add(
      place,
      [],
      "Merge keys (`<<`) are not used in policies; write the members out.",
    );
    return undefined;
  }
  if (key.value === "__proto__") {
    state.issues.add(place, [], "`__proto__` cannot be a key.");
    return undefined;
  }
  return { text: key.value, place };
}

function convertScalar(node: Scalar, place: Place, issues: IssueList): LocatedScalar | undefined {
  const { value } = node;
  const style = styleOf(node.type);
  if (value === null || typeof value === "boolean")
    return { kind: "scalar", ...place, value, style };
  if (typeof value === "string") {
    if (!/\p{Cs}/u.test(value)) return { kind: "scalar", ...place, value, style };
    issues.add(place, [], "The text holds half of a surrogate pair; write the whole character.");
    return undefined;
  }
  if (typeof value === "number" && isExact(value))
    return { kind: "scalar", ...place, value, style };
  issues.add(
    place,
    [],
    "This number is not finite or too large to be exact (2^53−1); write it in quotes if it is a text.",
  );
  return undefined;
}

function isExact(value: number): boolean {
  if (!Number.isFinite(value)) return false;
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

function styleOf(type: string | undefined): ScalarStyle {
  if (type === "QUOTE_SINGLE") return "single";
  if (type === "QUOTE_DOUBLE") return "double";
  if (type === "BLOCK_LITERAL") return "literal";
  return type === "BLOCK_FOLDED" ? "folded" : "plain";
}

function rangeOf(node: YamlNode, source: SourceText): Place {
  const [start, end] = node.range ?? [0, 0];
  return { source, start, end };
}
