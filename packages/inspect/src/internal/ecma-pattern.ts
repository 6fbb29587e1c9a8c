/**
 * Translates a Unicode-mode expression of ECMA-262 §22.2 to RE2 syntax with the same meaning:
 * what `.`, `\s` and an empty class mean differs, and so do some escapes.
 *
 * @throws {TypeError} for what has no equal there: look-around, back-references, properties by name.
 */
export function translateEcmaPattern(source: string): string {
  let text = "";
  for (let rest = source; rest !== "";) {
    const [translated, length] = translatePiece(rest);
    text += translated;
    rest = rest.slice(length);
  }
  return text;
}

type Piece = readonly [translated: string, length: number];

const SPACE =
  "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
const LINE_END = "\\n\\r\\x{2028}\\x{2029}";
const SAME_ESCAPE =
  /^\\(?:[dDwWnrtfv^$\\.*+?()[\]{}|/]|x[\da-fA-F]{2}|[pP]\{(?:[CLMNPSZ][a-z]?)\})/;
const SCRIPT = /^\\([pP])\{(?:Script|sc)=([A-Z][A-Za-z]*)\}/;
const CODE_POINT = /^\\(?:u\{([\da-fA-F]{1,6})\}|u([\da-fA-F]{4}))/;
const SURROGATES = /^\\u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})/;

function translatePiece(rest: string): Piece {
  const first = rest.charAt(0);
  if (first === "\\") return translateEscape(rest);
  if (first === "[") return translateClass(rest);
  if (first === ".") return [`[^${LINE_END}]`, 1];
  if (first !== "(") return [first, 1];
  const [group] = /^\((?:\?:|\?<[A-Za-z_]\w*>|(?!\?))/.exec(rest) ?? refuse();
  return [group, group.length];
}

function translateEscape(rest: string): Piece {
  if (rest.startsWith("\\s")) return [`[${SPACE}]`, 2];
  if (rest.startsWith("\\S")) return [`[^${SPACE}]`, 2];
  if (/^\\[bB]/.test(rest)) return [rest.slice(0, 2), 2];
  return translateCharacter(rest);
}

/** Escapes that mean one character or a set, in and outside of a class. */
function translateCharacter(rest: string): Piece {
  const [, high, low] = SURROGATES.exec(rest) ?? [];
  if (high !== undefined && low !== undefined) {
    return [toHex(`${fromHex(high)}${fromHex(low)}`.codePointAt(0)), 12];
  }
  const point = CODE_POINT.exec(rest);
  if (point !== null)
    return [toHex(Number.parseInt(point[1] ?? point[2] ?? "", 16)), point[0].length];
  if (/^\\0(?!\d)/.test(rest)) return ["\\x{0}", 2];
  if (/^\\c[A-Za-z]/.test(rest)) return [toHex(rest.charCodeAt(2) % 32), 3];
  const [script, kind, name] = SCRIPT.exec(rest) ?? [];
  if (script !== undefined) return [`\\${kind}{${name}}`, script.length];
  const [same] = SAME_ESCAPE.exec(rest) ?? refuse();
  return [same, same.length];
}

function translateClass(rest: string): Piece {
  if (rest.startsWith("[^]")) return ["[\\x{0}-\\x{10ffff}]", 3];
  if (rest.startsWith("[]")) return ["[^\\x{0}-\\x{10ffff}]", 2];
  let at = rest.startsWith("[^") ? 2 : 1;
  let text = rest.slice(0, at);
  while (at < rest.length) {
    const character = rest.charAt(at);
    if (character === "]") return [`${text}]`, at + 1];
    const [translated, length] =
      character === "\\" ? translateMember(rest.slice(at)) : [character, 1];
    // RE2 would read the name of a set in `[[:alpha:]]`.
    text += translated === "[" ? "\\[" : translated;
    at += length;
  }
  return refuse();
}

function translateMember(rest: string): Piece {
  if (rest.startsWith("\\s")) return [SPACE, 2];
  if (rest.startsWith("\\-")) return ["\\-", 2];
  if (rest.startsWith("\\b")) return ["\\x{8}", 2];
  return translateCharacter(rest);
}

function fromHex(text: string): string {
  return String.fromCharCode(Number.parseInt(text, 16));
}

function toHex(point: number | undefined): string {
  return point === undefined || (point >= 0xd8_00 && point <= 0xdf_ff)
    ? refuse()
    : `\\x{${point.toString(16)}}`;
}

function refuse(): never {
  throw new TypeError("The pattern uses syntax that no linear engine has.");
}
