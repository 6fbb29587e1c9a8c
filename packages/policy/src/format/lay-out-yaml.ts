import { isAlias, isMap, isNode, isScalar, isSeq } from "yaml";
import type { Document, Node as YamlNode, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { endOfLine, layOutScalar, withQuotes } from "./lay-out-scalar.ts";
import type { Comment } from "./list-comments.ts";
import { createPage } from "./page.ts";
import type { Page } from "./page.ts";

/** Widest line on which a collection in brackets stays. */
const WIDTH = 100;
const STEP = 2;

/** Where a node is laid out. */
interface Spot {
  readonly page: Page;
  /** Spaces before the keys or dashes among which the node stands. */
  readonly indent: number;
  /** Their column in the source; -1 where there are none. */
  readonly column: number;
  /** Offset in the source at which what follows the node begins. */
  readonly limit: number;
}

/**
 * Lays out a document that the strict reader accepts: two spaces a level, lists indented below their
 * key, brackets where they fit on the line, at most one empty line, comments where they were.
 */
export function layOutYaml(
  document: Document.Parsed,
  text: string,
  comments: readonly Comment[],
): string {
  const page = createPage(text, comments);
  const contents: YamlNode | null = document.contents;
  if (document.directives.yaml.explicit === true) page.lines(["%YAML 1.2", "---"]);
  if (contents !== null) {
    const spot = { page, indent: 0, column: -1, limit: text.length + 1 };
    if (isMap(contents) || isSeq(contents)) {
      layOutCollection(contents, spot, "top");
    } else {
      page.comments(startOf(contents), 0);
      layOutValue(contents, spot, "key");
    }
  }
  page.comments(text.length + 1, 0);
  return page.text();
}

/** What a value stands behind. */
type Lead = "top" | "key" | "dash";

/** Writes a value behind what the page has begun, and ends its line. */
function layOutValue(node: YamlNode | null, spot: Spot, lead: Lead): void {
  const { page, indent } = spot;
  if (node === null || isNothing(node)) {
    page.end();
    page.comments(endOfLine(page.source, node?.range?.[0] ?? 0), indent);
  } else if (isMap(node) || isSeq(node)) {
    layOutCollection(node, spot, lead);
  } else if (isScalar(node)) {
    layOutLeaf(node, spot);
  } else if (isAlias(node)) {
    page.put(` *${node.source}`);
    page.end();
    page.comments(endOfLine(page.source, endOf(node)), indent);
  }
}

function layOutLeaf(node: Scalar, { page, indent, column }: Spot): void {
  const { source } = page;
  const { head, rest, isBlock, headEnd } = layOutScalar(node, {
    text: source,
    holderColumn: column,
    indent,
  });
  page.put(page.width() === 0 ? anchorOf(node) + head : ` ${anchorOf(node)}${head}`);
  page.end();
  if (isBlock) {
    page.comments(headEnd, indent);
    page.lines(rest);
    return;
  }
  page.lines(rest.slice(0, -1));
  const last = rest.at(-1);
  if (last !== undefined) page.put(last);
  page.end();
  page.comments(headEnd, indent);
}

/** Writes a collection in brackets if it fits on the line, else as a block. */
function layOutCollection(node: YAMLMap | YAMLSeq, spot: Spot, lead: Lead): void {
  const { page } = spot;
  const before = lead === "top" ? "" : " ";
  const anchor = anchorOf(node);
  const inline = inlineOf(node, page, page.width() + before.length);
  if (inline !== undefined) {
    if (lead === "top") page.comments(startOf(node), 0);
    page.put(before + inline);
    page.end();
    page.comments(endOfLine(page.source, endOf(node)), spot.indent);
    return;
  }
  if (lead === "dash" && anchor === "") {
    // The first key stands on the line of the dash.
    page.put(before);
  } else {
    page.put((before + anchor).trimEnd());
    page.end();
    page.open();
  }
  layOutBlock(node, { ...spot, indent: lead === "top" ? 0 : spot.indent + STEP });
}

function layOutBlock(node: YAMLMap | YAMLSeq, spot: Spot): void {
  const { page, indent } = spot;
  const flowEnd = node.flow === true ? endOf(node) : undefined;
  const column = flowEnd === undefined ? columnOf(page.source, firstOffset(node)) : 0;
  const inner = { page, indent, column, limit: flowEnd ?? spot.limit };
  if (isMap(node)) layOutMap(node, inner);
  else layOutSeq(node, inner);
  // Comments behind the last entry belong to it as far as they are indented like it.
  page.comments(inner.limit, indent, {
    while: (comment) =>
      flowEnd !== undefined || (comment.column >= column && comment.column > spot.column),
  });
  if (flowEnd !== undefined) page.comments(endOfLine(page.source, flowEnd), indent);
}

function layOutMap(map: YAMLMap, spot: Spot): void {
  const { page, indent } = spot;
  const pairs = pairsOf(map);
  for (const [index, { key, value }] of pairs.entries()) {
    const following = pairs[index + 1];
    const limit = following === undefined ? spot.limit : startOf(following.key);
    page.comments(startOf(key), indent);
    page.blank(startOf(key));
    page.begin(indent);
    page.put(`${keyText(key, page.source)}:`);
    layOutValue(value, { ...spot, limit }, "key");
  }
}

function layOutSeq(seq: YAMLSeq, spot: Spot): void {
  const { page, indent } = spot;
  const items = seq.items.filter(isNode);
  for (const [index, item] of items.entries()) {
    const limit = index + 1 < items.length ? dashOf(seq, index + 1) : spot.limit;
    const dash = dashOf(seq, index);
    page.comments(dash, indent);
    page.blank(dash);
    page.begin(indent);
    page.put("-");
    layOutValue(item, { ...spot, limit }, "dash");
  }
}

/** A collection in brackets on one line, if it was written so, fits and holds no comment. */
function inlineOf(node: YAMLMap | YAMLSeq, page: Page, width: number): string | undefined {
  if (node.items.length === 0) return anchorOf(node) + (isMap(node) ? "{}" : "[]");
  if (node.flow !== true || page.hasComment(startOf(node), endOf(node))) return undefined;
  const text = flat(node, page.source);
  return text === undefined || width + text.length > WIDTH ? undefined : text;
}

function flat(node: YamlNode | null, source: string): string | undefined {
  if (node === null || isNothing(node)) return "";
  if (isAlias(node)) return `*${node.source}`;
  if (isScalar(node)) {
    const raw = source.slice(startOf(node), endOf(node));
    return raw.includes("\n") ? undefined : anchorOf(node) + withQuotes(raw);
  }
  if (isMap(node)) {
    const parts = pairsOf(node).map(({ key, value }) => {
      const text = flat(value, source);
      if (text === undefined) return undefined;
      return `${keyText(key, source)}:${text === "" ? "" : ` ${text}`}`;
    });
    return enclose(parts, ["{ ", " }", "{}"], anchorOf(node));
  }
  if (!isSeq(node)) return undefined;
  const parts = node.items.filter(isNode).map((item) => flat(item, source));
  return enclose(parts, ["[", "]", "[]"], anchorOf(node));
}

function enclose(
  parts: readonly (string | undefined)[],
  [open, close, empty]: readonly [string, string, string],
  anchor: string,
): string | undefined {
  if (parts.includes(undefined)) return undefined;
  return anchor + (parts.length === 0 ? empty : open + parts.join(", ") + close);
}

interface Entry {
  readonly key: Scalar;
  readonly value: YamlNode | null;
}

/** The pairs of a mapping; the strict reader takes no other keys than scalars. */
function pairsOf(map: YAMLMap): readonly Entry[] {
  return map.items.flatMap(({ key, value }: Pair): readonly Entry[] =>
    isScalar(key) ? [{ key, value: isNode(value) ? value : null }] : [],
  );
}

function keyText(key: Scalar, source: string): string {
  const raw = source.slice(startOf(key), endOf(key));
  const isBlock = key.type === "BLOCK_LITERAL" || key.type === "BLOCK_FOLDED";
  const text = isBlock || raw.includes("\n") ? JSON.stringify(key.value) : withQuotes(raw);
  return anchorOf(key) + text;
}

function anchorOf(node: YamlNode): string {
  const anchor = isAlias(node) ? undefined : node.anchor;
  return anchor === undefined ? "" : `&${anchor} `;
}

/** A value that is not written at all. */
function isNothing(node: YamlNode): boolean {
  return isScalar(node) && node.value === null && node.source === "" && node.anchor === undefined;
}

function startOf(node: YamlNode): number {
  return node.range?.[0] ?? 0;
}

function endOf(node: YamlNode): number {
  return node.range?.[1] ?? 0;
}

function firstOffset(node: YAMLMap | YAMLSeq): number {
  if (isSeq(node)) return dashOf(node, 0);
  const [first] = pairsOf(node);
  return first === undefined ? startOf(node) : startOf(first.key);
}

/** Where the dash of an entry stands; in brackets, where the entry itself stands. */
function dashOf(seq: YAMLSeq, index: number): number {
  const token = seq.srcToken;
  if (token?.type === "block-seq") {
    const dashes = token.items.flatMap(({ start }) =>
      start.filter(({ type }) => type === "seq-item-ind"),
    );
    const dash = dashes[index];
    if (dash !== undefined) return dash.offset;
  }
  const item = seq.items[index];
  return isNode(item) ? startOf(item) : startOf(seq);
}

function columnOf(source: string, offset: number): number {
  return offset - (source.lastIndexOf("\n", offset - 1) + 1);
}
